#pragma once

// For integration tests of this library and of libs/outbox: a topic of one's own on the broker that SOUK_TEST_KAFKA
// names.

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "libs/base/random.hpp"
#include "libs/kafka/admin.hpp"
#include "libs/kafka/consumer.hpp"
#include "libs/kafka/producer.hpp"
#include "libs/kafka/received.hpp"
#include "libs/testing/eventually.hpp"

namespace souk::kafka {

inline std::string TestBrokers() {
  const char* brokers = std::getenv("SOUK_TEST_KAFKA");
  return brokers == nullptr ? "" : brokers;
}

using souk::testing::Eventually;

class BrokerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    brokers_ = TestBrokers();
    ASSERT_FALSE(brokers_.empty()) << "set SOUK_TEST_KAFKA to host:port of a broker, or run ./souk test";
    SystemRandom random;
    suffix_ = std::to_string(random.Next() % 1'000'000'007);
    auto admin = Admin::Create(brokers_);
    ASSERT_TRUE(admin.ok());
    admin_ = std::move(admin).value();
  }

  void TearDown() override {
    if (admin_) (void)admin_->DeleteTopics(topics_);
  }

  /// Creates a topic that no other test has; gone after the test.
  std::string MakeTopic(const std::string& name, int partitions = 3, std::map<std::string, std::string> config = {}) {
    const std::string topic = "test." + name + "." + suffix_;
    const auto outcomes = admin_->CreateTopics({{topic, partitions, 1, std::move(config)}});
    EXPECT_TRUE(outcomes.ok() && outcomes->front().kind == TopicOutcome::Kind::kCreated);
    topics_.push_back(topic);
    return topic;
  }
  std::string Group(const std::string& name) const { return name + "-" + suffix_; }

  std::unique_ptr<Producer> MakeProducer() {
    ProducerConfig config;
    config.brokers = brokers_;
    auto producer = Producer::Create(config);
    EXPECT_TRUE(producer.ok());
    return std::move(producer).value();
  }

  ConsumerConfig MakeConsumerConfig(const std::string& group, const std::string& topic) const {
    ConsumerConfig config;
    config.brokers = brokers_;
    config.group = Group(group);
    config.topics = {topic};
    return config;
  }

  static std::unique_ptr<Consumer> Start(const ConsumerConfig& config, BatchHandler handler) {
    auto consumer = Consumer::Start(config, std::move(handler));
    EXPECT_TRUE(consumer.ok());
    return std::move(consumer).value();
  }

  /// Produces values "0", "1", ... of `count` records over `keys` keys, and waits for them.
  static void ProduceNumbers(Producer& producer, const std::string& topic, int count, int keys, int first = 0) {
    for (int i = first; i < first + count; ++i) {
      Record record;
      record.topic = topic;
      record.key = "key" + std::to_string(i % keys);
      record.value = std::to_string(i);
      ASSERT_TRUE(producer.Produce(std::move(record), [](const Result<void>& r) { EXPECT_TRUE(r.ok()); }).ok());
    }
    ASSERT_TRUE(producer.Flush(std::chrono::seconds(20)).ok());
  }

  std::string brokers_;
  std::string suffix_;
  std::unique_ptr<Admin> admin_;
  std::vector<std::string> topics_;
};

}  // namespace souk::kafka
