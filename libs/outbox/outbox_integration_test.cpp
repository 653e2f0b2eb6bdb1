#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <thread>

#include "libs/kafka/broker_fixture.hpp"
#include "libs/kafka/memory_broker.hpp"
#include "libs/outbox/migrations.hpp"
#include "libs/outbox/outbox.hpp"
#include "libs/outbox/relay.hpp"
#include "libs/sql/migrate.hpp"
#include "libs/testing/test_database.hpp"

namespace souk::outbox {
namespace {

using kafka::Record;
using testing::Eventually;

constexpr sql::Statement kCountOutbox{"count_outbox", "SELECT count(*) FROM outbox"};
constexpr sql::Statement kCountInbox{"count_inbox", "SELECT count(*) FROM inbox"};
constexpr sql::Statement kAge{"age", "UPDATE outbox SET created_at = created_at - INTERVAL '1 hour'"};
constexpr sql::Statement kAgeInbox{"age_inbox", "UPDATE inbox SET received_at = received_at - INTERVAL '1 hour'"};
constexpr sql::Statement kForce{
    "force", "INSERT INTO outbox (id, topic, aggregate_id, aggregate_version, payload, headers) "
             "SELECT $1::UUID, $2::TEXT, $3::TEXT, 1, convert_to(repeat('x', 5000), 'UTF8'), ''"};

OutboxRecord MakeRecord(const std::string& topic, const std::string& aggregate, std::int64_t version) {
  static SystemRandom random;
  OutboxRecord record;
  record.topic = topic;
  record.payload = std::string("\0payload", 8) + std::to_string(version);
  record.envelope.id = Uuid::V7(random.Next(), random.Next(), random.Next());
  record.envelope.type = "souk.orders.v1.OrderAccepted";
  record.envelope.source = "orders";
  record.envelope.subject = aggregate;
  record.envelope.time = FromUnixMicros(1'700'000'000'123'456);
  record.envelope.aggregate_version = version;
  return record;
}

/// The rules of the relay on a real engine; the broker is in memory where the test is about SQL.
class OutboxTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (database_.url().empty()) return;
    config_.url = database_.url();
    connection_ = std::make_unique<sql::Connection>(config_);
    ASSERT_TRUE(sql::Migrate(*connection_, Migrations()).ok());
  }

  void Commit(const std::vector<OutboxRecord>& records) {
    const auto result = connection_->Run([&](sql::Tx& tx) { return Append(tx, records); });
    ASSERT_TRUE(result.ok()) << result.error().message;
  }
  std::int64_t Count(const sql::Statement& statement = kCountOutbox) {
    return connection_->Query(statement)->operator[](0).Int(0);
  }
  RelayConfig Quick() const {
    RelayConfig config;
    config.sweep_interval = std::chrono::milliseconds(50);
    config.sweep_age = std::chrono::milliseconds(200);
    config.delete_interval = std::chrono::milliseconds(10);
    return config;
  }
  static std::map<std::string, std::vector<std::int64_t>> Versions(const std::vector<Record>& records) {
    std::map<std::string, std::vector<std::int64_t>> versions;
    for (const Record& record : records) {
      const auto envelope = kafka::ParseEnvelope(record);
      EXPECT_TRUE(envelope.ok());
      if (envelope.ok()) versions[envelope->subject].push_back(envelope->aggregate_version);
    }
    return versions;
  }

