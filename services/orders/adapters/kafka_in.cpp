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

metrics::Counter& Skipped(const char* why) {
  return metrics::GetCounter("souk_orders_messages_skipped_total", "Messages without an effect", {{"why", why}});
}

}  // namespace

Result<void> KafkaIn::OnReplies(std::vector<kafka::Record>& records) {
  static metrics::Counter& unknown_type = Skipped("unknown_type");
  std::vector<Work> works;
  works.reserve(records.size());
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
    works.push_back(std::move(work));
  }
  return Apply(std::move(works));
}

Result<void> KafkaIn::OnProducts(std::vector<kafka::Record>& records) {
  std::vector<Work> works;
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
    works.push_back(std::move(work));
  }
  return Apply(std::move(works));
}

Result<void> KafkaIn::Apply(std::vector<Work> works) {
  if (works.empty()) return {};
  const auto settlement = std::make_shared<Settlement>(works.size());
  for (std::size_t i = 0; i < works.size(); ++i) {
    works[i].done = [settlement, i](Work& work, const Result<void>& result) {
      static metrics::Counter& unknown_order = Skipped("unknown_order");
      // Reservations and payments that were not made for an order have replies too: they are not ours.
      if (result.ok() && work.outcome.error) unknown_order.Increment();
      settlement->Settle(i, result);
    };
    Result<void> submitted = writer_.Submit(std::move(works[i]));
    if (!submitted.ok()) return submitted;  // those before it are applied once, whenever the batch comes again
  }
  const auto errors = settlement->Wait(kCommitWait);
  if (!errors) return MakeError(ErrorCode::kDeadlineExceeded, "the batch was not committed in time");
  for (const auto& error : *errors) {
    if (error) return *error;
  }
  return {};
}

Result<void> KafkaIn::PutAside(std::string_view group, const kafka::Record& record, const Error& error) {
  log::Warn("put aside as a dead letter", {{"group", group}, {"topic", record.topic}, {"key", record.key}, log::Why(error)});
  return kafka::DeadLetter(dead_letters_, group, record, error.message);
}

}  // namespace souk::orders
