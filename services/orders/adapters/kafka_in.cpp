#include "services/orders/adapters/kafka_in.hpp"

#include <memory>

#include "libs/base/settlement.hpp"
#include "libs/kafka/dead_letter.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/observability/log.hpp"
#include "libs/observability/metrics.hpp"
#include "services/orders/adapters/codec.hpp"

namespace souk::orders {
namespace {

/// Longer than any statement may take; then the consumer comes again with the same records.
constexpr std::chrono::seconds kCommitWait{30};
/// Times that work which fails for a reason of its own is tried before it is put aside.
constexpr int kAttemptsMax = 3;

metrics::Counter& Skipped(const char* why) {
  return metrics::GetCounter("souk_orders_messages_skipped_total", "Messages without an effect", {{"why", why}});
}

}  // namespace

Result<void> KafkaIn::OnReplies(std::vector<kafka::Record>& records) {
  static metrics::Counter& unknown_type = Skipped("unknown_type");
  std::vector<Item> items;
  items.reserve(records.size());
  for (const kafka::Record& record : records) {
    Result<kafka::Envelope> envelope = kafka::ParseEnvelope(record);
    if (!envelope.ok()) {
      SOUK_RETURN_IF_ERROR(PutAside(kRepliesGroup, record, envelope.error()));
      continue;
    }
    Result<std::optional<Reply>> reply = DecodeReply(envelope->type, record.value);
    const auto order_id = Uuid::Parse(envelope->subject);
    if (!reply.ok() || !order_id) {
      SOUK_RETURN_IF_ERROR(PutAside(kRepliesGroup, record, reply.ok() ? MalformedField("key", "is no order id") : reply.error()));
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
    items.push_back({std::move(work), &record});
  }
  return Apply(kRepliesGroup, std::move(items));
}

Result<void> KafkaIn::OnProducts(std::vector<kafka::Record>& records) {
  std::vector<Item> items;
  for (const kafka::Record& record : records) {
    Result<kafka::Envelope> envelope = kafka::ParseEnvelope(record);
    Result<std::optional<PriceChange>> change =
        envelope.ok() ? DecodePriceChange(envelope->type, record.value) : Result<std::optional<PriceChange>>(envelope.error());
    if (!change.ok()) {
      SOUK_RETURN_IF_ERROR(PutAside(kCatalogueGroup, record, change.error()));
      continue;
    }
    if (!change->has_value()) continue;
    Work work;
    work.job = std::move(**change);
    items.push_back({std::move(work), &record});
  }
  return Apply(kCatalogueGroup, std::move(items));
}

Result<void> KafkaIn::Apply(std::string_view group, std::vector<Item> items) {
  for (int attempt = 1; !items.empty(); ++attempt) {
    std::vector<std::optional<Error>> errors;
    SOUK_RETURN_IF_ERROR(SubmitAndWait(items, errors));
    std::vector<Item> failed;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (!errors[i]) continue;
      if (IsRetryable(errors[i]->code)) return *errors[i];  // the consumer waits and comes again with the same records
      if (attempt < kAttemptsMax) {
        failed.push_back(std::move(items[i]));
      } else {
        SOUK_RETURN_IF_ERROR(PutAside(group, *items[i].record, *errors[i]));
      }
    }
    items = std::move(failed);
  }
  return {};
}

Result<void> KafkaIn::SubmitAndWait(std::vector<Item>& items, std::vector<std::optional<Error>>& errors) {
  const auto settlement = std::make_shared<Settlement>(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    Work work = items[i].work;  // kept for another try
    work.done = [settlement, i](Work& applied, const Result<void>& result) {
      static metrics::Counter& unknown_order = Skipped("unknown_order");
      // Reservations and payments that were not made for an order have replies too: they are not ours.
      if (result.ok() && applied.outcome.error) unknown_order.Increment();
      settlement->Settle(i, result);
    };
    SOUK_RETURN_IF_ERROR(writer_.Submit(std::move(work)));  // those before it are applied once, whenever the batch comes again
  }
  auto settled = settlement->Wait(kCommitWait);
  if (!settled) return MakeError(ErrorCode::kDeadlineExceeded, "the batch was not committed in time");
  errors = std::move(*settled);
  return {};
}

Result<void> KafkaIn::PutAside(std::string_view group, const kafka::Record& record, const Error& error) {
  log::Warn("put aside as a dead letter", {{"group", group}, {"topic", record.topic}, {"key", record.key}, log::Why(error)});
  return kafka::DeadLetter(dead_letters_, group, record, error.message);
}

}  // namespace souk::orders
