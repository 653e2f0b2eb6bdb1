// Messages on their way out: commands to the participants, events for everybody.
#include "libs/base/match.hpp"
#include "services/orders/adapters/codec.hpp"
#include "services/orders/adapters/wire_values.hpp"
#include "souk/fulfillment/v1/shipment_commands.pb.h"
#include "souk/inventory/v1/reservation_commands.pb.h"
#include "souk/orders/v1/order_events.pb.h"
#include "souk/payments/v1/payment_commands.pb.h"

namespace souk::orders {
namespace {

namespace fulfillment = souk::fulfillment::v1;
namespace inventory = souk::inventory::v1;
namespace payments = souk::payments::v1;
using wire::SetLines;
using wire::SetMoney;
using wire::SetTime;

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

template <class Lines>
void SetStockLines(const std::vector<Line>& lines, Lines* out) {
  for (const Line& line : lines) {
    auto* added = out->Add();
    added->set_sku(line.sku);
    added->set_quantity(line.quantity);
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

/// Of a transition that passes several phases only the last one waits.
template <class Event>
void SetDeadline(const Order& order, const OrderEvent& event, Event& message) {
  if (event.phase == order.phase && order.deadline_at) SetTime(*order.deadline_at, message.mutable_deadline());
}

Packed PackProgressed(const Order& order, const std::string& id, const OrderEvent& event) {
  v1::OrderProgressed message;
  message.set_order_id(id);
  message.set_status(static_cast<v1::OrderStatus>(event.status));
  message.set_previous_status(static_cast<v1::OrderStatus>(event.previous));
  message.set_phase(std::string(ToString(event.phase)));
  if (event.phase == order.phase) message.set_waiting_for(std::string(WaitingFor(order)));
  SetDeadline(order, event, message);
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
      SetDeadline(order, event, message);
      return Pack(kOrderEvents, message);
    }
    case EventKind::kConfirmed: {
      auto message = About<v1::OrderConfirmed>(order, id);
      SetMoney(content.total_minor, content.currency, message.mutable_total());
      SetTime(content.placed_at, message.mutable_placed_at());
      SetDeadline(order, event, message);
      return Pack(kOrderEvents, message);
    }
    case EventKind::kDispatched: {
      auto message = About<v1::OrderDispatched>(order, id);
      message.set_tracking_code(order.tracking_code);
      SetDeadline(order, event, message);
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

}  // namespace souk::orders
