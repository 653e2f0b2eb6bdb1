#include "libs/kafka/dead_letter.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

#include "libs/observability/metrics.hpp"

namespace souk::kafka {
namespace {

constexpr std::size_t kReasonBytesMax = 1000;
constexpr std::string_view kPrefix = "dlq_";

/// Shared with the delivery thread, which may outlive the wait.
struct Delivery {
  std::mutex mutex;
  std::condition_variable settled;
  std::optional<Result<void>> result;
};

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

}  // namespace

std::string DeadLetterTopic(std::string_view group) { return std::string(group) + ".dlq"; }

Result<void> DeadLetter(Publisher& publisher, std::string_view group, const Record& record, std::string_view reason,
                        std::chrono::milliseconds timeout) {
  Record letter;
  letter.topic = DeadLetterTopic(group);
  letter.key = record.key;
  letter.value = record.value;
  letter.headers = record.headers;
  letter.headers.push_back({"dlq_reason", std::string(reason.substr(0, kReasonBytesMax))});
  letter.headers.push_back({"dlq_topic", record.topic});
  letter.headers.push_back({"dlq_partition", std::to_string(record.partition)});
  letter.headers.push_back({"dlq_offset", std::to_string(record.offset)});
  SOUK_RETURN_IF_ERROR(ProduceAndWait(publisher, std::move(letter), timeout));
  metrics::GetCounter("souk_kafka_dead_letters_total", "Records put aside", {{"group", std::string(group)}})
      .Increment();
  return {};
}

Result<Record> Redriven(const Record& dead_letter) {
  Record record;
  record.topic = dead_letter.HeaderValue("dlq_topic");
  if (record.topic.empty()) return InvalidArgument("dlq_topic", "is missing: the record is not a dead letter");
  record.key = dead_letter.key;
  record.value = dead_letter.value;
  for (const Header& header : dead_letter.headers) {
    if (!std::string_view(header.key).starts_with(kPrefix)) record.headers.push_back(header);
  }
  return record;
}

}  // namespace souk::kafka