  testing::TestDatabase database_{"outbox_test"};
  sql::ConnectionConfig config_;
  std::unique_ptr<sql::Connection> connection_;
  kafka::MemoryBroker broker_;
};

TEST_F(OutboxTest, PublishesAfterCommitAndLeavesTheTableEmpty) {
  Relay relay(Quick(), config_, broker_);
  relay.Start();
  ASSERT_TRUE(Eventually([&] { return relay.Stats().deferred == 0; }));
  const std::vector<OutboxRecord> records = {MakeRecord("t", "a", 1), MakeRecord("t", "a", 2), MakeRecord("t", "b", 1)};
  Commit(records);
  relay.HandOff(records);
  ASSERT_TRUE(Eventually([&] { return broker_.Records("t").size() >= 3 && Count() == 0; }));
  const std::vector<Record> published = broker_.Records("t");
  EXPECT_EQ(published.size(), 3u);
  EXPECT_EQ(Versions(published)["a"], (std::vector<std::int64_t>{1, 2}));
  // From memory or by the first sweep, which starts anywhere: either aggregate may come first.
  const auto first = std::find_if(published.begin(), published.end(), [](const Record& record) { return record.key == "a"; });
  const auto envelope = kafka::ParseEnvelope(*first);
  ASSERT_TRUE(envelope.ok());
  EXPECT_EQ(*envelope, records[0].envelope);
  EXPECT_EQ(first->value, records[0].payload);
}

// F13: the process died between commit and hand-off.
TEST_F(OutboxTest, F13SweepsWhatACrashLeftInTheOrderOfTheVersions) {
  Commit({MakeRecord("t", "a", 3), MakeRecord("t", "b", 1)});
  Commit({MakeRecord("t", "a", 1), MakeRecord("t", "a", 2)});
  Relay relay(Quick(), config_, broker_);
  relay.Start();
  ASSERT_TRUE(Eventually([&] { return Count() == 0; }));
  EXPECT_EQ(Versions(broker_.Records("t"))["a"], (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(relay.Stats().swept, 4);
}

TEST_F(OutboxTest, F20SweepsWhatAnotherInstanceLeftWhileItRuns) {
  Relay relay(Quick(), config_, broker_);
  relay.Start();
  ASSERT_TRUE(Eventually([&] { return relay.Stats().deferred == 0; }));
  Commit({MakeRecord("t", "orphan", 1), MakeRecord("t", "orphan", 2)});
  ASSERT_TRUE(Eventually([&] { return Count() == 0; }));
  EXPECT_EQ(Versions(broker_.Records("t"))["orphan"], (std::vector<std::int64_t>{1, 2}));
}

// F15: two transactions on two aggregates, the one with the first id commits last.
TEST_F(OutboxTest, F15SkipsNothingWhenTheFirstIdCommitsLast) {
  Relay relay(Quick(), config_, broker_);
  relay.Start();
  const OutboxRecord early = MakeRecord("t", "early", 1);
  const OutboxRecord late = MakeRecord("t", "late", 1);
  sql::Connection other(config_);
  const auto result = other.Run([&](sql::Tx& tx) -> Result<void> {
    SOUK_RETURN_IF_ERROR(Append(tx, {early}));
    Commit({late});  // commits and is published while the first is open
    EXPECT_TRUE(Eventually([&] { return Count() == 0 && broker_.Records("t").size() == 1; }));
    return {};
  });
  ASSERT_TRUE(result.ok());
  ASSERT_TRUE(Eventually([&] { return Count() == 0; }));
  EXPECT_EQ(Versions(broker_.Records("t")).size(), 2u);
}

// F18
TEST_F(OutboxTest, F18KeepsWritingWhileTheBrokerIsAwayAndDrainsInOrder) {
  RelayConfig config = Quick();
  config.in_flight_max = 10;
  config.deferred_max = 5;
  config.batch_max = 7;
  broker_.SetCapacity(8);
  Relay relay(config, config_, broker_);
  relay.Start();
  ASSERT_TRUE(Eventually([&] { return relay.Stats().deferred == 0; }));
  broker_.SetAway(true);
  for (int version = 1; version <= 20; ++version) {
    std::vector<OutboxRecord> records;
    for (int a = 0; a < 10; ++a) records.push_back(MakeRecord("t", "a" + std::to_string(a), version));
    Commit(records);
    relay.HandOff(records);
  }
  EXPECT_LE(relay.Stats().in_flight, 10);
  ASSERT_TRUE(Eventually([&] { return relay.Stats().pending == 200; }));
  broker_.SetAway(false);
  ASSERT_TRUE(Eventually([&] { return Count() == 0; }));
  for (const auto& [aggregate, versions] : Versions(broker_.Records("t"))) {
    EXPECT_TRUE(std::is_sorted(versions.begin(), versions.end())) << aggregate;
    EXPECT_EQ(std::set<std::int64_t>(versions.begin(), versions.end()).size(), 20u) << aggregate;
  }
  // Back to the direct way: a hand-off without a row can only have gone from memory.
  ASSERT_TRUE(Eventually([&] { return relay.Stats().deferred == 0; }));
  EXPECT_TRUE(Eventually([&] {
    relay.HandOff({MakeRecord("direct", "z", 1)});
    return !broker_.Records("direct").empty();
  }));
}

TEST_F(OutboxTest, KeepsTheOrderThroughDeliveryFailures) {
  Relay relay(Quick(), config_, broker_);
  relay.Start();
  for (int version = 1; version <= 50; ++version) {
    const std::vector<OutboxRecord> records = {MakeRecord("t", "a", version)};
    Commit(records);
    relay.HandOff(records);
    if (version % 10 != 0) continue;
    broker_.SetAway(true);
    broker_.FailInFlight();
    broker_.SetAway(false);
    // Until the relay has been told of a failure a hand-off may overtake what failed (see Relay): the next one comes after it.
    ASSERT_TRUE(Eventually([&] { return relay.Stats().in_flight == 0; }));
  }
  ASSERT_TRUE(Eventually([&] { return Count() == 0; }));
  const auto versions = Versions(broker_.Records("t"))["a"];
  EXPECT_TRUE(std::is_sorted(versions.begin(), versions.end()));
  EXPECT_EQ(std::set<std::int64_t>(versions.begin(), versions.end()).size(), 50u);
}

// F19
TEST_F(OutboxTest, F19RefusesARecordThatCouldNeverBeSentWhenItIsWritten) {
  OutboxRecord record = MakeRecord("t", "a", 1);
  record.payload = std::string(kRecordBytesMax, 'x');
  const auto result = connection_->Run([&](sql::Tx& tx) { return Append(tx, {MakeRecord("t", "b", 1), record}); });
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(result.error().reason, "RECORD_TOO_LARGE");
  EXPECT_EQ(Count(), 0);
  OutboxRecord without_id = MakeRecord("t", "a", 1);
  without_id.envelope.id = {};
  EXPECT_EQ(connection_->Run([&](sql::Tx& tx) { return Append(tx, {without_id}); }).error().fields[0].field, "ce_id");
}

TEST_F(OutboxTest, F19ParksOneAggregateAndLetsTheOthersFlow) {
  broker_.SetValueBytesMax(1'000);
  ASSERT_TRUE(connection_->Query(kForce, {*Uuid::Parse("018f0000-0000-7000-8000-000000000001"), "t", "bad"}).ok());
  Relay relay(Quick(), config_, broker_);
  relay.Start();
  Commit({MakeRecord("t", "good", 1)});
  ASSERT_TRUE(Eventually([&] { return Count() == 1 && relay.Stats().parked == 1; }));
  EXPECT_EQ(broker_.Records("t").size(), 1u);
}

// Two instances on one table: everything arrives, each aggregate in order, whatever the number of copies.
TEST_F(OutboxTest, TwoInstancesDrainOneTable) {
  for (int a = 0; a < 40; ++a) {
    std::vector<OutboxRecord> records;
    for (int version = 1; version <= 5; ++version) records.push_back(MakeRecord("t", "a" + std::to_string(a), version));
    Commit(records);
  }
  RelayConfig config = Quick();
  config.batch_max = 16;
  Relay one(config, config_, broker_);
  Relay two(config, config_, broker_);
  one.Start();
  two.Start();
  ASSERT_TRUE(Eventually([&] { return Count() == 0; }));
  one.Stop();
  two.Stop();
  for (const auto& [aggregate, versions] : Versions(broker_.Records("t"))) {
    std::vector<std::int64_t> first;
    for (const std::int64_t version : versions) {
      if (std::find(first.begin(), first.end(), version) == first.end()) first.push_back(version);
    }
    EXPECT_EQ(first, (std::vector<std::int64_t>{1, 2, 3, 4, 5})) << aggregate;
  }
}

TEST_F(OutboxTest, StopLeavesOnlyWhatWasNotAcknowledged) {
  Relay relay(Quick(), config_, broker_);
  relay.Start();
  ASSERT_TRUE(Eventually([&] { return relay.Stats().deferred == 0; }));
  for (int i = 0; i < 100; ++i) {
    const std::vector<OutboxRecord> records = {MakeRecord("t", "a" + std::to_string(i), 1)};
    Commit(records);
    relay.HandOff(records);
  }
  relay.Stop();
  EXPECT_EQ(static_cast<std::int64_t>(broker_.Records("t").size()) + Count(), 100);
}

TEST_F(OutboxTest, InboxTellsWhatIsNewAlsoWithinABatch) {
  const Uuid one = *Uuid::Parse("018f0000-0000-7000-8000-000000000001");
  const Uuid two = *Uuid::Parse("018f0000-0000-7000-8000-000000000002");
  std::vector<bool> is_new;
  const auto insert = [&](std::string_view consumer, const std::vector<Uuid>& ids) {
    const auto result = connection_->Run([&](sql::Tx& tx) -> Result<void> {
      is_new = InsertInbox(tx, consumer, ids);
      return {};
    });
    EXPECT_TRUE(result.ok());
    return is_new;
  };
  EXPECT_EQ(insert("orders.replies", {two, one, two}), (std::vector<bool>{true, true, false}));
  EXPECT_EQ(insert("orders.replies", {one}), std::vector<bool>{false});
  EXPECT_EQ(insert("orders.catalogue", {one}), std::vector<bool>{true});
  EXPECT_TRUE(insert("orders.catalogue", {}).empty());
}

TEST_F(OutboxTest, InboxForgetsWhatIsOlderThanItsRetention) {
  ASSERT_TRUE(connection_->Run([&](sql::Tx& tx) -> Result<void> {
    (void)InsertInbox(tx, "c", {MakeRecord("t", "a", 1).envelope.id, MakeRecord("t", "a", 1).envelope.id});
    return {};
  }).ok());
  ASSERT_TRUE(connection_->Query(kAgeInbox).ok());
  ASSERT_TRUE(connection_->Run([&](sql::Tx& tx) -> Result<void> {
    (void)InsertInbox(tx, "c", {MakeRecord("t", "a", 1).envelope.id});
    return {};
  }).ok());
  RelayConfig config = Quick();
  config.inbox_retention = std::chrono::seconds(60);
  Relay relay(config, config_, broker_);
  relay.Start();
  EXPECT_TRUE(Eventually([&] { return Count(kCountInbox) == 1; }));
}

TEST_F(OutboxTest, ReportsTheAgeOfTheOldestRow) {
  broker_.SetAway(true);
  Commit({MakeRecord("t", "a", 1)});
  ASSERT_TRUE(connection_->Query(kAge).ok());
  Relay relay(Quick(), config_, broker_);
  relay.Start();
  EXPECT_TRUE(Eventually([&] { return relay.Stats().oldest_seconds > 3'500 && relay.Stats().pending == 1; }));
  broker_.SetAway(false);
  EXPECT_TRUE(Eventually([&] { return relay.Stats().pending == 0; }));
}

/// The same on Apache Kafka.
class OutboxKafkaTest : public kafka::BrokerTest {
 protected:
  testing::TestDatabase database_{"outbox_test"};
};

TEST_F(OutboxKafkaTest, TakesEventsFromCommitToConsumerOnceAndInOrder) {
  sql::ConnectionConfig config;
  config.url = database_.url();
  sql::Connection connection(config);
  ASSERT_TRUE(sql::Migrate(connection, Migrations()).ok());
  const std::string topic = MakeTopic("outbox");
  auto producer = MakeProducer();
  Relay relay({}, config, *producer);
  relay.Start();
  kafka::Received received;
  auto consumer = Start(MakeConsumerConfig("outbox", topic), received.Handler());
  for (int version = 1; version <= 50; ++version) {
    std::vector<OutboxRecord> records;
    for (int a = 0; a < 20; ++a) records.push_back(MakeRecord(topic, "a" + std::to_string(a), version));
    ASSERT_TRUE(connection.Run([&](sql::Tx& tx) { return Append(tx, records); }).ok());
    relay.HandOff(records);
    if (version == 25) producer->InjectFatalError();
  }
  std::set<std::string> ids;
  ASSERT_TRUE(Eventually([&] {
    for (const Record& record : received.All()) ids.insert(std::string(record.HeaderValue("ce_id")));
    return ids.size() == 1'000;
  }, std::chrono::seconds(30)));
  std::map<std::string, std::vector<std::int64_t>> first;
  std::set<std::string> seen;
  for (const Record& record : received.All()) {
    const auto envelope = kafka::ParseEnvelope(record);
    ASSERT_TRUE(envelope.ok());
    if (seen.insert(envelope->id.ToString()).second) first[envelope->subject].push_back(envelope->aggregate_version);
  }
  for (const auto& [aggregate, versions] : first) EXPECT_TRUE(std::is_sorted(versions.begin(), versions.end()));
  EXPECT_TRUE(Eventually([&] { return connection.Query(kCountOutbox)->operator[](0).Int(0) == 0; }));
}

}  // namespace
}  // namespace souk::outbox
