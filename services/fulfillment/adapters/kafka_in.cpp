#include "services/fulfillment/adapters/kafka_in.hpp"

#include <algorithm>

#include "libs/base/settlement.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/observability/metrics.hpp"
#include "services/fulfillment/adapters/codec.hpp"

namespace souk::fulfillment {
namespace {

constexpr std::chrono::seconds kBatchWait{30};

metrics::Counter& Commands(const std::string& outcome) {
  return metrics::GetCounter("souk_fulfillment_commands_total", "Command records by outcome", {{"outcome", outcome}});
}

}  // namespace

Result<kafka::Verdicts> KafkaIn::Handle(std::vector<kafka::Record>& records) {
  kafka::Verdicts verdicts(records.size());
  std::vector<Pending> pending;
  pending.reserve(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    Result<std::optional<Work>> work = ToWork(records[i]);
    if (!work.ok()) {
      if (IsRetryable(work.error().code)) return work.error();
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
  Result<Incoming> incoming = DecodeCommand(envelope, record.value);
  if (!incoming.ok() && incoming.error().code == ErrorCode::kUnimplemented) {
    static auto& unknown = Commands("unknown_type");
    unknown.Increment();
    return std::optional<Work>{};
  }
  if (!incoming.ok()) return incoming.error();
  Work work;
  work.shipment_id = incoming->shipment_id;
  work.now = clock_.Now();
  work.message_id = envelope.id;
  work.causation_id = envelope.id.ToString();
  work.traceparent = envelope.traceparent;
  if (auto* create = std::get_if<CreateRequest>(&incoming->command)) {
    // Before the transaction and keyed by the parcel: a label made for a transaction that then fails is found again
    // (F70).
    SOUK_ASSIGN_OR_RETURN(auto label, carrier_.MakeLabel(work.shipment_id, {create->country, create->line2}));
    work.command = CreateShipment{std::move(create->lines), std::move(create->ship_to), std::move(label)};
  } else if (auto* cancel = std::get_if<CancelShipment>(&incoming->command)) {
    work.command = std::move(*cancel);
  } else {
    ExpectReturn expect = std::get<ExpectReturn>(std::move(incoming->command));
    expect.arrives_after = carrier_.ReturnTime(work.shipment_id);
    work.command = std::move(expect);
  }
  return std::optional<Work>(std::move(work));
}

Result<void> KafkaIn::SubmitAndWait(std::vector<Pending>& pending, kafka::Verdicts& verdicts) {
  const auto settlement = std::make_shared<Settlement>(pending.size());
  for (std::size_t i = 0; i < pending.size(); ++i) {
    Work work = std::move(pending[i].work);
    work.done = [settlement, i](const Result<void>& result) { settlement->Settle(i, result); };
    if (Result<void> submitted = writer_.Submit(std::move(work)); !submitted.ok()) settlement->Settle(i, submitted);
  }
  const auto errors = settlement->Wait(kBatchWait);
  if (!errors) return MakeError(ErrorCode::kDeadlineExceeded, "the batch was not applied in time");
  for (std::size_t i = 0; i < pending.size(); ++i) verdicts[pending[i].index] = (*errors)[i];
  static auto& applied = Commands("applied");
  applied.Increment(static_cast<double>(std::count_if(errors->begin(), errors->end(), [](const auto& error) { return !error; })));
  return {};
}

}  // namespace souk::fulfillment
