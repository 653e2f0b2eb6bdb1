#include "services/inventory/adapters/kafka_in.hpp"

#include <condition_variable>
#include <mutex>

#include "libs/observability/metrics.hpp"

namespace souk::inventory {
namespace {

metrics::Counter& Skipped() {
  static auto& counter = metrics::GetCounter("souk_inventory_skipped_total", "Records of a type that this service does not read");
  return counter;
}

}  // namespace

/// Shared with the writer: it may still finish when the handler has lost patience.
struct KafkaIn::Batch {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t open = 0;
  std::vector<Result<void>> results;
  std::vector<Outcome> outcomes;
};

KafkaIn::KafkaIn(Config config, Parse parse, WorkQueue& ledger, const Clock& clock)
    : config_(std::move(config)), parse_(std::move(parse)), ledger_(ledger), clock_(clock) {}

Result<Work> KafkaIn::ToWork(const kafka::Record& record) const {
  SOUK_ASSIGN_OR_RETURN(const kafka::Envelope envelope, kafka::ParseEnvelope(record));
  SOUK_ASSIGN_OR_RETURN(Command command, parse_(envelope, record.value));
  Work work;
  work.command = std::move(command);
  work.cause = Cause{true, envelope.id, clock_.Now()};
  if (config_.use_inbox) work.consumer = config_.group;
  if (const auto trace = TraceContext::Parse(envelope.traceparent)) work.trace = *trace;
  return work;
}

Result<kafka::Verdicts> KafkaIn::Handle(std::vector<kafka::Record>& records) {
  kafka::Verdicts verdicts(records.size());
  const auto batch = std::make_shared<Batch>();
  batch->results.resize(records.size());
  batch->outcomes.resize(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    Result<Work> work = ToWork(records[i]);
    if (!work.ok()) {
      if (work.error().code == ErrorCode::kUnimplemented) {
        Skipped().Increment();
      } else {
        verdicts[i] = work.error();
      }
      continue;
    }
    work->done = [batch, i](const Result<void>& result, Work& finished) {
      {
        const std::lock_guard lock(batch->mutex);
        batch->results[i] = result;
        batch->outcomes[i] = std::move(finished.outcome);
        --batch->open;
      }
      batch->changed.notify_one();
    };
    {
      const std::lock_guard lock(batch->mutex);
      ++batch->open;
    }
    if (const auto queued = ledger_.Submit(std::move(*work)); !queued.ok()) return queued.error();
  }
  {
    std::unique_lock lock(batch->mutex);
    if (!batch->changed.wait_for(lock, config_.patience, [&] { return batch->open == 0; })) {
      return MakeError(ErrorCode::kUnavailable, "the ledger did not answer in time");
    }
  }
  for (std::size_t i = 0; i < records.size(); ++i) {
    const Outcome& outcome = batch->outcomes[i];
    if (!batch->results[i].ok()) {
      verdicts[i] = batch->results[i].error();
    } else if (outcome.error && !outcome.answered && !outcome.duplicate) {
      verdicts[i] = kafka::AsRefusal(*outcome.error);
    }
  }
  return verdicts;
}

}  // namespace souk::inventory
