#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <numeric>
#include <set>

#include "libs/kafka/broker_contract.hpp"
#include "libs/kafka/broker_fixture.hpp"
#include "libs/kafka/dead_letter.hpp"
#include "libs/kafka/mock_cluster.hpp"

namespace souk::kafka {
namespace {

using KafkaTest = BrokerTest;

std::vector<int> Values(const std::vector<Record>& records) {
  std::vector<int> values;
  for (const Record& record : records) values.push_back(std::stoi(record.value));
  return values;
}

std::map<std::string, std::vector<int>> ByKey(const std::vector<Record>& records) {
  std::map<std::string, std::vector<int>> by_key;
  for (const Record& record : records) by_key[record.key].push_back(std::stoi(record.value));
  return by_key;
}

/// The committed lag of the group, as the cluster knows it.
std::int64_t LagOf(Admin& admin, const std::string& group, const std::string& topic) {
  const auto lags = admin.ConsumerLag(group, {topic});
  if (!lags.ok()) return -1;
  std::int64_t sum = 0;
  for (const GroupLag& lag : *lags) sum += lag.lag;
  return sum;
}

TEST_F(KafkaTest, DeliversKeyValueAndHeadersInOrderOfTheKey) {
  const std::string topic = MakeTopic("order");
  auto producer = MakeProducer();
  Record record;
  record.topic = topic;
  record.key = "a key";
  record.value = std::string("\0\xff value", 8);
  record.headers = {{"ce_id", "1"}, {"empty", ""}, {"ce_id", "2"}};
  ASSERT_TRUE(producer->Produce(record, nullptr).ok());
  ASSERT_TRUE(producer->Flush(std::chrono::seconds(10)).ok());
  Received received;
  auto consumer = Start(MakeConsumerConfig("order", topic), received.Handler());
  ASSERT_TRUE(Eventually([&] { return received.size() == 1; }));
  const Record got = received.All().front();
  EXPECT_EQ(got.key, record.key);
  EXPECT_EQ(got.value, record.value);
  EXPECT_EQ(got.headers, record.headers);
  EXPECT_EQ(got.topic, topic);
  EXPECT_EQ(got.offset, 0);
  EXPECT_GT(got.timestamp_ms, 0);
}

TEST_F(KafkaTest, KeepsTheOrderWithinEachKeyThroughManyBatches) {
  const std::string topic = MakeTopic("batches");
  auto producer = MakeProducer();
  ProduceNumbers(*producer, topic, 5'000, 20);
  Received received;
  auto config = MakeConsumerConfig("batches", topic);
  config.batch_max = 100;
  auto consumer = Start(config, received.Handler());
  ASSERT_TRUE(Eventually([&] { return received.size() >= 5'000; }));
  for (const auto& [key, values] : ByKey(received.All())) EXPECT_TRUE(std::is_sorted(values.begin(), values.end()));
  EXPECT_EQ(received.size(), 5'000u);
  EXPECT_TRUE(Eventually([&] { return consumer->Lag() == 0; }));
}

TEST_F(KafkaTest, ResumesAfterTheLastCommitWhenItIsStartedAgain) {
  const std::string topic = MakeTopic("resume");
  auto producer = MakeProducer();
  ProduceNumbers(*producer, topic, 100, 10);
  const auto config = MakeConsumerConfig("resume", topic);
  Received first;
  auto consumer = Start(config, first.Handler());
  ASSERT_TRUE(Eventually([&] { return first.size() == 100; }));
  consumer->Stop();
  EXPECT_EQ(LagOf(*admin_, config.group, topic), 0);
  ProduceNumbers(*producer, topic, 50, 10, 100);
  Received second;
  auto again = Start(config, second.Handler());
  ASSERT_TRUE(Eventually([&] { return second.size() >= 50; }));
  EXPECT_THAT(Values(second.All()), ::testing::Each(::testing::Ge(100)));
}

TEST_F(KafkaTest, F30GivesAFailedBatchAgainUntilItIsTakenAndCommitsNothingBefore) {
  const std::string topic = MakeTopic("retry");
  auto producer = MakeProducer();
  ProduceNumbers(*producer, topic, 10, 1);
  const auto config = MakeConsumerConfig("retry", topic);
  std::atomic<bool> broken{true};
  Received refused, accepted;
  auto consumer = Start(config, [&](std::vector<Record>& batch) -> Result<void> {
    if (broken) {
      refused.Add(batch);
      return MakeError(ErrorCode::kUnavailable, "the database is away");
    }
    accepted.Add(batch);
    return {};
  });
  ASSERT_TRUE(Eventually([&] { return consumer->Stats().retries >= 3; }));
  EXPECT_EQ(LagOf(*admin_, config.group, topic), 10);
  broken = false;
  ASSERT_TRUE(Eventually([&] { return accepted.size() >= 10; }));
  std::vector<int> expected(10);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(Values(accepted.All()), expected);
  EXPECT_TRUE(Eventually([&] { return LagOf(*admin_, config.group, topic) == 0; }));
}

// A handler that fails for longer than the group's patience must not cost the membership, and new records that arrive
// meanwhile are delivered after.
TEST_F(KafkaTest, StaysInItsGroupThroughALongOutageOfTheHandler) {
  const std::string topic = MakeTopic("outage", 1);
  auto producer = MakeProducer();
  ProduceNumbers(*producer, topic, 10, 1);
  auto config = MakeConsumerConfig("outage", topic);
  config.session_timeout = std::chrono::milliseconds(6'000);
  config.max_poll_interval = std::chrono::milliseconds(6'000);
  config.retry_backoff_max = std::chrono::milliseconds(300);
  std::atomic<bool> broken{true};
  Received accepted;
  auto consumer = Start(config, [&](std::vector<Record>& batch) -> Result<void> {
    if (broken) return MakeError(ErrorCode::kUnavailable, "away");
    accepted.Add(batch);
    return {};
  });
  ASSERT_TRUE(Eventually([&] { return consumer->Stats().retries >= 30; }));  // some 8 s
  ProduceNumbers(*producer, topic, 10, 1, 10);
  EXPECT_EQ(consumer->Stats().rebalances, 1);
  broken = false;
  ASSERT_TRUE(Eventually([&] { return accepted.size() >= 20; }));
  std::vector<int> expected(20);
  std::iota(expected.begin(), expected.end(), 0);
  EXPECT_EQ(Values(accepted.All()), expected);
}

TEST_F(KafkaTest, F29PutsAPoisonRecordAsideWithItsReasonAndGoesOn) {
  const std::string topic = MakeTopic("poison", 1);
  const auto config = MakeConsumerConfig("poison", topic);
  const std::string dlq = DeadLetterTopic(config.group);
  ASSERT_TRUE(admin_->CreateTopics({{dlq, 1, 1, {}}}).ok());
  topics_.push_back(dlq);
  auto producer = MakeProducer();
  ProduceNumbers(*producer, topic, 3, 1);
  Received accepted;
  auto consumer = Start(config, [&](std::vector<Record>& batch) -> Result<void> {
    std::vector<Record> good;
    for (const Record& record : batch) {
      if (record.value != "1") {
        good.push_back(record);
        continue;
      }
      SOUK_RETURN_IF_ERROR(DeadLetter(*producer, config.group, record, "can't be parsed"));
    }
    accepted.Add(good);
    return {};
  });
  ASSERT_TRUE(Eventually([&] { return accepted.size() == 2; }));
  EXPECT_TRUE(Eventually([&] { return LagOf(*admin_, config.group, topic) == 0; }));
  std::vector<Record> letters;
  const auto visit = [&](const Record& record) {
    letters.push_back(record);
    return true;
  };
  ASSERT_TRUE(ReadAll(brokers_, dlq, {}, visit).ok());
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].value, "1");
  EXPECT_EQ(letters[0].HeaderValue("dlq_reason"), "can't be parsed");
  EXPECT_EQ(letters[0].HeaderValue("dlq_topic"), topic);
  EXPECT_EQ(letters[0].HeaderValue("dlq_offset"), "1");
  EXPECT_EQ(Redriven(letters[0])->topic, topic);
}

TEST_F(KafkaTest, ChaosDeliversEverythingTwiceAndMixesTheKeys) {
  const std::string topic = MakeTopic("chaos");
  auto producer = MakeProducer();
  ProduceNumbers(*producer, topic, 200, 10);
  auto config = MakeConsumerConfig("chaos", topic);
  config.chaos_duplicate = true;
  config.chaos_shuffle = true;
  Received received;
  auto consumer = Start(config, received.Handler());
  ASSERT_TRUE(Eventually([&] { return received.size() >= 200; }));
  int more = 200;  // a later batch brings the second deliveries that were kept back
  EXPECT_TRUE(Eventually([&] {
    if (received.size() >= 400) return true;
    ProduceNumbers(*producer, topic, 1, 10, more++);
    return false;
  }));
  std::map<int, int> times;
  for (const int value : Values(received.All())) ++times[value];
  for (int i = 0; i < 200; ++i) EXPECT_EQ(times[i], 2) << i;
  for (const auto& [key, values] : ByKey(received.All())) {
    std::vector<int> first;
    std::set<int> seen;
    for (const int value : values) {
      if (seen.insert(value).second) first.push_back(value);
    }
    EXPECT_TRUE(std::is_sorted(first.begin(), first.end())) << key;
  }
}

TEST_F(KafkaTest, TwoMembersShareThePartitionsAndOneTakesOverAll) {
  const std::string topic = MakeTopic("share", 6);
  auto producer = MakeProducer();
  const auto config = MakeConsumerConfig("share", topic);
  Received one, two;
  auto first = Start(config, one.Handler());
  ASSERT_TRUE(Eventually([&] { return first->Ready(); }));
  auto second = Start(config, two.Handler());
  ASSERT_TRUE(Eventually([&] { return first->Stats().rebalances >= 2 && second->HasAssignment(); }));
  ASSERT_TRUE(Eventually([&] { return first->HasAssignment(); }));
  ProduceNumbers(*producer, topic, 1'000, 100);
  ASSERT_TRUE(Eventually([&] { return one.size() + two.size() >= 1'000; }));
  EXPECT_GT(one.size(), 0u);
  EXPECT_GT(two.size(), 0u);
  const std::size_t before = one.size();
  second->Stop();
  ProduceNumbers(*producer, topic, 1'000, 100, 1'000);
  ASSERT_TRUE(Eventually([&] { return one.size() >= before + 1'000; }));
  std::set<int> all;
  for (const int value : Values(one.All())) all.insert(value);
  for (const int value : Values(two.All())) all.insert(value);
  EXPECT_EQ(all.size(), 2'000u);
}

TEST_F(KafkaTest, ReplacesTheProducerAfterAFatalErrorAndFailsWhatWasNotDelivered) {
  const std::string topic = MakeTopic("fatal", 1);
  auto producer = MakeProducer();
  ProduceNumbers(*producer, topic, 10, 1);
  producer->InjectFatalError();
  ASSERT_TRUE(Eventually([&] { return producer->Replacements() == 1; }));
  ProduceNumbers(*producer, topic, 10, 1, 10);
  EXPECT_EQ(admin_->EndOffsets(topic)->at(0), 20);
}

TEST_F(KafkaTest, RefusesARecordThatIsTooLargeAndGoesOn) {
  const std::string topic = MakeTopic("large", 1, {{"max.message.bytes", "2000"}});
  auto producer = MakeProducer();
  Record record;
  record.topic = topic;
  record.value = std::string(1'500'000, 'x');
  EXPECT_EQ(producer->Produce(record, nullptr).error().reason, "RECORD_TOO_LARGE");
  SystemRandom random;
  record.value.resize(20'000);  // the client's bound allows it, the topic's does not; noise, so it can't be compressed
  for (char& c : record.value) c = static_cast<char>(random.Next());
  std::atomic<int> code{-1};
  const auto delivered = [&](const Result<void>& result) {
    code = result.ok() ? 100 : static_cast<int>(result.error().code);
  };
  ASSERT_TRUE(producer->Produce(record, delivered).ok());
  ASSERT_TRUE(Eventually([&] { return code >= 0; }));
  EXPECT_EQ(code, static_cast<int>(ErrorCode::kInvalidArgument));
  ProduceNumbers(*producer, topic, 10, 1);  // it goes on
}

TEST_F(KafkaTest, F77StopsWithAnErrorWhenTheCommittedOffsetsAreGone) {
  const std::string topic = MakeTopic("gone", 1);
  auto producer = MakeProducer();
  ProduceNumbers(*producer, topic, 3, 1);
  auto config = MakeConsumerConfig("gone", topic);
  config.offset_reset = "error";
  Received received;
  auto consumer = Start(config, received.Handler());
  ASSERT_TRUE(Eventually([&] { return !consumer->Failure().empty(); }));
  EXPECT_TRUE(Eventually([&] { return !consumer->Ready(); }));
  EXPECT_EQ(received.size(), 0u);
}

TEST_F(KafkaTest, CreatesGrowsAndReportsTopics) {
  const std::string topic = MakeTopic("admin", 2, {{"retention.ms", "3600000"}});
  auto outcomes = admin_->CreateTopics({{topic, 2, 1, {{"retention.ms", "3600000"}}}});
  EXPECT_EQ(outcomes->front().kind, TopicOutcome::Kind::kUnchanged);
  outcomes = admin_->CreateTopics({{topic, 4, 1, {{"retention.ms", "3600000"}}}});
  EXPECT_EQ(outcomes->front().kind, TopicOutcome::Kind::kGrown);
  ASSERT_TRUE(Eventually([&] {
    const auto ends = admin_->EndOffsets(topic);
    return ends.ok() && ends->size() == 4;
  }));
  outcomes = admin_->CreateTopics({{topic, 4, 1, {{"retention.ms", "7200000"}}}});
  EXPECT_EQ(outcomes->front().kind, TopicOutcome::Kind::kDiffers);
  EXPECT_NE(outcomes->front().detail.find("retention.ms is 3600000"), std::string::npos);
  EXPECT_EQ(admin_->EndOffsets("test.no.such.topic").error().code, ErrorCode::kNotFound);
}

TEST_F(KafkaTest, ReadsATopicFromGivenOffsetsToItsEnd) {
  const std::string topic = MakeTopic("read", 3);
  auto producer = MakeProducer();
  ProduceNumbers(*producer, topic, 300, 30);
  std::size_t count = 0;
  const auto visit = [&](const Record&) {
    ++count;
    return true;
  };
  const auto next = ReadAll(brokers_, topic, {}, visit);
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(count, 300u);
  ProduceNumbers(*producer, topic, 30, 30, 300);
  ASSERT_TRUE(ReadAll(brokers_, topic, *next, visit).ok());
  EXPECT_EQ(count, 330u);
  ASSERT_TRUE(ReadAll(brokers_, topic, admin_->EndOffsets(topic).value(), visit).ok());
  EXPECT_EQ(count, 330u);
}

TEST_F(KafkaTest, StopsInBoundedTimeThoughTheBrokerIsAway) {
  ConsumerConfig config;
  config.brokers = "127.0.0.1:1";
  config.group = Group("away");
  config.topics = {"test.away"};
  Received received;
  auto consumer = Start(config, received.Handler());
  EXPECT_FALSE(consumer->Ready());
  consumer->Stop();
}

// The stand-in where Apache Kafka can't be had. Its groups take some 3 s to form.
TEST(MockClusterTest, CarriesRecordsFromProducerToConsumerAndKeepsOffsets) {
  const auto cluster = MockCluster::Start(1);
  ASSERT_TRUE(cluster.ok());
  ASSERT_TRUE((*cluster)->CreateTopic("test.mock", 2, 1).ok());
  const auto producer = Producer::Create({.brokers = (*cluster)->Bootstrap()});
  ASSERT_TRUE(producer.ok());
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE((*producer)->Produce({"test.mock", "key", std::to_string(i), {{"h", "v"}}}, nullptr).ok());
  }
  ASSERT_TRUE((*producer)->Flush(std::chrono::seconds(10)).ok());
  Received received;
  ConsumerConfig config;
  config.brokers = (*cluster)->Bootstrap();
  config.group = "mock";
  config.topics = {"test.mock"};
  const auto consumer = Consumer::Start(config, received.Handler());
  ASSERT_TRUE(consumer.ok());
  ASSERT_TRUE(testing::Eventually([&] { return received.size() == 100; }));
  (*consumer)->Stop();
  const auto admin = Admin::Create((*cluster)->Bootstrap());
  EXPECT_EQ(LagOf(**admin, "mock", "test.mock"), 0);
}

class KafkaHarness {
 public:
  KafkaHarness() {
    SystemRandom random;
    suffix_ = std::to_string(random.Next() % 1'000'000'007);
    admin_ = Admin::Create(TestBrokers()).value();
    producer_ = Producer::Create({.brokers = TestBrokers()}).value();
  }
  ~KafkaHarness() { (void)admin_->DeleteTopics(topics_); }

  std::string Topic() {
    topics_.push_back("test.contract." + suffix_);
    EXPECT_TRUE(admin_->CreateTopics({{topics_.back(), 3, 1, {}}}).ok());
    return topics_.back();
  }
  Publisher& publisher() { return *producer_; }
  std::unique_ptr<Subscription> Subscribe(const std::string& group, const std::string& topic, BatchHandler handler) {
    ConsumerConfig config;
    config.brokers = TestBrokers();
    config.group = group + suffix_;
    config.topics = {topic};
    return Consumer::Start(config, std::move(handler)).value();
  }

 private:
  std::string suffix_;
  std::vector<std::string> topics_;
  std::unique_ptr<Admin> admin_;
  std::unique_ptr<Producer> producer_;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Kafka, BrokerContract, KafkaHarness);

}  // namespace
}  // namespace souk::kafka
