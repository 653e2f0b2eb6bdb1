#pragma once

// What every broker owes its users. Run on Kafka and on the one in memory:
//   INSTANTIATE_TYPED_TEST_SUITE_P(Memory, BrokerContract, MemoryHarness);
// A harness has: std::string Topic(), Publisher& publisher(), std::unique_ptr<Subscription> Subscribe(group, topic,
// handler).

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "libs/kafka/ports.hpp"
#include "libs/kafka/received.hpp"
#include "libs/testing/eventually.hpp"

namespace souk::kafka {

template <class Harness>
class BrokerContract : public ::testing::Test {
 protected:
  void Produce(const std::string& topic, int first, int count, int keys = 4) {
    for (int i = first; i < first + count; ++i) {
      Record record;
      record.topic = topic;
      record.key = "key" + std::to_string(i % keys);
      record.value = std::to_string(i);
      record.headers = {{"number", record.value}};
      ASSERT_TRUE(harness_.publisher().Produce(std::move(record), nullptr).ok());
    }
    ASSERT_TRUE(harness_.publisher().Flush(std::chrono::seconds(20)).ok());
    EXPECT_EQ(harness_.publisher().InFlight(), 0u);
  }

  Harness harness_;
};
TYPED_TEST_SUITE_P(BrokerContract);

TYPED_TEST_P(BrokerContract, AcknowledgesEachRecordOnceAndDeliversItWhole) {
  const std::string topic = this->harness_.Topic();
  std::atomic<int> acknowledged{0};
  Record record{topic, "key", std::string("\0value", 6), {{"header", "content"}}};
  ASSERT_TRUE(this->harness_.publisher().Produce(record, [&](const Result<void>& r) { acknowledged += r.ok(); }).ok());
  ASSERT_TRUE(this->harness_.publisher().Flush(std::chrono::seconds(20)).ok());
  EXPECT_EQ(acknowledged, 1);
  Received received;
  const auto subscription = this->harness_.Subscribe("whole", topic, received.Handler());
  ASSERT_TRUE(testing::Eventually([&] { return received.size() == 1; }));
  const Record got = received.All().front();
  EXPECT_EQ(got.key, record.key);
  EXPECT_EQ(got.value, record.value);
  EXPECT_EQ(got.headers, record.headers);
}

TYPED_TEST_P(BrokerContract, KeepsTheOrderOfEachKey) {
  const std::string topic = this->harness_.Topic();
  this->Produce(topic, 0, 500);
  Received received;
  const auto subscription = this->harness_.Subscribe("order", topic, received.Handler());
  ASSERT_TRUE(testing::Eventually([&] { return received.size() == 500; }));
  std::map<std::string, int> last;
  for (const Record& record : received.All()) {
    const int value = std::stoi(record.value);
    EXPECT_TRUE(!last.contains(record.key) || last[record.key] < value);
    last[record.key] = value;
  }
}

TYPED_TEST_P(BrokerContract, GivesEachGroupEverything) {
  const std::string topic = this->harness_.Topic();
  this->Produce(topic, 0, 20);
  Received one, two;
  const auto first = this->harness_.Subscribe("one", topic, one.Handler());
  const auto second = this->harness_.Subscribe("two", topic, two.Handler());
  EXPECT_TRUE(testing::Eventually([&] { return one.size() == 20 && two.size() == 20; }));
}

TYPED_TEST_P(BrokerContract, GoesOnWhereTheGroupStopped) {
  const std::string topic = this->harness_.Topic();
  this->Produce(topic, 0, 20);
  Received before, after;
  auto subscription = this->harness_.Subscribe("again", topic, before.Handler());
  ASSERT_TRUE(testing::Eventually([&] { return before.size() == 20; }));
  subscription->Stop();
  this->Produce(topic, 20, 20);
  subscription = this->harness_.Subscribe("again", topic, after.Handler());
  ASSERT_TRUE(testing::Eventually([&] { return after.size() >= 20; }));
  for (const Record& record : after.All()) EXPECT_GE(std::stoi(record.value), 20);
}

TYPED_TEST_P(BrokerContract, GivesAFailedBatchAgain) {
  const std::string topic = this->harness_.Topic();
  this->Produce(topic, 0, 5, 1);
  std::atomic<int> failures{3};
  Received received;
  const auto subscription = this->harness_.Subscribe("retry", topic, [&](std::vector<Record>& batch) -> Result<void> {
    if (failures-- > 0) return MakeError(ErrorCode::kAborted, "lost a race");
    received.Add(batch);
    return {};
  });
  ASSERT_TRUE(testing::Eventually([&] { return received.size() == 5; }));
  EXPECT_EQ(received.All().front().value, "0");
  EXPECT_TRUE(testing::Eventually([&] { return subscription->Lag() == 0; }));
  EXPECT_GE(subscription->Stats().retries, 3);
}

TYPED_TEST_P(BrokerContract, LetsAnotherMemberTakeOver) {
  const std::string topic = this->harness_.Topic();
  Received one, two;
  auto first = this->harness_.Subscribe("share", topic, one.Handler());
  ASSERT_TRUE(testing::Eventually([&] { return first->HasAssignment(); }));
  const auto second = this->harness_.Subscribe("share", topic, two.Handler());
  ASSERT_TRUE(testing::Eventually([&] { return second->Ready(); }));
  this->Produce(topic, 0, 40);
  ASSERT_TRUE(testing::Eventually([&] { return one.size() + two.size() >= 40; }));
  first->Stop();
  this->Produce(topic, 40, 40);
  ASSERT_TRUE(testing::Eventually([&] { return one.size() + two.size() >= 80; }));
  std::set<std::string> values;
  for (const Record& record : one.All()) values.insert(record.value);
  for (const Record& record : two.All()) values.insert(record.value);
  EXPECT_EQ(values.size(), 80u);
}

REGISTER_TYPED_TEST_SUITE_P(BrokerContract, AcknowledgesEachRecordOnceAndDeliversItWhole, KeepsTheOrderOfEachKey,
                            GivesEachGroupEverything, GoesOnWhereTheGroupStopped, GivesAFailedBatchAgain,
                            LetsAnotherMemberTakeOver);

}  // namespace souk::kafka
