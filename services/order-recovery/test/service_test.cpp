#include "services/order-recovery/service.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "libs/http/client.hpp"
#include "libs/kafka/admin.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/kafka/producer.hpp"
#include "libs/rpc/grpc_server.hpp"
#include "libs/testing/eventually.hpp"
#include "libs/testing/test_database.hpp"
#include "services/order-recovery/adapters/codec.hpp"
#include "souk/orders/v1/order_events.pb.h"

namespace souk::recovery {
namespace {

using nlohmann::json;
using souk::testing::Eventually;
using std::chrono::milliseconds;
namespace orders = souk::orders::v1;

/// Orders' side of ResumeOrder on a real wire: counts, and is broken for some.
class OrdersStub {
 public:
  OrdersStub() {
    table_.AddUnary<orders::ResumeOrderRequest, orders::ResumeOrderResponse>(
        "souk.orders.v1.OrdersService/ResumeOrder", [this](auto, auto request, auto done) {
          const std::lock_guard lock(mutex_);
          const int times = ++resumed_[request->order_id()];
          if (broken_.contains(request->order_id())) return done(MakeError(ErrorCode::kInternal, "the row can't be read"));
          orders::ResumeOrderResponse response;
          response.set_status(orders::ORDER_STATUS_PENDING);
          response.set_version(100 + times);
          response.mutable_saga()->set_phase("AUTHORIZING");
          response.mutable_saga()->set_waiting_for("payment");
          response.mutable_saga()->mutable_deadline()->set_seconds(ToUnixMillis(SystemClock().Now()) / 1000 + 3600);
          response.set_resumed(true);
          done(std::move(response));
        });
    server_ = std::move(rpc::GrpcServer::Start({}, table_)).value();
  }
  ~OrdersStub() { server_->Stop(milliseconds(500)); }
  std::string address() const { return "127.0.0.1:" + std::to_string(server_->port()); }
  void Break(const std::string& id) {
    const std::lock_guard lock(mutex_);
    broken_.insert(id);
  }
  void Mend() {
    const std::lock_guard lock(mutex_);
    broken_.clear();
  }
  int Resumed(const std::string& id) {
    const std::lock_guard lock(mutex_);
    return resumed_[id];
  }

 private:
  std::mutex mutex_;
  std::map<std::string, int> resumed_;
  std::set<std::string> broken_;
  rpc::MethodTable table_;
  std::unique_ptr<rpc::GrpcServer> server_;
};

class RecoveryServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    brokers_ = souk::testing::TestEnvironment("SOUK_TEST_KAFKA");
    ASSERT_FALSE(database_.url().empty() || brokers_.empty());
    auto admin = kafka::Admin::Create(brokers_);
    std::vector<kafka::TopicSpec> specs = {{std::string(kOrderEvents), 3, 1, {}}};
    for (const char* name : {"order-recovery.orders.dlq", "order-recovery.orders.redrive"}) specs.push_back({name, 1, 1, {}});
    ASSERT_TRUE((*admin)->CreateTopics(specs).ok());
    producer_ = std::move(kafka::Producer::Create({.brokers = brokers_})).value();
  }

  std::unique_ptr<Service> Start(const std::string& instance) {
    Config config;
    config.common.instance = instance;
    config.common.host = "127.0.0.1";
    config.common.sql_url = database_.url();
    config.common.kafka_brokers = brokers_;
    config.common.migrate = true;
    config.common.grace = milliseconds(2000);
    config.orders_grpc = stub_.address();
    config.policy = {.grace = milliseconds(100), .deadline_default = milliseconds(1000), .backoff_min = milliseconds(50),
                     .backoff_max = milliseconds(200), .failures_max = 3, .alert_after = 10};
    config.sweep_interval = milliseconds(50);
    config.resume_rate = 1000;
    auto service = Service::Start(config, health_);
    EXPECT_TRUE(service.ok()) << (service.ok() ? "" : service.error().message);
    return service.ok() ? std::move(*service) : nullptr;
  }

  /// An order whose deadline has passed long ago.
  std::string Accept() {
    const std::string id = Uuid::FromName(database_.name(), std::to_string(++orders_)).ToString();
    orders::OrderAccepted accepted;
    accepted.set_order_id(id);
    accepted.mutable_deadline()->set_seconds(ToUnixMillis(SystemClock().Now()) / 1000 - 60);
    Say(id, accepted, 1);
    return id;
  }
  void Say(const std::string& id, const google::protobuf::Message& event, std::int64_t version) {
    kafka::Envelope envelope;
    envelope.id = Uuid::FromName(id, std::to_string(version));
    envelope.type = event.GetTypeName();
    envelope.source = "orders";
    envelope.subject = id;
    envelope.time = SystemClock().Now();
    envelope.aggregate_version = version;
    ASSERT_TRUE(producer_->Produce(kafka::ToRecord(std::string(kOrderEvents), envelope, event.SerializeAsString()), [](Result<void>) {}).ok());
    ASSERT_TRUE(producer_->Flush(std::chrono::seconds(10)).ok());
  }

