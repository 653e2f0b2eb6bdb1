#include "services/payments/adapters/kafka_in.hpp"

#include <condition_variable>
#include <mutex>

#include "libs/kafka/envelope.hpp"
#include "libs/observability/metrics.hpp"
#include "services/payments/adapters/codec.hpp"

namespace souk::payments {
namespace {

metrics::Counter& Skipped() {
  static auto& counter = metrics::GetCounter("souk_payments_skipped_records_total", "Records of a type that is no command of ours");
  return counter;
}

}  // namespace

struct KafkaIn::Waiting {
  std::mutex mutex;
  std::condition_variable all_done;
  std::size_t open = 0;
  kafka::Verdicts errors;  // by record
};

Result<kafka::Verdicts> KafkaIn::Handle(std::vector<kafka::Record>& records) {
  Waiting waiting;
  waiting.errors.resize(records.size());
  Result<void> queued;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (Start(records[i], i, waiting)) continue;
    queued = MakeError(ErrorCode::kResourceExhausted, "the writer's queue is full");
    break;
  }
  std::unique_lock lock(waiting.mutex);
  waiting.all_done.wait(lock, [&] { return waiting.open == 0; });
  if (!queued.ok()) return queued.error();
  return std::move(waiting.errors);
}

bool KafkaIn::Start(const kafka::Record& record, std::size_t index, Waiting& waiting) {
  const auto envelope = kafka::ParseEnvelope(record);
  if (!envelope.ok()) {
    waiting.errors[index] = envelope.error();
    return true;
  }
  auto command = ParseCommand(envelope->type, record.value);
  if (!command.ok()) {
    if (command.error().code == ErrorCode::kUnimplemented) Skipped().Increment();
    else waiting.errors[index] = command.error();
    return true;
  }
  Work work;
  work.payment_id = command->payment_id;
  work.input = std::move(command->input);
  work.message_id = envelope->id;
  work.cause = {envelope->id.ToString(), envelope->traceparent};
  work.done = [&waiting, index](Outcome& outcome, const Result<void>& result) {
    const std::lock_guard lock(waiting.mutex);
    if (!result.ok()) waiting.errors[index] = result.error();
    else if (outcome.refusal) waiting.errors[index] = kafka::AsRefusal(*outcome.refusal);
    if (--waiting.open == 0) waiting.all_done.notify_all();
  };
  {
    const std::lock_guard lock(waiting.mutex);
    ++waiting.open;
  }
  if (payments_.Do(std::move(work)).ok()) return true;
  const std::lock_guard lock(waiting.mutex);
  --waiting.open;
  return false;
}

}  // namespace souk::payments
