#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "libs/base/time.hpp"
#include "libs/kafka/broker_contract.hpp"
#include "libs/kafka/chaos.hpp"
#include "libs/kafka/consumer.hpp"
#include "libs/kafka/dead_letter.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/kafka/memory_broker.hpp"
#include "libs/kafka/producer.hpp"

namespace souk::kafka {
namespace {

Envelope MakeEnvelope() {
  Envelope envelope;
  envelope.id = *Uuid::Parse("018f0000-0000-7000-8000-000000000001");
  envelope.type = "souk.orders.v1.OrderAccepted";
  envelope.source = "orders";
  envelope.subject = "order-1";
  envelope.time = *ParseTime("2026-11-21T03:14:00.123456Z");
  envelope.aggregate_version = 7;
  envelope.correlation_id = "order-1";
  envelope.causation_id = "cause";
  envelope.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  return envelope;
}

void SetHeader(Record& record, const std::string& name, const std::string& value) {
  for (Header& header : record.headers) {
    if (header.key == name) header.value = value;
  }
}

void Remove(Record& record, const std::string& name) {
  std::erase_if(record.headers, [&](const Header& header) { return header.key == name; });
}

TEST(EnvelopeTest, ComesBackFromItsHeadersUnchanged) {
  const Record record = ToRecord("orders.order.events.v1", MakeEnvelope(), "payload");
  EXPECT_EQ(record.key, "order-1");
  EXPECT_EQ(record.HeaderValue("ce_specversion"), "1.0");
  EXPECT_EQ(record.HeaderValue("ce_time"), "2026-11-21T03:14:00.123456Z");
  EXPECT_EQ(record.HeaderValue("content-type"), "application/protobuf");
  const auto parsed = ParseEnvelope(record);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(*parsed, MakeEnvelope());
}

// B82
TEST(EnvelopeTest, B82NamesTheHeaderThatIsMissing) {
  for (const char* name :
       {"ce_id", "ce_type", "ce_source", "ce_subject", "ce_time", "ce_specversion", "ce_aggregateversion"}) {
    Record record = ToRecord("topic", MakeEnvelope(), "");
    Remove(record, name);
    const auto parsed = ParseEnvelope(record);
    ASSERT_FALSE(parsed.ok()) << name;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(parsed.error().reason, "INVALID_ENVELOPE");
    EXPECT_EQ(parsed.error().fields.front().field, name);
  }
}

TEST(EnvelopeTest, B82RefusesMalformedHeaders) {
  const std::map<std::string, std::vector<std::string>> bad = {
      {"ce_id", {"x", "00000000-0000-0000-0000-000000000000"}},
      {"ce_time", {"yesterday"}},
      {"ce_specversion", {"0.3"}},
      {"ce_aggregateversion", {"0", "-1", "1.5", "1x", "99999999999999999999"}},
      {"content-type", {"application/json"}},
      {"ce_subject", {"another"}},
      {"ce_type", {std::string(256, 't')}},
      {"ce_correlationid", {std::string(256, 'c')}}};
  for (const auto& [name, values] : bad) {
    for (const std::string& value : values) {
      Record record = ToRecord("topic", MakeEnvelope(), "");
      SetHeader(record, name, value);
      const auto parsed = ParseEnvelope(record);
      ASSERT_FALSE(parsed.ok()) << name << "=" << value;
      EXPECT_EQ(parsed.error().fields.front().field, name);
    }
  }
}

TEST(EnvelopeTest, AllowsWhatIsOptionalToBeAbsent) {
  Record record = ToRecord("topic", MakeEnvelope(), "");
  for (const char* name : {"ce_correlationid", "ce_causationid", "traceparent", "content-type"}) Remove(record, name);
  EXPECT_TRUE(ParseEnvelope(record).ok());
}

TEST(DeadLetterTest, RefusesToRedriveWhatIsNoDeadLetter) {
  EXPECT_EQ(Redriven(ToRecord("topic", MakeEnvelope(), "")).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(DeadLetterTopic("orders.replies"), "orders.replies.dlq");
}

std::vector<Record> Batch(int first, int count) {
  std::vector<Record> batch;
  for (int i = first; i < first + count; ++i) {
    Record record;
    record.topic = "t";
    record.key = std::to_string(i % 5);
    record.value = std::to_string(i);
    batch.push_back(record);
  }
  return batch;
}

TEST(ChaosTest, DeliversEachRecordTwiceInTheEndWithFirstDeliveriesInOrderOfTheKey) {
  Chaos chaos(true, true, 42);
  std::map<std::string, int> times;
  std::map<std::string, int> last_first;
  for (int first = 0; first <= 100; first += 20) {
    auto batch = first < 100 ? Batch(first, 20) : std::vector<Record>();
    chaos.Apply(batch);
    for (const Record& record : batch) {
      if (++times[record.value] > 1) continue;
      const auto last = last_first.find(record.key);
      if (last != last_first.end()) {
        EXPECT_LT(last->second, std::stoi(record.value));
      }
      last_first[record.key] = std::stoi(record.value);
    }
  }
  EXPECT_EQ(times.size(), 100u);
  for (const auto& [value, count] : times) EXPECT_EQ(count, 2) << value;
}

TEST(ChaosTest, MixesKeysWithoutLosingAnything) {
  Chaos chaos(false, true, 7);
  auto batch = Batch(0, 50);
  const auto before = batch;
  chaos.Apply(batch);
  ASSERT_EQ(batch.size(), 50u);
  std::set<std::string> values;
  bool moved = false;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    values.insert(batch[i].value);
    moved = moved || batch[i].value != before[i].value;
  }
  EXPECT_EQ(values.size(), 50u);
  EXPECT_TRUE(moved);
}

TEST(ConfigTest, NamesTheSettingThatIsWrong) {
  EXPECT_EQ(Producer::Create({}).error().fields.front().field, "kafka.brokers");
  ProducerConfig producer;
  producer.brokers = "localhost:1";
  producer.compression = "middle-out";
  EXPECT_EQ(Producer::Create(producer).error().fields.front().field, "compression.codec");
  ConsumerConfig consumer;
  const auto start = [&] { return Consumer::Start(consumer, nullptr).error().fields.front().field; };
  EXPECT_EQ(start(), "kafka.brokers");
  consumer.brokers = "localhost:1";
  EXPECT_EQ(start(), "group");
  consumer.group = "g";
  EXPECT_EQ(start(), "topics");
  consumer.topics = {"t"};
  consumer.batch_max = 0;
  EXPECT_EQ(start(), "batch_max");
  consumer.batch_max = 1;
  consumer.offset_reset = "random";
  EXPECT_EQ(start(), "offset_reset");
}

class MemoryHarness {
 public:
  std::string Topic() { return "topic"; }
  Publisher& publisher() { return broker_; }
  std::unique_ptr<Subscription> Subscribe(const std::string& group, const std::string& topic, BatchHandler handler) {
    ConsumerConfig config;
    config.group = group;
    config.topics = {topic};
    return broker_.Subscribe(config, std::move(handler));
  }

 private:
  MemoryBroker broker_;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, BrokerContract, MemoryHarness);

}  // namespace
}  // namespace souk::kafka
