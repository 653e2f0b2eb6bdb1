// Messages on their way in, and what callers are shown.
#include "services/orders/adapters/codec.hpp"

#include <functional>
#include <unordered_map>

#include "services/orders/adapters/wire_values.hpp"
#include "souk/fulfillment/v1/shipment_events.pb.h"
#include "souk/inventory/v1/reservation_events.pb.h"
#include "souk/payments/v1/payment_events.pb.h"
#include "souk/products/v1/product_events.pb.h"

namespace souk::orders {
namespace {

namespace fulfillment = souk::fulfillment::v1;
namespace inventory = souk::inventory::v1;
namespace payments = souk::payments::v1;
namespace products = souk::products::v1;
using wire::SetLines;
using wire::SetMoney;
using wire::SetTime;

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

v1::SagaState SagaOf(const Order& order) {
  v1::SagaState out;
  out.set_phase(std::string(ToString(order.phase)));
  out.set_waiting_for(std::string(WaitingFor(order)));
  if (order.deadline_at) SetTime(*order.deadline_at, out.mutable_deadline());
  if (order.give_up_at && order.pending == 0) SetTime(*order.give_up_at, out.mutable_give_up());
  out.set_attempts(order.attempts);
  out.set_settled(IsSettled(order));
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
