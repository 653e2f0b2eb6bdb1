#include "services/notifications/adapters/codec.hpp"

#include <google/protobuf/util/json_util.h>

#include <array>
#include <memory>

#include "libs/base/time.hpp"
#include "souk/inventory/v1/stock_events.pb.h"
#include "souk/orders/v1/order_events.pb.h"

namespace souk::notifications {
namespace {

using google::protobuf::Message;
namespace json = google::protobuf::util;

Error Unreadable(const std::string& type) { return MalformedField("payload", "is not a " + type); }

/// An empty message of a type that somebody is told about; null for others.
std::unique_ptr<Message> NewEvent(std::string_view type) {
  if (type == "souk.orders.v1.OrderConfirmed") return std::make_unique<orders::v1::OrderConfirmed>();
  if (type == "souk.orders.v1.OrderDispatched") return std::make_unique<orders::v1::OrderDispatched>();
  if (type == "souk.orders.v1.OrderCompleted") return std::make_unique<orders::v1::OrderCompleted>();
  if (type == "souk.orders.v1.OrderRejected") return std::make_unique<orders::v1::OrderRejected>();
  if (type == "souk.orders.v1.OrderCancelled") return std::make_unique<orders::v1::OrderCancelled>();
  if (type == "souk.orders.v1.OrderReturned") return std::make_unique<orders::v1::OrderReturned>();
  if (type == "souk.inventory.v1.StockLow") return std::make_unique<inventory::v1::StockLow>();
  return nullptr;
}

std::string TextField(const Message& message, const std::string& name) {
  const auto* field = message.GetDescriptor()->FindFieldByName(name);
  return message.GetReflection()->GetString(message, field);
}

Notice OrderNotice(const kafka::Envelope& envelope, const std::string& payload, const Message& event) {
  return {envelope.id,
          envelope.type,
          TextField(event, "customer_id"),
          TextField(event, "email"),
          TextField(event, "order_id"),
          payload};
}

/// A mailbox of the seller. What can't stand before the "@" becomes a hyphen.
std::string SellerAddress(std::string seller, const std::string& domain) {
  for (char& c : seller) {
    const bool plain =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    if (!plain) c = '-';
  }
  return seller + "@" + domain;
}

Notice StockNotice(const inventory::v1::StockLow& event, const std::string& sellers_domain) {
  const std::string seller = event.seller_id().empty() ? "shop" : event.seller_id();
  const std::string type = "souk.inventory.v1.StockLow";
  // Named by the fall itself, because it comes on two ways.
  const Uuid id = Uuid::FromName(type, event.sku() + ":" + std::to_string(event.episode()));
  return {id, type, seller, SellerAddress(seller, sellers_domain), event.sku(), event.SerializeAsString()};
}

Money FromProto(const common::v1::Money& money) { return {money.minor_units(), money.currency()}; }

std::string ReasonText(orders::v1::OrderReason reason) {
  switch (reason) {
    case orders::v1::ORDER_REASON_OUT_OF_STOCK: return "Something you ordered is sold out.";
    case orders::v1::ORDER_REASON_PAYMENT_DECLINED: return "Your bank declined the payment.";
    case orders::v1::ORDER_REASON_CHALLENGE_EXPIRED: return "The bank's check was not completed in time.";
    case orders::v1::ORDER_REASON_CAPTURE_FAILED: return "The payment could not be taken.";
    case orders::v1::ORDER_REASON_CUSTOMER_CANCELLED: return "As you asked.";
    case orders::v1::ORDER_REASON_SHIPMENT_LOST: return "The carrier lost your parcel.";
    case orders::v1::ORDER_REASON_DEADLINE_EXCEEDED: return "It took us too long.";
    case orders::v1::ORDER_REASON_HOLD_EXPIRED: return "Your articles could not be held any longer.";
    case orders::v1::ORDER_REASON_SHIPMENT_REFUSED: return "No carrier serves your address.";
    default: return {};
  }
}

template <class Event>
Facts OrderFacts(NoticeKind kind, const Message& message, void (*more)(const Event&, Facts&)) {
  const auto& event = static_cast<const Event&>(message);
  Facts facts;
  facts.kind = kind;
  facts.order_id = event.order_id();
  more(event, facts);
  return facts;
}

Facts FactsOf(const std::string& type, const Message& message) {
  namespace o = orders::v1;
  if (type == "souk.orders.v1.OrderConfirmed") {
    return OrderFacts<o::OrderConfirmed>(NoticeKind::kConfirmed, message,
                                         [](const auto& e, Facts& f) { f.total = FromProto(e.total()); });
  }
  if (type == "souk.orders.v1.OrderDispatched") {
    return OrderFacts<o::OrderDispatched>(NoticeKind::kDispatched, message,
                                          [](const auto& e, Facts& f) { f.tracking_code = e.tracking_code(); });
  }
  if (type == "souk.orders.v1.OrderCompleted") {
    return OrderFacts<o::OrderCompleted>(NoticeKind::kCompleted, message, [](const auto&, Facts&) {});
  }
  if (type == "souk.orders.v1.OrderRejected") {
    return OrderFacts<o::OrderRejected>(NoticeKind::kRejected, message,
                                        [](const auto& e, Facts& f) { f.reason = ReasonText(e.reason()); });
  }
  if (type == "souk.orders.v1.OrderCancelled") {
    return OrderFacts<o::OrderCancelled>(NoticeKind::kCancelled, message, [](const auto& e, Facts& f) {
      f.reason = ReasonText(e.reason());
      f.refunded = FromProto(e.refunded());
    });
  }
  return OrderFacts<o::OrderReturned>(NoticeKind::kReturned, message,
                                      [](const auto& e, Facts& f) { f.refunded = FromProto(e.refunded()); });
}

void SetTime(SystemTime time, google::protobuf::Timestamp* out) {
  const std::int64_t micros = ToUnixMicros(time);
  out->set_seconds(micros / 1'000'000);
  out->set_nanos(static_cast<int>(micros % 1'000'000) * 1000);
}

}  // namespace

bool IsNoticed(std::string_view event_type) {
  static constexpr std::array<std::string_view, 7> kNoticed{
      "souk.orders.v1.OrderConfirmed", "souk.orders.v1.OrderDispatched", "souk.orders.v1.OrderCompleted",
      "souk.orders.v1.OrderRejected",  "souk.orders.v1.OrderCancelled",  "souk.orders.v1.OrderReturned",
      "souk.inventory.v1.StockLow"};
  return std::find(kNoticed.begin(), kNoticed.end(), event_type) != kNoticed.end();
}

Result<Notice> DecodeEvent(const kafka::Envelope& envelope, const std::string& payload,
                           const std::string& sellers_domain) {
  const auto event = NewEvent(envelope.type);
  if (event == nullptr) return MakeError(ErrorCode::kUnimplemented, "nobody is told about " + envelope.type);
  if (!event->ParseFromString(payload)) return Unreadable(envelope.type);
  if (const auto* low = dynamic_cast<const inventory::v1::StockLow*>(event.get()))
    return StockNotice(*low, sellers_domain);
  Notice notice = OrderNotice(envelope, payload, *event);
  if (notice.user_id.empty()) return MalformedField("customer_id", "is missing");
  return notice;
}

Result<Notice> DecodeLowStock(const std::string& text, const std::string& sellers_domain) {
  inventory::v1::StockLow event;
  json::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  if (!json::JsonStringToMessage(text, &event, options).ok() || event.sku().empty() || event.episode() < 1)
    return Unreadable("StockLow");
  return StockNotice(event, sellers_domain);
}

Result<Facts> DecodeFacts(const std::string& event_type, const std::string& payload) {
  const auto event = NewEvent(event_type);
  if (event == nullptr || !event->ParseFromString(payload)) return Unreadable(event_type);
  if (const auto* low = dynamic_cast<const inventory::v1::StockLow*>(event.get())) {
    Facts facts;
    facts.kind = NoticeKind::kStockLow;
    facts.sku = low->sku();
    facts.available = low->available();
    facts.threshold = low->threshold();
    return facts;
  }
  return FactsOf(event_type, *event);
}

Result<std::string> WebhookBody(const Delivery& delivery) {
  const auto event = NewEvent(delivery.event_type);
  if (event == nullptr || !event->ParseFromString(delivery.payload)) return Unreadable(delivery.event_type);
  std::string data;
  json::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  if (!json::MessageToJsonString(*event, &data, options).ok()) return Unreadable(delivery.event_type);
  return "{\"id\":\"" + delivery.notification_id.ToString() + "\",\"type\":\"" + delivery.event_type +
         "\",\"createdAt\":\"" + FormatTime(delivery.created_at) + "\",\"data\":" + data + "}";
}

v1::Notification ToProto(const NotificationRow& row) {
  v1::Notification out;
  out.set_notification_id(row.notification_id.ToString());
  out.set_user_id(row.user_id);
  out.set_event_type(row.event_type);
  out.set_subject(row.subject);
  out.set_channel(row.channel);
  out.set_status(std::string(ToString(row.progress.status)));
  out.set_attempts(row.progress.attempts);
  SetTime(row.created_at, out.mutable_created_at());
  if (row.progress.sent_at) SetTime(*row.progress.sent_at, out.mutable_sent_at());
  return out;
}

}  // namespace souk::notifications
