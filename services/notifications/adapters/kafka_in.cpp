#include "services/notifications/adapters/kafka_in.hpp"

#include "libs/base/settlement.hpp"
#include "libs/kafka/dead_letter.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/observability/log.hpp"
#include "libs/observability/metrics.hpp"
#include "services/notifications/adapters/codec.hpp"

namespace souk::notifications {
namespace {

constexpr std::chrono::seconds kBatchWait{30};
constexpr int kInternalAttemptsMax = 5;

metrics::Counter& Events(const std::string& outcome) {
  return metrics::GetCounter("souk_notifications_events_total", "Event records by outcome", {{"outcome", outcome}});
}

}  // namespace

Result<void> KafkaIn::Handle(std::vector<kafka::Record>& records) {
  std::vector<Pending> pending;
  for (const kafka::Record& record : records) {
    // Most events concern nobody's mailbox: they cost one look at a header.
    if (const auto type = record.HeaderValue("ce_type"); !type.empty() && !IsNoticed(type)) continue;
    Result<std::optional<Work>> work = ToWork(record);
    if (!work.ok()) {
      SOUK_RETURN_IF_ERROR(SetAside(record, work.error()));
    } else if (*work) {
      pending.push_back({&record, std::move(**work)});
    }
  }
  if (pending.empty()) return {};
  return SubmitAndWait(pending);
}

Result<std::optional<Work>> KafkaIn::ToWork(const kafka::Record& record) {
  SOUK_ASSIGN_OR_RETURN(const kafka::Envelope envelope, kafka::ParseEnvelope(record));
  SOUK_ASSIGN_OR_RETURN(Notice notice, DecodeEvent(envelope, record.value, sellers_domain_));
  Work work;
  work.now = clock_.Now();
  work.message_id = envelope.id;
  work.command = Announce{std::move(notice), group_};
  return std::optional<Work>(std::move(work));
}

Result<void> KafkaIn::SetAside(const kafka::Record& record, const Error& error) {
  log::Warn("an event was set aside", {{"topic", record.topic}, {"offset", record.offset}, log::Why(error)});
  static auto& dead = Events("dead_letter");
  dead.Increment();
  return kafka::DeadLetter(dead_letters_, group_, record, error.message);
}

Result<void> KafkaIn::SubmitAndWait(std::vector<Pending>& pending) {
  const auto settlement = std::make_shared<Settlement>(pending.size());
  for (std::size_t i = 0; i < pending.size(); ++i) {
    Work work = pending[i].work;
    work.done = [settlement, i](Work&, const Result<void>& result) { settlement->Settle(i, result); };
    if (Result<void> submitted = writer_.Submit(std::move(work)); !submitted.ok()) settlement->Settle(i, submitted);
  }
  const auto errors = settlement->Wait(kBatchWait);
  if (!errors) return MakeError(ErrorCode::kDeadlineExceeded, "the batch was not applied in time");
  for (std::size_t i = 0; i < pending.size(); ++i) {
    if ((*errors)[i]) SOUK_RETURN_IF_ERROR(Settle(pending[i], *(*errors)[i]));
  }
  static auto& applied = Events("applied");
  applied.Increment(static_cast<double>(pending.size()));
  return {};
}

Result<void> KafkaIn::Settle(const Pending& pending, const Error& error) {
  if (IsRetryable(error.code)) return error;
  // A defect of ours may pass (a migration under way); one that stays must not stop the partition for ever.
  int& failures = failures_[*pending.work.message_id];
  if (++failures < kInternalAttemptsMax) return error;
  SOUK_RETURN_IF_ERROR(SetAside(*pending.record, error));
  failures_.erase(*pending.work.message_id);
  return {};
}

}  // namespace souk::notifications
