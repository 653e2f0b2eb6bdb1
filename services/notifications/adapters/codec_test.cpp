#include "services/notifications/adapters/codec.hpp"

#include <gtest/gtest.h>

#include "souk/inventory/v1/stock_events.pb.h"
#include "souk/orders/v1/order_events.pb.h"

namespace souk::notifications {
namespace {

kafka::Envelope EnvelopeOf(const google::protobuf::Message& message, const std::string& subject) {
  kafka::Envelope envelope;
  envelope.id = Uuid::FromName("codec", subject);
  envelope.type = message.GetTypeName();
  envelope.subject = subject;
  return envelope;
}

template <class Event>
Event OrderEvent() {
  Event event;
  event.set_order_id("order-1");
  event.set_customer_id("customer-1");
  event.set_email("a@b.example");
  return event;
}

template <class Event>
Result<Notice> Decode(const Event& event) {
  return DecodeEvent(EnvelopeOf(event, "order-1"), event.SerializeAsString(), "sellers.example");
}

TEST(CodecTest, TellsTheCustomerOfEachEventThatMatters) {
  const auto check = [](const auto& event, NoticeKind kind) {
    EXPECT_TRUE(IsNoticed(event.GetTypeName()));
    const auto notice = Decode(event);
    ASSERT_TRUE(notice.ok());
    EXPECT_EQ(notice->user_id, "customer-1");
    EXPECT_EQ(notice->email, "a@b.example");
    EXPECT_EQ(notice->subject, "order-1");
    EXPECT_EQ(DecodeFacts(notice->event_type, notice->payload)->kind, kind);
  };
  check(OrderEvent<orders::v1::OrderConfirmed>(), NoticeKind::kConfirmed);
  check(OrderEvent<orders::v1::OrderDispatched>(), NoticeKind::kDispatched);
  check(OrderEvent<orders::v1::OrderCompleted>(), NoticeKind::kCompleted);
  check(OrderEvent<orders::v1::OrderRejected>(), NoticeKind::kRejected);
  check(OrderEvent<orders::v1::OrderCancelled>(), NoticeKind::kCancelled);
  check(OrderEvent<orders::v1::OrderReturned>(), NoticeKind::kReturned);
}

TEST(CodecTest, TellsNobodyOfTheRest) {
  EXPECT_FALSE(IsNoticed("souk.orders.v1.OrderAccepted"));
  EXPECT_FALSE(IsNoticed("souk.orders.v1.OrderProgressed"));
  EXPECT_FALSE(IsNoticed("souk.inventory.v1.StockChanged"));
}

TEST(CodecTest, NamesWhatCannotBeRead) {
  kafka::Envelope envelope = EnvelopeOf(orders::v1::OrderConfirmed(), "order-1");
  EXPECT_EQ(DecodeEvent(envelope, "\xff\xff", "x").error().fields.at(0).field, "payload");
  EXPECT_EQ(DecodeEvent(envelope, "", "x").error().fields.at(0).field, "customer_id");
}

TEST(CodecTest, GivesOneIdToAFallHeardOnTwoWays) {
  inventory::v1::StockLow event;
  event.set_sku("85123A");
  event.set_seller_id("seller 7");
  event.set_available(3);
  event.set_threshold(5);
  event.set_episode(2);
  const auto by_kafka = Decode(event);
  const auto by_redis = DecodeLowStock(
      R"({"sku":"85123A","sellerId":"seller 7","available":3,"threshold":5,"episode":2})", "sellers.example");
  ASSERT_TRUE(by_kafka.ok() && by_redis.ok());
  EXPECT_EQ(NotificationId(*by_kafka, Channel::kEmail), NotificationId(*by_redis, Channel::kEmail));
  EXPECT_EQ(by_kafka->email, "seller-7@sellers.example");
  EXPECT_EQ(DecodeFacts(by_redis->event_type, by_redis->payload)->available, 3);
  event.clear_seller_id();
  EXPECT_EQ(Decode(event)->user_id, "shop");
  for (const char* bad : {"", "{}", "[1]", R"({"sku":"x"})"}) EXPECT_FALSE(DecodeLowStock(bad, "x").ok()) << bad;
}

TEST(CodecTest, PutsTheEventIntoTheWebhookAsJson) {
  auto event = OrderEvent<orders::v1::OrderCancelled>();
  event.mutable_refunded()->set_minor_units(1230);
  Delivery delivery;
  delivery.notification_id = Uuid::FromName("delivery", "1");
  delivery.event_type = event.GetTypeName();
  delivery.payload = event.SerializeAsString();
  delivery.created_at = FromUnixMicros(0);
  const std::string body = WebhookBody(delivery).value();
  EXPECT_NE(body.find("\"id\":\"" + delivery.notification_id.ToString()), std::string::npos) << body;
  EXPECT_NE(body.find(R"("type":"souk.orders.v1.OrderCancelled","createdAt":"1970-01-01T00:00:00)"), std::string::npos)
      << body;
  EXPECT_NE(body.find(R"("minorUnits":"1230")"), std::string::npos) << body;
}

}  // namespace
}  // namespace souk::notifications