  json Call(const Service& service, const std::string& method, const std::string& path, const json& body = nullptr, int status = 200,
            const std::string& key = "k") {
    http::ClientRequest request{.method = method, .url = "http://127.0.0.1:" + std::to_string(service.http_port()) + path};
    if (!body.is_null()) {
      request.body = body.dump();
      request.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", key}};
    }
    http::Client client;
    const auto response = client.SendSync(std::move(request));
    EXPECT_TRUE(response.ok()) << path;
    if (!response.ok()) return json::object();
    EXPECT_EQ(response->status, status) << response->body;
    return json::parse(response->body, nullptr, false);
  }
  std::string StateOf(const Service& service, const std::string& id) {
    return Call(service, "GET", "/v1/recovery/orders/" + id)["order"].value("state", "");
  }

  souk::testing::TestDatabase database_{"recovery"};
  std::string brokers_;
  chassis::Health health_;
  OrdersStub stub_;
  std::unique_ptr<kafka::Producer> producer_;
  int orders_ = 0;
};

TEST_F(RecoveryServiceTest, F57TwoInstancesResumeEveryOverdueOrderOnce) {
  std::vector<std::string> ids;
  for (int i = 0; i < 100; ++i) ids.push_back(Accept());
  const auto one = Start("one"), two = Start("two");
  ASSERT_TRUE(one && two);
  for (const std::string& id : ids) {
    ASSERT_TRUE(Eventually([&] { return stub_.Resumed(id) > 0; }, std::chrono::seconds(30))) << id;
  }
  for (const std::string& id : ids) EXPECT_EQ(stub_.Resumed(id), 1) << id;
}

TEST_F(RecoveryServiceTest, F59QuarantinesOneOrderExplainsItAndLetsAnOperatorRetryIt) {
  const std::string good = Accept(), bad = Accept();
  stub_.Break(bad);
  const auto one = Start("one"), two = Start("two");
  ASSERT_TRUE(one && two);
  ASSERT_TRUE(Eventually([&] { return stub_.Resumed(bad) >= 3; }, std::chrono::seconds(30)));
  ASSERT_TRUE(Eventually([&] { return StateOf(*one, bad) == "WATCH_STATE_QUARANTINED"; }));
  ASSERT_TRUE(Eventually([&] { return stub_.Resumed(good) == 1; }));
  const json list = Call(*two, "GET", "/v1/recovery/orders?filter=quarantined");
  ASSERT_EQ(list["orders"].size(), 1u) << list.dump();
  EXPECT_EQ(list["orders"][0]["orderId"], bad);
  const std::string explanation = Call(*one, "GET", "/v1/recovery/orders/" + bad)["explanation"];
  EXPECT_NE(explanation.find("quarantined, because resuming it failed 3 times (INTERNAL: the row can't be read)"), std::string::npos) << explanation;
  stub_.Mend();
  const std::string path = "/v1/recovery/orders/" + bad;
  EXPECT_EQ(Call(*two, "POST", path + ":retry", {{"who", "ada"}, {"note", "row mended"}})["order"]["state"], "WATCH_STATE_WATCHED");
  const json decisions = Call(*one, "GET", path)["decisions"];
  ASSERT_EQ(decisions.size(), 1u);
  EXPECT_EQ(decisions[0]["who"], "ada");
  EXPECT_EQ(decisions[0]["note"], "row mended");
}

TEST_F(RecoveryServiceTest, AnEndedOrderIsLeftAloneAndAReplayedEventChangesNothing) {
  const auto one = Start("one");
  ASSERT_TRUE(one);
  const std::string id = Accept();
  Say(id, orders::OrderCompleted(), 9);
  ASSERT_TRUE(Eventually([&] {
    http::Client client;
    const auto response = client.SendSync({.url = "http://127.0.0.1:" + std::to_string(one->http_port()) + "/v1/recovery/orders/" + id});
    return response.ok() && response->body.find("WATCH_STATE_ENDED") != std::string::npos;
  }));
  const int before = stub_.Resumed(id);
  orders::OrderProgressed late;
  late.set_status(orders::ORDER_STATUS_PENDING);
  Say(id, late, 3);
  const std::string last = Accept();  // behind it, perhaps on another partition
  ASSERT_TRUE(Eventually([&] { return stub_.Resumed(last) > 0; }));
  EXPECT_EQ(StateOf(*one, id), "WATCH_STATE_ENDED");
  EXPECT_EQ(stub_.Resumed(id), before);
}

TEST_F(RecoveryServiceTest, RefusesDecisionsWithoutWhoWhyOrKey) {
  const auto one = Start("one");
  ASSERT_TRUE(one);
  const std::string path = "/v1/recovery/orders/" + Uuid::FromName("x", "y").ToString();
  Call(*one, "POST", path + ":resolve", {{"who", "ada"}, {"resolution", "RESOLUTION_MARK_RESOLVED"}}, 422);
  Call(*one, "POST", path + ":resolve", {{"note", "x"}, {"resolution", "RESOLUTION_MARK_RESOLVED"}}, 422);
  Call(*one, "POST", path + ":resolve", {{"who", "ada"}, {"note", "x"}}, 422);
  Call(*one, "POST", path + ":resolve", {{"who", "ada"}, {"note", "x"}, {"resolution", "RESOLUTION_MARK_RESOLVED"}}, 404);
  Call(*one, "GET", path, nullptr, 404);
  Call(*one, "GET", "/v1/recovery/orders?filter=nonsense", nullptr, 422);
}

}  // namespace
}  // namespace souk::recovery
