#include "services/orders/adapters/kafka_in.hpp"

#include <memory>

#include "libs/base/settlement.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/observability/metrics.hpp"
#include "services/orders/adapters/codec.hpp"

namespace souk::orders {
namespace {

/// Longer than any statement may take; then the consumer comes again with the same records.
constexpr std::chrono::seconds kCommitWait{30};

metrics::Counter& Skipped(const char* why) {
  return metrics::GetCounter("souk_orders_messages_skipped_total", "Messages without an effect", {{"why", why}});
}

}  // namespace

Result<kafka::Verdicts> KafkaIn::OnReplies(std::vector<kafka::Record>& records) {
  static metrics::Counter& unknown_type = Skipped("unknown_type");
  kafka::Verdicts verdicts(records.size());
  std::vector<Item> items;
  items.reserve(records.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    Result<kafka::Envelope> envelope = kafka::ParseEnvelope(records[i]);
    if (!envelope.ok()) {
      verdicts[i] = envelope.error();
      continue;
    }
    Result<std::optional<Reply>> reply = DecodeReply(envelope->type, records[i].value);
    const auto order_id = Uuid::Parse(envelope->subject);
    if (!reply.ok() || !order_id) {
      verdicts[i] = reply.ok() ? MalformedField("key", "is no order id") : reply.error();
      continue;
    }
    if (!reply->has_value()) {
      unknown_type.Increment();
      continue;
    }
    Work work;
    work.job = OrderWork{*order_id, Command(std::move(**reply)), std::nullopt};
    work.message_id = envelope->id;
    work.causation_id = envelope->id.ToString();
    work.traceparent = std::move(envelope->traceparent);
    items.push_back({std::move(work), i});
  }
  SOUK_RETURN_IF_ERROR(SubmitAndWait(std::move(items), verdicts));
  return verdicts;
}

Result<kafka::Verdicts> KafkaIn::OnProducts(std::vector<kafka::Record>& records) {
  kafka::Verdicts verdicts(records.size());
  std::vector<Item> items;
  for (std::size_t i = 0; i < records.size(); ++i) {
    Result<kafka::Envelope> envelope = kafka::ParseEnvelope(records[i]);
    Result<std::optional<PriceChange>> change =
        envelope.ok() ? DecodePriceChange(envelope->type, records[i].value) : Result<std::optional<PriceChange>>(envelope.error());
    if (!change.ok()) {
      verdicts[i] = change.error();
      continue;
    }
    if (!change->has_value()) continue;
    Work work;
    work.job = std::move(**change);
    items.push_back({std::move(work), i});
  }
  SOUK_RETURN_IF_ERROR(SubmitAndWait(std::move(items), verdicts));
  return verdicts;
}

Result<void> KafkaIn::SubmitAndWait(std::vector<Item> items, kafka::Verdicts& verdicts) {
  if (items.empty()) return {};
  const auto settlement = std::make_shared<Settlement>(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    Work work = std::move(items[i].work);
    work.done = [settlement, i](Work& applied, const Result<void>& result) {
      static metrics::Counter& unknown_order = Skipped("unknown_order");
      // Reservations and payments that were not made for an order have replies too: they are not ours.
      if (result.ok() && applied.outcome.error) unknown_order.Increment();
      settlement->Settle(i, result);
    };
    SOUK_RETURN_IF_ERROR(writer_.Submit(std::move(work)));  // those before it are applied once, whenever the batch comes again
  }
  const auto settled = settlement->Wait(kCommitWait);
  if (!settled) return MakeError(ErrorCode::kDeadlineExceeded, "the batch was not committed in time");
  for (std::size_t i = 0; i < items.size(); ++i) verdicts[items[i].index] = (*settled)[i];
  return {};
}

}  // namespace souk::orders
