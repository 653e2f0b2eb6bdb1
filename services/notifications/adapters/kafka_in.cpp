#include "services/notifications/adapters/kafka_in.hpp"

#include <algorithm>

#include "libs/base/settlement.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/observability/metrics.hpp"
#include "services/notifications/adapters/codec.hpp"

namespace souk::notifications {
namespace {

constexpr std::chrono::seconds kBatchWait{30};

metrics::Counter& Events(const std::string& outcome) {
  return metrics::GetCounter("souk_notifications_events_total", "Event records by outcome", {{"outcome", outcome}});
}

}  // namespace

Result<kafka::Verdicts> KafkaIn::Handle(std::vector<kafka::Record>& records) {
  kafka::Verdicts verdicts(records.size());
  std::vector<Pending> pending;
  for (std::size_t i = 0; i < records.size(); ++i) {
    // Most events concern nobody's mailbox: they cost one look at a header.
    if (const auto type = records[i].HeaderValue("ce_type"); !type.empty() && !IsNoticed(type)) continue;
    Result<std::optional<Work>> work = ToWork(records[i]);
    if (!work.ok()) {
      verdicts[i] = work.error();
    } else if (*work) {
      pending.push_back({i, std::move(**work)});
    }
  }
  if (!pending.empty()) SOUK_RETURN_IF_ERROR(SubmitAndWait(pending, verdicts));
  return verdicts;
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

Result<void> KafkaIn::SubmitAndWait(std::vector<Pending>& pending, kafka::Verdicts& verdicts) {
  const auto settlement = std::make_shared<Settlement>(pending.size());
  for (std::size_t i = 0; i < pending.size(); ++i) {
    Work work = std::move(pending[i].work);
    work.done = [settlement, i](Work&, const Result<void>& result) { settlement->Settle(i, result); };
    if (Result<void> submitted = writer_.Submit(std::move(work)); !submitted.ok()) settlement->Settle(i, submitted);
  }
  const auto errors = settlement->Wait(kBatchWait);
  if (!errors) return MakeError(ErrorCode::kDeadlineExceeded, "the batch was not applied in time");
  for (std::size_t i = 0; i < pending.size(); ++i) verdicts[pending[i].index] = (*errors)[i];
  static auto& applied = Events("applied");
  applied.Increment(static_cast<double>(std::count_if(errors->begin(), errors->end(), [](const auto& error) { return !error; })));
  return {};
}

}  // namespace souk::notifications
