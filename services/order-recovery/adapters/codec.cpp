#include "services/order-recovery/adapters/codec.hpp"

#include "souk/orders/v1/order_events.pb.h"

namespace souk::recovery {
namespace {

namespace orders = souk::orders::v1;

std::string StatusName(orders::OrderStatus status) { return orders::OrderStatus_Name(status).substr(std::string("ORDER_STATUS_").size()); }

std::optional<SystemTime> ToTime(bool there, const google::protobuf::Timestamp& time) {
  if (!there) return std::nullopt;
  return FromUnixMicros(time.seconds() * 1'000'000 + time.nanos() / 1000);
}

void SetTime(SystemTime time, google::protobuf::Timestamp* out) {
  const std::int64_t micros = ToUnixMicros(time);
  out->set_seconds(micros / 1'000'000);
  out->set_nanos(static_cast<std::int32_t>(micros % 1'000'000) * 1000);
}

bool IsTerminal(orders::OrderStatus status) {
  return status == orders::ORDER_STATUS_COMPLETED || status == orders::ORDER_STATUS_REJECTED || status == orders::ORDER_STATUS_CANCELLED ||
         status == orders::ORDER_STATUS_RETURNED;
}

Sighting About(const kafka::Envelope& envelope, const Uuid& id, orders::OrderStatus status, std::string phase, std::string waiting_for) {
  Sighting sighting;
  sighting.order_id = id;
  sighting.version = envelope.aggregate_version;
  sighting.at = envelope.time;
  sighting.status = StatusName(status);
  sighting.phase = std::move(phase);
  sighting.waiting_for = std::move(waiting_for);
  return sighting;
}

/// Fills `sighting` from an event of type T, when that is its type. False when the payload is none.
template <class T, class Fill>
bool Read(const std::string& payload, Fill fill) {
  T event;
  if (!event.ParseFromString(payload)) return false;
  fill(event);
  return true;
}

}  // namespace

Result<std::optional<Sighting>> DecodeEvent(const kafka::Envelope& envelope, const std::string& payload) {
  const auto id = Uuid::Parse(envelope.subject);
  if (!id) return MalformedField("key", "is no order id");
  Sighting sighting;
  bool readable = true;
  // An order that has just ended has nothing left to undo; what is undone later is told by OrderProgressed.
  const auto ended = [&](orders::OrderStatus status) {
    sighting = About(envelope, *id, status, StatusName(status), "");
    sighting.ended = true;
  };
  const std::string& type = envelope.type;
  if (type == orders::OrderAccepted::descriptor()->full_name()) {
    readable = Read<orders::OrderAccepted>(payload, [&](const auto& event) {
      sighting = About(envelope, *id, orders::ORDER_STATUS_PENDING, "RESERVING", "stock");
      sighting.deadline_at = ToTime(event.has_deadline(), event.deadline());
    });
  } else if (type == orders::OrderProgressed::descriptor()->full_name()) {
    readable = Read<orders::OrderProgressed>(payload, [&](const auto& event) {
      sighting = About(envelope, *id, event.status(), event.phase(), event.waiting_for());
      sighting.deadline_at = ToTime(event.has_deadline(), event.deadline());
      sighting.ended = IsTerminal(event.status()) && event.waiting_for().empty();
    });
  } else if (type == orders::OrderConfirmed::descriptor()->full_name()) {
    readable = Read<orders::OrderConfirmed>(payload, [&](const auto& event) {
      sighting = About(envelope, *id, orders::ORDER_STATUS_CONFIRMED, "CONFIRMED", "delivery");
      sighting.deadline_at = ToTime(event.has_deadline(), event.deadline());
    });
  } else if (type == orders::OrderDispatched::descriptor()->full_name()) {
    readable = Read<orders::OrderDispatched>(payload, [&](const auto& event) {
      sighting = About(envelope, *id, orders::ORDER_STATUS_DISPATCHED, "DISPATCHED", "delivery");
      sighting.deadline_at = ToTime(event.has_deadline(), event.deadline());
    });
  } else if (type == orders::OrderCompleted::descriptor()->full_name()) {
    readable = Read<orders::OrderCompleted>(payload, [&](const auto&) { ended(orders::ORDER_STATUS_COMPLETED); });
  } else if (type == orders::OrderRejected::descriptor()->full_name()) {
    readable = Read<orders::OrderRejected>(payload, [&](const auto&) { ended(orders::ORDER_STATUS_REJECTED); });
  } else if (type == orders::OrderCancelled::descriptor()->full_name()) {
    readable = Read<orders::OrderCancelled>(payload, [&](const auto&) { ended(orders::ORDER_STATUS_CANCELLED); });
  } else if (type == orders::OrderReturned::descriptor()->full_name()) {
    readable = Read<orders::OrderReturned>(payload, [&](const auto&) { ended(orders::ORDER_STATUS_RETURNED); });
  } else {
    return std::optional<Sighting>();
  }
  if (!readable) return MakeError(ErrorCode::kInvalidArgument, "the payload is no " + type, "UNREADABLE_PAYLOAD");
  return std::optional(std::move(sighting));
}

Answer FromProto(const Uuid& id, const orders::ResumeOrderResponse& response, SystemTime now) {
  Answer answer;
  answer.now.order_id = id;
  answer.now.version = response.version();
  answer.now.status = StatusName(response.status());
  answer.now.phase = response.saga().phase();
  answer.now.waiting_for = response.saga().waiting_for();
  answer.now.deadline_at = ToTime(response.saga().has_deadline(), response.saga().deadline());
  answer.now.at = now;
  answer.now.ended = response.saga().settled();
  answer.resumed = response.resumed();
  return answer;
}

Insight FromProto(const orders::GetTimelineResponse& response) {
  Insight insight;
  insight.attempts = response.saga().attempts();
  insight.deadline_at = ToTime(response.saga().has_deadline(), response.saga().deadline());
  insight.give_up_at = ToTime(response.saga().has_give_up(), response.saga().give_up());
  if (!response.entries().empty()) {
    const auto& last = *response.entries().rbegin();
    insight.last_step = last.step() + " " + last.outcome() + (last.detail().empty() ? "" : ": " + last.detail());
  }
  return insight;
}

v1::WatchedOrder ToProto(const Watched& watched) {
  v1::WatchedOrder out;
  out.set_order_id(watched.order_id.ToString());
  out.set_state(static_cast<v1::WatchState>(watched.state));
  out.set_status(watched.status);
  out.set_phase(watched.phase);
  out.set_waiting_for(watched.waiting_for);
  SetTime(watched.since, out.mutable_since());
  if (watched.deadline_at) SetTime(*watched.deadline_at, out.mutable_deadline());
  out.set_asks(watched.asks);
  out.set_failures(watched.failures);
  if (watched.last_tried_at) SetTime(*watched.last_tried_at, out.mutable_last_tried());
  out.set_last_outcome(watched.last_outcome);
  if (watched.next_try_at) SetTime(*watched.next_try_at, out.mutable_next_try());
  return out;
}

v1::Decision ToProto(const Decision& decision) {
  v1::Decision out;
  SetTime(decision.at, out.mutable_at());
  out.set_who(decision.who);
  out.set_action(decision.action);
  out.set_note(decision.note);
  out.set_outcome(decision.outcome);
  return out;
}

}  // namespace souk::recovery
