#include "services/fulfillment/adapters/kafka_in.hpp"

#include "libs/base/settlement.hpp"
#include "libs/kafka/dead_letter.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/observability/log.hpp"
#include "libs/observability/metrics.hpp"
#include "services/fulfillment/adapters/codec.hpp"

namespace souk::fulfillment {
namespace {

constexpr std::chrono::seconds kBatchWait{30};
constexpr int kInternalAttemptsMax = 5;

metrics::Counter& Commands(const std::string& outcome) {
  return metrics::GetCounter("souk_fulfillment_commands_total", "Command records by outcome", {{"outcome", outcome}});
}

}  // namespace

Result<void> KafkaIn::Handle(std::vector<kafka::Record>& records) {
  std::vector<Pending> pending;
  pending.reserve(records.size());
  for (const kafka::Record& record : records) {
    Result<std::optional<Work>> work = ToWork(record);
    if (!work.ok()) {
      if (IsRetryable(work.error().code)) return work.error();
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

Result<void> KafkaIn::SetAside(const kafka::Record& record, const Error& error) {
  log::Warn("a command was set aside", {{"topic", record.topic}, {"offset", record.offset}, log::Why(error)});
  static auto& dead = Commands("dead_letter");
  dead.Increment();
  return kafka::DeadLetter(dead_letters_, kCommandsGroup, record, error.message);
}

Result<void> KafkaIn::SubmitAndWait(std::vector<Pending>& pending) {
  const auto settlement = std::make_shared<Settlement>(pending.size());
  for (std::size_t i = 0; i < pending.size(); ++i) {
    Work work = pending[i].work;
    work.done = [settlement, i](const Result<void>& result) { settlement->Settle(i, result); };
    if (Result<void> submitted = writer_.Submit(std::move(work)); !submitted.ok()) settlement->Settle(i, submitted);
  }
  const auto errors = settlement->Wait(kBatchWait);
  if (!errors) return MakeError(ErrorCode::kDeadlineExceeded, "the batch was not applied in time");
  for (std::size_t i = 0; i < pending.size(); ++i) {
    if ((*errors)[i]) SOUK_RETURN_IF_ERROR(Settle(pending[i], *(*errors)[i]));
  }
  static auto& applied = Commands("applied");
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

}  // namespace souk::fulfillment
