#include "libs/kafka/dead_letter.hpp"

#include <charconv>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "libs/observability/metrics.hpp"

namespace souk::kafka {
namespace {

constexpr std::size_t kReasonBytesMax = 1000;
constexpr std::string_view kPrefix = "dlq_";
constexpr std::string_view kDrop = "dlq_drop";

/// Shared with the delivery thread, which may outlive the wait.
struct Delivery {
  std::mutex mutex;
  std::condition_variable settled;
  std::optional<Result<void>> result;
};

std::int64_t ToNumber(std::string_view text) {
  std::int64_t number = -1;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Result<void> ProduceAndWait(Publisher& publisher, Record record, std::chrono::milliseconds timeout) {
  auto delivery = std::make_shared<Delivery>();
  SOUK_RETURN_IF_ERROR(publisher.Produce(std::move(record), [delivery](Result<void> result) {
    const std::lock_guard lock(delivery->mutex);
    delivery->result = std::move(result);
    delivery->settled.notify_one();
  }));
  std::unique_lock lock(delivery->mutex);
  if (!delivery->settled.wait_for(lock, timeout, [&] { return delivery->result.has_value(); })) {
    return MakeError(ErrorCode::kDeadlineExceeded, "the dead letter was not acknowledged in time");
  }
  return *delivery->result;
}

std::string DeadLetterTopic(std::string_view group) { return std::string(group) + ".dlq"; }
std::string RedriveTopic(std::string_view group) { return std::string(group) + ".redrive"; }

Result<void> DeadLetter(Publisher& publisher, std::string_view group, const Record& record, std::string_view reason,
                        int attempts, std::chrono::milliseconds timeout) {
  Record letter;
  letter.topic = DeadLetterTopic(group);
  letter.key = record.key;
  letter.value = record.value;
  letter.headers = record.headers;
  letter.headers.push_back({"dlq_reason", std::string(reason.substr(0, kReasonBytesMax))});
  letter.headers.push_back({"dlq_topic", record.topic});
  letter.headers.push_back({"dlq_partition", std::to_string(record.partition)});
  letter.headers.push_back({"dlq_offset", std::to_string(record.offset)});
  letter.headers.push_back({"dlq_attempts", std::to_string(attempts)});
  SOUK_RETURN_IF_ERROR(ProduceAndWait(publisher, std::move(letter), timeout));
  metrics::GetCounter("souk_kafka_dead_letters_total", "Records put aside", {{"group", std::string(group)}})
      .Increment();
  return {};
}

Result<Record> ToRedrive(const Record& dead_letter, std::string_view group, bool drop) {
  if (dead_letter.HeaderValue("dlq_topic").empty()) return InvalidArgument("dlq_topic", "is missing: the record is not a dead letter");
  Record record;
  record.topic = RedriveTopic(group);
  record.key = dead_letter.key;
  record.value = dead_letter.value;
  record.headers = dead_letter.headers;
  if (drop) record.headers.push_back({std::string(kDrop), "true"});
  return record;
}

bool IsDrop(const Record& redriven) { return !redriven.HeaderValue(kDrop).empty(); }

Result<Record> Redriven(const Record& dead_letter) {
  Record record;
  record.topic = dead_letter.HeaderValue("dlq_topic");
  if (record.topic.empty()) return InvalidArgument("dlq_topic", "is missing: the record is not a dead letter");
  record.partition = static_cast<int>(ToNumber(dead_letter.HeaderValue("dlq_partition")));
  record.offset = ToNumber(dead_letter.HeaderValue("dlq_offset"));
  record.timestamp_ms = dead_letter.timestamp_ms;
  record.key = dead_letter.key;
  record.value = dead_letter.value;
  for (const Header& header : dead_letter.headers) {
    if (!std::string_view(header.key).starts_with(kPrefix)) record.headers.push_back(header);
  }
  return record;
}

}  // namespace souk::kafka
