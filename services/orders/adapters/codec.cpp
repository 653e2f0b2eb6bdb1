#include "services/orders/adapters/codec.hpp"

#include <functional>
#include <unordered_map>

#include "libs/base/match.hpp"
#include "souk/fulfillment/v1/shipment_commands.pb.h"
#include "souk/fulfillment/v1/shipment_events.pb.h"
#include "souk/inventory/v1/reservation_commands.pb.h"
#include "souk/inventory/v1/reservation_events.pb.h"
#include "souk/orders/v1/order_events.pb.h"
#include "souk/payments/v1/payment_commands.pb.h"
#include "souk/payments/v1/payment_events.pb.h"
#include "souk/products/v1/product_events.pb.h"

namespace souk::orders {
namespace {

namespace fulfillment = souk::fulfillment::v1;
namespace inventory = souk::inventory::v1;
namespace payments = souk::payments::v1;
namespace products = souk::products::v1;

/// Bytes and name of one message.
struct Packed {
  std::string_view topic;
  std::string type;
  std::string payload;
};

template <class Message>
Packed Pack(std::string_view topic, const Message& message) {
  return {topic, Message::descriptor()->full_name(), message.SerializeAsString()};
}

void SetTime(SystemTime time, google::protobuf::Timestamp* out) {
  const std::int64_t micros = ToUnixMicros(time);
  out->set_seconds(micros / 1'000'000);
  out->set_nanos(static_cast<std::int32_t>(micros % 1'000'000) * 1000);
}

void SetMoney(std::int64_t minor, const std::string& currency, souk::common::v1::Money* out) {
  out->set_minor_units(minor);
  out->set_currency(currency);
}

template <class Lines>
void SetStockLines(const std::vector<Line>& lines, Lines* out) {
  for (const Line& line : lines) {
    auto* added = out->Add();
    added->set_sku(line.sku);
    added->set_quantity(line.quantity);
  }
}

void SetLines(const OrderContent& content, google::protobuf::RepeatedPtrField<v1::OrderLine>* out) {
  for (const Line& line : content.lines) {
    auto* added = out->Add();
    added->set_sku(line.sku);
    added->set_quantity(line.quantity);
    SetMoney(line.unit_price_minor, content.currency, added->mutable_unit_price());
  }
}

Packed PackStockCommand(const Order& order, const std::string& id, const ParticipantCommand& command,
                        std::chrono::milliseconds hold) {
  switch (command.kind) {
    case CommandKind::kReserveStock: {
      inventory::ReserveStock message;
      message.set_reservation_id(id);
      SetStockLines(order.content->lines, message.mutable_lines());
      message.mutable_hold()->set_seconds(hold.count() / 1000);
      message.mutable_hold()->set_nanos(static_cast<std::int32_t>(hold.count() % 1000) * 1'000'000);
      return Pack(kStockCommands, message);
    }
    case CommandKind::kReleaseStock: {
      inventory::ReleaseStock message;
      message.set_reservation_id(id);
      message.set_reason(std::string(ToString(order.reason)));
      return Pack(kStockCommands, message);
    }
    case CommandKind::kCommitStock: {
      inventory::CommitStock message;
      message.set_reservation_id(id);
      return Pack(kStockCommands, message);
    }
    default: {
      inventory::RestockItems message;
      message.set_reservation_id(id);
      message.set_restock_id(command.ref_id);
      for (const ReturnLine& line : command.lines) {
        auto* added = message.add_lines();
        added->set_sku(line.sku);
        added->set_quantity(line.quantity);
      }
      return Pack(kStockCommands, message);
    }
  }
}

Packed PackPaymentCommand(const Order& order, const std::string& id, const ParticipantCommand& command) {
  const OrderContent& content = *order.content;
  switch (command.kind) {
    case CommandKind::kAuthorizePayment: {
      payments::AuthorizePayment message;
      message.set_payment_id(id);
      SetMoney(content.total_minor, content.currency, message.mutable_amount());
      message.set_payment_method(content.payment_method);
      message.set_customer_id(content.customer_id);
      return Pack(kPaymentCommands, message);
    }
    case CommandKind::kCapturePayment: {
      payments::CapturePayment message;
      message.set_payment_id(id);
      SetMoney(content.total_minor, content.currency, message.mutable_amount());
      return Pack(kPaymentCommands, message);
    }
    case CommandKind::kVoidPayment: {
      payments::VoidPayment message;
      message.set_payment_id(id);
      message.set_reason(std::string(ToString(order.reason)));
      return Pack(kPaymentCommands, message);
    }
    default: {
      payments::RefundPayment message;
      message.set_payment_id(id);
      message.set_refund_id(command.ref_id);
      SetMoney(command.amount_minor, content.currency, message.mutable_amount());
      message.set_reason(std::string(order.reason == Reason::kNone ? "RETURNED" : ToString(order.reason)));
      return Pack(kPaymentCommands, message);
    }
  }
}

Packed PackShipmentCommand(const Order& order, const std::string& id, const ParticipantCommand& command) {
  switch (command.kind) {
    case CommandKind::kCreateShipment: {
      fulfillment::CreateShipment message;
      message.set_shipment_id(id);
      SetStockLines(order.content->lines, message.mutable_lines());
      message.mutable_ship_to()->ParseFromString(order.content->ship_to);
      return Pack(kShipmentCommands, message);
    }
    case CommandKind::kCancelShipment: {
      fulfillment::CancelShipment message;
      message.set_shipment_id(id);
      message.set_reason(std::string(ToString(order.reason)));
      return Pack(kShipmentCommands, message);
    }
    default: {
      fulfillment::ExpectReturn message;
      message.set_shipment_id(id);
      message.set_return_id(command.ref_id);
      for (const ReturnLine& line : command.lines) {
        auto* added = message.add_lines();
        added->set_sku(line.sku);
        added->set_quantity(line.quantity);
        added->set_restock(line.restock);
      }
      return Pack(kShipmentCommands, message);
    }
  }
}

Packed PackCommand(const Order& order, const std::string& id, const ParticipantCommand& command, std::chrono::milliseconds hold) {
  switch (command.kind) {
    case CommandKind::kReserveStock:
    case CommandKind::kReleaseStock:
    case CommandKind::kCommitStock:
    case CommandKind::kRestockItems: return PackStockCommand(order, id, command, hold);
    case CommandKind::kAuthorizePayment:
    case CommandKind::kCapturePayment:
    case CommandKind::kVoidPayment:
    case CommandKind::kRefundPayment: return PackPaymentCommand(order, id, command);
    case CommandKind::kCreateShipment:
    case CommandKind::kCancelShipment:
    case CommandKind::kExpectReturn: break;
  }
  return PackShipmentCommand(order, id, command);
}

/// What every event says: which order, whose, when.
template <class Event>
Event About(const Order& order, const std::string& id) {
  Event event;
  event.set_order_id(id);
  event.set_customer_id(order.content->customer_id);
  event.set_email(order.content->email);
  SetTime(order.updated_at, event.mutable_at());
  return event;
}

Packed PackProgressed(const Order& order, const std::string& id, const OrderEvent& event) {
  v1::OrderProgressed message;
  message.set_order_id(id);
  message.set_status(static_cast<v1::OrderStatus>(event.status));
  message.set_previous_status(static_cast<v1::OrderStatus>(event.previous));
  message.set_phase(std::string(ToString(event.phase)));
  if (event.phase == order.phase) {
    message.set_waiting_for(std::string(WaitingFor(order)));
    if (order.deadline_at) SetTime(*order.deadline_at, message.mutable_deadline());
  }
  SetTime(order.updated_at, message.mutable_at());
  return Pack(kOrderEvents, message);
}

Packed PackEvent(const Order& order, const std::string& id, const OrderEvent& event) {
  const OrderContent& content = *order.content;
  switch (event.kind) {
    case EventKind::kAccepted: {
      auto message = About<v1::OrderAccepted>(order, id);
      SetLines(content, message.mutable_lines());
      SetMoney(content.total_minor, content.currency, message.mutable_total());
      return Pack(kOrderEvents, message);
    }
    case EventKind::kConfirmed: {
      auto message = About<v1::OrderConfirmed>(order, id);
      SetMoney(content.total_minor, content.currency, message.mutable_total());
      SetTime(content.placed_at, message.mutable_placed_at());
      return Pack(kOrderEvents, message);
    }
    case EventKind::kDispatched: {
      auto message = About<v1::OrderDispatched>(order, id);
      message.set_tracking_code(order.tracking_code);
      return Pack(kOrderEvents, message);
    }
    case EventKind::kCompleted: return Pack(kOrderEvents, About<v1::OrderCompleted>(order, id));
    case EventKind::kRejected: {
      auto message = About<v1::OrderRejected>(order, id);
      message.set_reason(static_cast<v1::OrderReason>(order.reason));
      message.set_detail(order.reason_detail);
      return Pack(kOrderEvents, message);
    }
    case EventKind::kCancelled: {
      auto message = About<v1::OrderCancelled>(order, id);
      message.set_reason(static_cast<v1::OrderReason>(order.reason));
      SetMoney(order.refunded_minor, content.currency, message.mutable_refunded());
      return Pack(kOrderEvents, message);
    }
    case EventKind::kReturned: {
      auto message = About<v1::OrderReturned>(order, id);
      SetMoney(order.refunded_minor, content.currency, message.mutable_refunded());
      return Pack(kOrderEvents, message);
    }
    case EventKind::kProgressed: break;
  }
  return PackProgressed(order, id, event);
}

/// A participant's message of type T as a Reply of that kind; `fill` sets what else it says.
using Decoder = std::function<bool(const std::string&, Reply*)>;
template <class T>
std::pair<std::string_view, Decoder> On(ReplyKind kind, std::function<void(T&, Reply*)> fill = {}) {
  return {T::descriptor()->full_name(), [kind, fill = std::move(fill)](const std::string& payload, Reply* reply) {
            T message;
            if (!message.ParseFromString(payload)) return false;
            reply->kind = kind;
            if (fill) fill(message, reply);
            return true;
          }};
}

const std::unordered_map<std::string_view, Decoder>& Decoders() {
  using R = ReplyKind;
  static const std::unordered_map<std::string_view, Decoder> decoders = {
      On<inventory::StockReserved>(R::kStockReserved),
      On<inventory::StockRejected>(R::kStockRejected,
                                   [](auto& m, Reply* r) {
                                     r->detail = m.reason();
                                     for (const auto& line : m.short_lines()) r->detail += " " + line.sku();
                                   }),
      On<inventory::ReservationExpired>(R::kReservationExpired),
      On<inventory::StockReleased>(R::kStockReleased),
      On<inventory::StockCommitted>(R::kStockCommitted),
      On<inventory::StockCommitFailed>(R::kStockCommitFailed, [](auto& m, Reply* r) { r->detail = m.reason(); }),
      On<inventory::StockRestocked>(R::kStockRestocked, [](auto& m, Reply* r) { r->ref_id = m.restock_id(); }),
      On<payments::PaymentAuthorized>(R::kPaymentAuthorized),
      On<payments::PaymentDeclined>(R::kPaymentDeclined, [](auto& m, Reply* r) { r->detail = m.decline_code(); }),
      On<payments::PaymentChallenged>(R::kPaymentChallenged, [](auto& m, Reply* r) { r->detail = m.challenge_url(); }),
      On<payments::PaymentCaptured>(R::kPaymentCaptured, [](auto& m, Reply* r) { r->amount_minor = m.amount().minor_units(); }),
      On<payments::CaptureFailed>(R::kCaptureFailed, [](auto& m, Reply* r) { r->detail = m.decline_code(); }),
      On<payments::PaymentVoided>(R::kPaymentVoided),
      On<payments::PaymentRefunded>(R::kPaymentRefunded,
                                    [](auto& m, Reply* r) {
                                      r->ref_id = m.refund_id();
                                      r->amount_minor = m.refunded_total().minor_units();
                                    }),
      On<payments::RefundFailed>(R::kRefundFailed,
                                 [](auto& m, Reply* r) {
                                   r->ref_id = m.refund_id();
                                   r->detail = m.reason();
                                 }),
      On<fulfillment::ShipmentCreated>(R::kShipmentCreated, [](auto& m, Reply* r) { r->detail = m.tracking_code(); }),
      On<fulfillment::ShipmentRefused>(R::kShipmentRefused, [](auto& m, Reply* r) { r->detail = m.reason(); }),
      On<fulfillment::ShipmentDispatched>(R::kShipmentDispatched, [](auto& m, Reply* r) { r->detail = m.tracking_code(); }),
      On<fulfillment::ShipmentDelivered>(R::kShipmentDelivered),
      On<fulfillment::ShipmentLost>(R::kShipmentLost),
      On<fulfillment::ShipmentCancelled>(R::kShipmentCancelled),
      On<fulfillment::ReturnReceived>(R::kReturnReceived,
                                      [](auto& m, Reply* r) {
                                        r->ref_id = m.return_id();
                                        for (const auto& l : m.lines()) r->lines.push_back({l.sku(), l.quantity(), l.restock()});
                                      }),
  };
  return decoders;
}

Error Unreadable(std::string_view type) {
  return MakeError(ErrorCode::kInvalidArgument, "the payload is no " + std::string(type), "UNREADABLE_PAYLOAD");
}

}  // namespace

outbox::OutboxRecord Encode(const OutgoingMessage& message, std::chrono::milliseconds hold) {
  const Order& order = *message.order;
  const std::string id = order.id().ToString();
  Packed packed = std::visit(
      Match{[&](const ParticipantCommand& command) { return PackCommand(order, id, command, hold); },
            [&](const OrderEvent& event) { return PackEvent(order, id, event); }},
      message.message);
  outbox::OutboxRecord record;
  record.topic = std::string(packed.topic);
  record.payload = std::move(packed.payload);
  record.envelope.id = Uuid::FromName("orders", id + ":" + std::to_string(message.version));
  record.envelope.type = std::move(packed.type);
  record.envelope.source = "orders";
  record.envelope.subject = id;
  record.envelope.time = order.updated_at;
  record.envelope.aggregate_version = message.version;
  record.envelope.correlation_id = id;
  record.envelope.causation_id = message.causation_id;
  record.envelope.traceparent = message.traceparent;
  return record;
}

Result<std::optional<Reply>> DecodeReply(std::string_view type, const std::string& payload) {
  const auto decoder = Decoders().find(type);
  if (decoder == Decoders().end()) return std::optional<Reply>();
  Reply reply;
  if (!decoder->second(payload, &reply)) return Unreadable(type);
  return std::optional<Reply>(std::move(reply));
}

Result<std::optional<PriceChange>> DecodePriceChange(std::string_view type, const std::string& payload) {
  if (type == products::ProductChanged::descriptor()->full_name()) {
    products::ProductChanged message;
    if (!message.ParseFromString(payload)) return Unreadable(type);
    if (message.sku().empty() || message.version() < 1 || message.price().minor_units() < 1 || !IsKnownCurrency(message.price().currency())) {
      return MakeError(ErrorCode::kInvalidArgument, "a product without sku, version or price", "INVALID_PRODUCT");
    }
    return std::optional(PriceChange{message.sku(), {{message.price().minor_units(), message.price().currency()}, message.version(), false}});
  }
  if (type == products::ProductDeleted::descriptor()->full_name()) {
    products::ProductDeleted message;
    if (!message.ParseFromString(payload)) return Unreadable(type);
    if (message.sku().empty() || message.version() < 1) {
      return MakeError(ErrorCode::kInvalidArgument, "a product without sku or version", "INVALID_PRODUCT");
    }
    return std::optional(PriceChange{message.sku(), {{1, "GBP"}, message.version(), true}});
  }
  return std::optional<PriceChange>();
}

v1::Order ToProto(const Order& order) {
  const OrderContent& content = *order.content;
  v1::Order out;
  out.set_order_id(content.order_id.ToString());
  out.set_customer_id(content.customer_id);
  out.set_status(static_cast<v1::OrderStatus>(StatusOf(order)));
  out.set_reason(static_cast<v1::OrderReason>(order.reason));
  out.set_reason_detail(order.reason_detail);
  SetLines(content, out.mutable_lines());
  SetMoney(content.total_minor, content.currency, out.mutable_total());
  SetMoney(order.captured_minor, content.currency, out.mutable_captured());
  SetMoney(order.refunded_minor, content.currency, out.mutable_refunded());
  out.set_version(order.version);
  SetTime(content.placed_at, out.mutable_placed_at());
  SetTime(order.updated_at, out.mutable_updated_at());
  if (order.decided_at) SetTime(*order.decided_at, out.mutable_decided_at());
  out.mutable_ship_to()->ParseFromString(content.ship_to);
  if (order.shipment != Shipment::kNone) out.set_shipment_id(out.order_id());
  out.set_tracking_code(order.tracking_code);
  out.set_challenge_url(order.challenge_url);
  return out;
}

v1::TimelineEntry ToProto(const TimelineEntry& entry) {
  v1::TimelineEntry out;
  out.set_sequence(entry.sequence);
  SetTime(entry.at, out.mutable_at());
  out.set_step(entry.step);
  out.set_outcome(entry.outcome);
  out.set_detail(entry.detail);
  out.set_status(static_cast<v1::OrderStatus>(entry.status));
  return out;
}

v1::PlaceOrderResponse PlacedResponse(const Order& order) {
  const OrderContent& content = *order.content;
  const PlacedAnswer answer = AnswerOf(order);
  v1::PlaceOrderResponse out;
  out.set_order_id(content.order_id.ToString());
  out.set_status(static_cast<v1::OrderStatus>(answer.status));
  out.set_reason(static_cast<v1::OrderReason>(answer.reason));
  out.set_reason_detail(answer.reason_detail);
  SetMoney(content.total_minor, content.currency, out.mutable_total());
  SetTime(content.placed_at, out.mutable_placed_at());
  SetLines(content, out.mutable_lines());
  return out;
}

std::string EncodeAnswer(const Order& order) { return ToProto(order).SerializeAsString(); }

}  // namespace souk::orders
