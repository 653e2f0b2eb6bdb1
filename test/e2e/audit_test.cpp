#include <gtest/gtest.h>
#include <sys/types.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <pqxx/pqxx>
#include <sstream>
#include <utility>

#include "libs/base/random.hpp"
#include "libs/http/client.hpp"
#include "libs/kafka/admin.hpp"
#include "libs/kafka/producer.hpp"
#include "libs/testing/eventually.hpp"
#include "libs/testing/process.hpp"
#include "libs/testing/test_database.hpp"
#include "test/e2e/fleet.hpp"

// Does the audit see what it is for? Violations are planted in the running system, one at a time: the right invariant names the offender, and holds
// again once the plant is gone.
namespace souk::e2e {
namespace {

using audit::Invariant;
using audit::Sources;
using CheckFunction = Result<Invariant> (*)(Sources&);

std::string FreshId() {
  SystemRandom random;
  return NewUuidV7(SystemClock(), random).ToString();
}

/// Undoes a plant when the test ends, however it ends.
class Undo {
 public:
  explicit Undo(std::function<void()> undo) : undo_(std::move(undo)) {}
  ~Undo() { Now(); }
  void Now() {
    if (undo_) std::exchange(undo_, nullptr)();
  }

 private:
  std::function<void()> undo_;
};

/// SQL as the superuser, in the database of a service.
std::string Sql(const std::string& service, const std::string& text) {
  std::string url = testing::TestEnvironment("SOUK_TEST_SQL");
  url.replace(url.rfind('/') + 1, std::string::npos, service);
  pqxx::connection connection(url);
  pqxx::nontransaction work(connection);
  const pqxx::result result = work.exec(text);
  return result.empty() ? "" : result[0][0].c_str();
}

/// Fresh eyes every time: what an auditor has read of a log is not read again by the same one.
Result<Invariant> Look(CheckFunction check, const std::string& order_events = "") {
  audit::Config config = Fleet::Get().AuditConfig();
  if (!order_events.empty()) config.order_events_topic = order_events;
  Sources sources(config);
  return check(sources);
}

void ExpectHolds(CheckFunction check, const std::string& order_events = "") {
  std::string offenders;
  EXPECT_TRUE(testing::Eventually([&] {
    const auto seen = Look(check, order_events);
    offenders = seen.ok() ? "" : seen.error().message;
    if (seen.ok()) {
      for (const std::string& one : seen->offenders) offenders += one + "\n";
    }
    return seen.ok() && seen->ok();
  })) << offenders;
}

/// Exactly one offender, and its line says who (`id`) and what (`words`).
void ExpectCaught(CheckFunction check, const std::string& id, const std::string& words, const std::string& order_events = "") {
  const auto seen = Look(check, order_events);
  ASSERT_TRUE(seen.ok()) << seen.error().message;
  ASSERT_EQ(seen->offenders.size(), 1u) << (seen->offenders.empty() ? "nothing was caught" : seen->offenders.back());
  EXPECT_NE(seen->offenders[0].find(id), std::string::npos) << seen->offenders[0];
  EXPECT_NE(seen->offenders[0].find(words), std::string::npos) << seen->offenders[0];
}

class AuditTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const Outcome outcome = ReplayUnder(Fleet::Get(), 60, 40, [] {});
    ExpectNothingOutOfPlace(outcome, 60);
  }

  static std::string CompletedOrder() { return Sql("orders", "SELECT order_id FROM orders WHERE phase = 'COMPLETED' AND refunded_minor = 0 ORDER BY 1 DESC LIMIT 1"); }

  /// An order that no service works on.
  static void InsertOrder(const std::string& id, const std::string& phase, const std::string& age) {
    Sql("orders", "INSERT INTO orders (order_id, customer_id, email, currency, payment_method, ship_to, request_hash, total_minor, placed_at, phase, status, answer, "
                  "version, timeline_length, updated_at) VALUES ('" + id + "', 'planted', '', 'GBP', 'pm_card_visa', '', '', 100, now() - INTERVAL '" + age +
                  "', '" + phase + "', 'PENDING', 0, 1, 0, now())");
  }
  static void DeleteOrder(const std::string& id) { Sql("orders", "DELETE FROM orders WHERE order_id = '" + id + "'"); }

  http::Response Provider(const std::string& target, const std::string& form) {
    http::ClientRequest request;
    request.method = "POST";
    request.url = Fleet::Get().AuditConfig().provider_url + target;
    request.headers = {{"Authorization", "Bearer sk_test_planted"}, {"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = form;
    const auto response = http_.SendSync(std::move(request));
    EXPECT_TRUE(response.ok() && response->status == 200) << (response.ok() ? response->body : response.error().message);
    return response.ok() ? *response : http::Response{};
  }
  /// A captured payment of 500 that only the provider knows.
  std::string ChargeAtProvider(const std::string& order_id) {
    const auto intent = Provider("/v1/payment_intents", "amount=500&currency=gbp&confirm=true&capture_method=manual&payment_method=pm_card_visa&metadata[order_id]=" + order_id);
    const std::string id = nlohmann::json::parse(intent.body).value("id", "");
    Provider("/v1/payment_intents/" + id + "/capture", "");
    return id;
  }
  void Forget(const std::string& intent) { Provider("/simulator/intents/" + intent, "remove=true"); }

  http::Client http_;
};

TEST_F(AuditTest, SeesAnOversoldSku) {
  Sql("inventory", "ALTER TABLE stock DROP CONSTRAINT stock_never_oversold");
  Undo undo([] {
    Sql("inventory", "DELETE FROM stock WHERE sku = 'PLANTED-OVERSOLD'");
    Sql("inventory", "ALTER TABLE stock ADD CONSTRAINT stock_never_oversold CHECK (reserved + sold <= received)");
  });
  Sql("inventory", "INSERT INTO stock (sku, bucket, received, reserved, sold, version) VALUES ('PLANTED-OVERSOLD', 0, 5, 3, 3, 1)");
  ExpectCaught(&audit::CheckNoOversell, "PLANTED-OVERSOLD", "received 5, reserved 3, sold 3");
  undo.Now();
  ExpectHolds(&audit::CheckNoOversell);
}

TEST_F(AuditTest, SeesAnAmountThatPaymentsDoesNotShare) {
  const std::string order = CompletedOrder();
  Sql("orders", "UPDATE orders SET captured_minor = captured_minor - 1, total_minor = total_minor - 1 WHERE order_id = '" + order + "'");
  Undo undo([&] { Sql("orders", "UPDATE orders SET total_minor = total_minor + 1, captured_minor = captured_minor + 1 WHERE order_id = '" + order + "'"); });
  ExpectCaught(&audit::CheckMoneyMatchesOrders, order, "payments says");
  undo.Now();
  ExpectHolds(&audit::CheckMoneyMatchesOrders);
}

TEST_F(AuditTest, SeesALedgerThatDoesNotBalance) {
  Sql("payments", "INSERT INTO ledger_entries VALUES ('planted:one-sided', 'cash', '" + FreshId() + "', 'GBP', 7, now())");
  Undo undo([] { Sql("payments", "DELETE FROM ledger_entries WHERE cause = 'planted:one-sided'"); });
  ExpectCaught(&audit::CheckMoneyMatchesOrders, "planted:one-sided", "sum to 7");
  undo.Now();
  ExpectHolds(&audit::CheckMoneyMatchesOrders);
}

TEST_F(AuditTest, SeesMoneyAtTheProviderThatPaymentsDoesNotKnow) {
  const std::string order = FreshId();
  const std::string intent = ChargeAtProvider(order);
  Undo undo([&] { Forget(intent); });
  ExpectCaught(&audit::CheckMoneyMatchesOrders, order, "payments doesn't know");
  undo.Now();
  ExpectHolds(&audit::CheckMoneyMatchesOrders);
}

TEST_F(AuditTest, SeesAParcelThatNobodyPaysFor) {
  const std::string order = FreshId();
  InsertOrder(order, "REJECTED", "1 minute");
  Undo undo([&] {
    Sql("fulfillment", "DELETE FROM shipments WHERE shipment_id = '" + order + "'");
    DeleteOrder(order);
  });
  Sql("fulfillment", "INSERT INTO shipments (shipment_id, status, version, stations, refusal, deliver_after_ms, gets_lost, lines, ship_to) VALUES ('" + order +
                         "', 'DELIVERED', 1, 0, '', 0, false, '', '')");
  ExpectCaught(&audit::CheckMoneyMatchesOrders, order, "parcel is DELIVERED");
  undo.Now();
  ExpectHolds(&audit::CheckMoneyMatchesOrders);
}

TEST_F(AuditTest, SeesASecondCharge) {
  const std::string order = CompletedOrder();
  const std::string intent = ChargeAtProvider(order);
  Undo undo([&] { Forget(intent); });
  ExpectCaught(&audit::CheckOnce, order, "charged more than once");
  undo.Now();
  ExpectHolds(&audit::CheckOnce);
}

TEST_F(AuditTest, SeesARefundOfMoreThanWasCaptured) {
  const std::string order = CompletedOrder();
  Sql("payments", "INSERT INTO refunds (payment_id, refund_id, amount, status, provider_id, reason, provider_key, attempts, started_at) "
                  "SELECT payment_id, 'planted', captured + 1, 'succeeded', '', '', '', 0, now() FROM payments WHERE payment_id = '" + order + "'");
  Undo undo([] { Sql("payments", "DELETE FROM refunds WHERE refund_id = 'planted'"); });
  ExpectCaught(&audit::CheckOnce, order, "more than was captured");
  undo.Now();
  ExpectHolds(&audit::CheckOnce);
}

TEST_F(AuditTest, SeesMoreUnitsPutBackThanWereSold) {
  const std::string order = CompletedOrder();
  Sql("inventory", "INSERT INTO movements SELECT 'planted:restock', sku, 'restock', quantity + 1, '" + order +
                       "', 0, 0, 0, 0, now() FROM reservation_lines WHERE reservation_id = '" + order + "' LIMIT 1");
  Undo undo([] { Sql("inventory", "DELETE FROM movements WHERE movement_id = 'planted:restock'"); });
  ExpectCaught(&audit::CheckOnce, order, "more than were sold");
  undo.Now();
  ExpectHolds(&audit::CheckOnce);
}

TEST_F(AuditTest, SeesAUserWhoWasToldTwice) {
  const std::string copy = FreshId();
  const std::string user = Sql("notifications", "INSERT INTO notifications SELECT '" + copy + "', user_id, event_id, event_type, subject, channel, recipient, payload, status, "
                               "attempts, NULL, sent_at, reason, created_at FROM notifications LIMIT 1 RETURNING user_id");
  Undo undo([&] { Sql("notifications", "DELETE FROM notifications WHERE notification_id = '" + copy + "'"); });
  ExpectCaught(&audit::CheckOnce, user, "2 times");
  undo.Now();
  ExpectHolds(&audit::CheckOnce);
}

TEST_F(AuditTest, SeesAnOrderThatDoesNotEnd) {
  const std::string order = FreshId();
  InsertOrder(order, "CAPTURING", "2 hours");
  Undo undo([&] { DeleteOrder(order); });
  ExpectCaught(&audit::CheckEveryOrderEnds, order, "is CAPTURING and older");
  undo.Now();
  ExpectHolds(&audit::CheckEveryOrderEnds);
}

TEST_F(AuditTest, SeesAHeldReservationOfAnEndedOrder) {
  const std::string order = FreshId();
  InsertOrder(order, "CANCELLED", "1 minute");
  Undo undo([&] {
    Sql("inventory", "DELETE FROM reservations WHERE reservation_id = '" + order + "'");
    DeleteOrder(order);
  });
  Sql("inventory", "INSERT INTO reservations VALUES ('" + order + "', 1, now() + INTERVAL '1 hour', now(), 1, '', '')");
  ExpectCaught(&audit::CheckNoLeakedReservation, order, "its order is CANCELLED");
  undo.Now();
  ExpectHolds(&audit::CheckNoLeakedReservation);
}

TEST_F(AuditTest, SeesACountInRedisThatTheLedgerDoesNotShare) {
  ExpectHolds(&audit::CheckLedgerEqualsCounters);
  Fleet& fleet = Fleet::Get();
  Sources sources(fleet.AuditConfig());
  const std::string sku = Sql("inventory", "SELECT sku FROM movements WHERE movement_id NOT LIKE 'planted%' ORDER BY at DESC LIMIT 1");
  const std::string key = "stock:{" + sku + ":0}";
  const pid_t inventory = std::stoi(fleet.Souk("engine inventory pid"));
  kill(inventory, SIGSTOP);  // it would repair the count within a second or two
  Undo undo([&] {
    (void)sources.redis->ExecuteSync(key, {"HINCRBY", key, "a", "-1"});
    kill(inventory, SIGCONT);
  });
  ASSERT_TRUE(sources.redis->ExecuteSync(key, {"HINCRBY", key, "a", "1"}).ok());
  ExpectCaught(&audit::CheckLedgerEqualsCounters, sku, "Redis");
  undo.Now();
  ExpectHolds(&audit::CheckLedgerEqualsCounters);
}

TEST_F(AuditTest, SeesAMovementThatWasChanged) {
  const std::string sku = Sql("inventory", "UPDATE movements SET quantity = quantity + 1 WHERE (movement_id, sku) = (SELECT movement_id, sku FROM movements "
                              "WHERE kind <> 'restock' LIMIT 1) RETURNING sku");
  Undo undo([&] {
    Sql("inventory", "UPDATE movements SET quantity = quantity - 1 WHERE (movement_id, sku) = (SELECT movement_id, sku FROM movements "
                     "WHERE kind <> 'restock' AND sku = '" + sku + "' LIMIT 1)");
  });
  ExpectCaught(&audit::CheckStockIsSumOfMovements, "sku " + sku + ":", "its movements sum to");
  undo.Now();
  ExpectHolds(&audit::CheckStockIsSumOfMovements);
}

/// A copy of the order events to plant in: what is in a log stays there, and the services would believe it.
class AuditOfKafkaTest : public AuditTest {
 protected:
  void SetUp() override {
    const audit::Config& config = Fleet::Get().AuditConfig();
    topic_ = "test.audit." + FreshId();
    admin_ = *kafka::Admin::Create(config.kafka_brokers);
    ASSERT_TRUE(admin_->CreateTopics({{topic_, 3, 1, {}}}).ok());
    kafka::ProducerConfig producer;
    producer.brokers = config.kafka_brokers;
    producer_ = *kafka::Producer::Create(producer);
    const auto copied = kafka::ReadAll(config.kafka_brokers, "orders.order.events.v1", {}, [&](const kafka::Record& record) {
      Produce(record.key, record.value, record.headers);
      return true;
    });
    ASSERT_TRUE(copied.ok());
    ASSERT_TRUE(producer_->Flush(std::chrono::seconds(20)).ok());
  }
  void TearDown() override { (void)admin_->DeleteTopics({topic_}); }

  void Produce(const std::string& key, const std::string& value, const std::vector<kafka::Header>& headers) {
    kafka::Record record;
    record.topic = topic_;
    record.key = key;
    record.value = value;
    record.headers = headers;
    EXPECT_TRUE(producer_->Produce(std::move(record), nullptr).ok());
  }
  void Announce(const std::string& order) {
    Produce(order, "", {{"ce_id", FreshId()}, {"ce_type", "souk.orders.v1.OrderAccepted"}});
    ASSERT_TRUE(producer_->Flush(std::chrono::seconds(20)).ok());
  }

  std::string topic_;
  std::unique_ptr<kafka::Admin> admin_;
  std::unique_ptr<kafka::Producer> producer_;
};

TEST_F(AuditOfKafkaTest, SeesAnAnnouncedOrderThatIsNotThere) {
  ExpectHolds(&audit::CheckEveryOrderEnds, topic_);
  const std::string order = FreshId();
  Announce(order);
  ExpectCaught(&audit::CheckEveryOrderEnds, order, "orders doesn't know it", topic_);
  InsertOrder(order, "REJECTED", "1 minute");
  Undo undo([&] { DeleteOrder(order); });
  ExpectHolds(&audit::CheckEveryOrderEnds, topic_);
}

TEST_F(AuditOfKafkaTest, SeesAnOrderThatWasNotAnnouncedOrAnnouncedTwice) {
  ExpectHolds(&audit::CheckIdempotency, topic_);
  const std::string order = FreshId();
  InsertOrder(order, "REJECTED", "1 minute");
  Undo undo([&] { DeleteOrder(order); });
  ExpectCaught(&audit::CheckIdempotency, order, "under 0 event ids", topic_);
  Announce(order);
  ExpectHolds(&audit::CheckIdempotency, topic_);
  Announce(order);
  ExpectCaught(&audit::CheckIdempotency, order, "under 2 event ids", topic_);
  undo.Now();
  ExpectHolds(&audit::CheckIdempotency, topic_);
}

TEST_F(AuditOfKafkaTest, SeesACardNumberInARecord) {
  Produce("planted", "paid with 4242 4242 4242 4242 today", {});
  ASSERT_TRUE(producer_->Flush(std::chrono::seconds(20)).ok());
  ExpectCaught(&audit::CheckNoCardNumber, topic_, "offset");
  ASSERT_TRUE(admin_->DeleteTopics({topic_}).ok());
  ExpectHolds(&audit::CheckNoCardNumber);
}

TEST_F(AuditOfKafkaTest, ReadsOnlyWhatIsNewInItsSecondLook) {
  audit::Config config = Fleet::Get().AuditConfig();
  config.order_events_topic = topic_;
  Sources sources(config);
  ASSERT_TRUE(audit::CheckEveryOrderEnds(sources).ok());
  const auto before = sources.memory.order_events.offsets;
  const std::string order = FreshId();
  Announce(order);
  const auto seen = audit::CheckEveryOrderEnds(sources);
  ASSERT_TRUE(seen.ok());
  EXPECT_EQ(seen->offenders.size(), 1u);
  const auto& after = sources.memory.order_events.offsets;
  EXPECT_EQ(std::accumulate(after.begin(), after.end(), std::int64_t{0}), std::accumulate(before.begin(), before.end(), std::int64_t{0}) + 1);
}

TEST_F(AuditTest, SeesACardNumberInAColumn) {
  const std::string order = CompletedOrder();
  Sql("orders", "UPDATE orders SET reason_detail = 'card 4242424242424242' WHERE order_id = '" + order + "'");
  Undo undo([&] { Sql("orders", "UPDATE orders SET reason_detail = '' WHERE order_id = '" + order + "'"); });
  ExpectCaught(&audit::CheckNoCardNumber, "database orders table orders", "column reason_detail");
  undo.Now();
  ExpectHolds(&audit::CheckNoCardNumber);
}

TEST_F(AuditTest, SeesACardNumberInStoredBytes) {
  const std::string id = FreshId();
  Sql("notifications", "INSERT INTO notifications VALUES ('" + id + "', 'planted', '" + id +
                           "', 'planted', '', 'EMAIL', '', decode('ff003a', 'hex') || '4242-4242-4242-4242'::BYTEA || decode('00', 'hex'), 'SENT', 0, NULL, NULL, '', now())");
  Undo undo([&] { Sql("notifications", "DELETE FROM notifications WHERE notification_id = '" + id + "'"); });
  ExpectCaught(&audit::CheckNoCardNumber, "database notifications table notifications", "column payload");
  undo.Now();
  ExpectHolds(&audit::CheckNoCardNumber);
}

TEST_F(AuditTest, SeesACardNumberInALog) {
  const std::filesystem::path file = std::filesystem::path(Fleet::Get().AuditConfig().logs_dir) / "planted.log";
  Undo undo([&] { std::filesystem::remove(file); });
  std::ofstream(file) << "all is well\npaid with 4242424242424242\n";
  ExpectCaught(&audit::CheckNoCardNumber, "planted.log", "line 2");
  undo.Now();
  ExpectHolds(&audit::CheckNoCardNumber);
}

/// The program as a person runs it.
class AuditProgramTest : public AuditTest {
 protected:
  struct Ended {
    int code = -1;
    std::string output;
  };

  static std::vector<std::string> Command(const std::vector<std::string>& flags) {
    const audit::Config& config = Fleet::Get().AuditConfig();
    std::vector<std::string> command = {testing::TestEnvironment("SOUK_BIN") + "/souk-audit", "--orders.sql=" + config.orders_sql, "--inventory.sql=" + config.inventory_sql,
                                        "--payments.sql=" + config.payments_sql, "--fulfillment.sql=" + config.fulfillment_sql,
                                        "--notifications.sql=" + config.notifications_sql, "--redis.nodes=" + config.redis_nodes,
                                        "--kafka.brokers=" + config.kafka_brokers, "--provider.url=" + config.provider_url};
    command.insert(command.end(), flags.begin(), flags.end());
    return command;
  }
  static std::filesystem::path LogFile() {
    return std::filesystem::temp_directory_path() / ("souk-audit-" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + std::to_string(getpid()));
  }
  static std::string Contents(const std::filesystem::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static Ended Run(const std::vector<std::string>& flags) {
    const std::filesystem::path log = LogFile();
    const Undo remove([&] { std::filesystem::remove(log); });
    testing::ChildProcess process;
    EXPECT_TRUE(process.Start(Command(flags), {}, log).ok());
    const int code = process.Wait();
    return {code, Contents(log)};
  }
};

TEST_F(AuditProgramTest, EndsWithZeroWhenClean) {
  const Ended ended = Run({});
  EXPECT_EQ(ended.code, 0) << ended.output;
  EXPECT_NE(ended.output.find("audit: clean"), std::string::npos) << ended.output;
}

TEST_F(AuditProgramTest, EndsWithOneAndNamesTheOffenderWhenViolated) {
  const std::string order = FreshId();
  InsertOrder(order, "RESERVING", "2 hours");
  Undo undo([&] { DeleteOrder(order); });
  const Ended ended = Run({"--json", "--recheck.interval=10ms"});
  EXPECT_EQ(ended.code, 1) << ended.output;
  const auto json = nlohmann::json::parse(ended.output, nullptr, false);
  ASSERT_TRUE(json.is_object()) << ended.output;
  EXPECT_EQ(json["audit"], "violated");
  EXPECT_NE(json["invariants"].dump().find(order), std::string::npos);
}

TEST_F(AuditProgramTest, EndsWithThreeWhenASourceIsAway) {
  const Ended ended = Run({"--json", "--recheck.interval=10ms", "--provider.url=http://127.0.0.1:1"});
  EXPECT_EQ(ended.code, 3) << ended.output;
  const auto json = nlohmann::json::parse(ended.output, nullptr, false);
  ASSERT_TRUE(json.is_object()) << ended.output;
  EXPECT_EQ(json["audit"], "incomplete");
}

TEST_F(AuditProgramTest, EndsWithTwoWhenASettingIsWrong) { EXPECT_EQ(Run({"--open.max=soon"}).code, 2); }

TEST_F(AuditProgramTest, WatchesUntilItIsStopped) {
  const std::filesystem::path log = LogFile();
  const Undo remove([&] { std::filesystem::remove(log); });
  testing::ChildProcess process;
  ASSERT_TRUE(process.Start(Command({"--json", "--watch", "--interval=100ms"}), {}, log).ok());
  EXPECT_TRUE(testing::Eventually([&] {
    const std::string output = Contents(log);
    return std::count(output.begin(), output.end(), '\n') >= 3;
  }, std::chrono::seconds(60)));
  EXPECT_TRUE(process.Alive());
  process.Kill(SIGTERM);
  process.Wait();
  std::istringstream lines(Contents(log));
  std::string first;
  std::getline(lines, first);
  EXPECT_EQ(nlohmann::json::parse(first, nullptr, false).value("audit", ""), "clean") << first;
}

TEST_F(AuditProgramTest, ServesItsLatestReport) {
  const std::string url = Fleet::Get().Url(3099) + "/audit";
  std::string body;
  EXPECT_TRUE(testing::Eventually([&] {
    http::ClientRequest request;
    request.url = url;
    const auto response = http_.SendSync(std::move(request));
    body = response.ok() ? response->body : response.error().message;
    const auto json = nlohmann::json::parse(body, nullptr, false);
    return json.is_object() && json.value("audit", "") == "clean";
  }, std::chrono::seconds(60))) << body;
}

}  // namespace
}  // namespace souk::e2e
