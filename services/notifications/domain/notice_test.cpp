#include "services/notifications/domain/notice.hpp"

#include <gtest/gtest.h>

#include <set>

namespace souk::notifications {
namespace {

Notice SomeNotice() {
  return {Uuid::FromName("event", "1"), "souk.orders.v1.OrderConfirmed", "customer-1", "a@b.example", "order-1", ""};
}

// F71: one per (user, event, channel), however often the event comes.
TEST(NotificationIdTest, IsTheSameForTheSameUserEventAndChannelF71) {
  const Notice notice = SomeNotice();
  EXPECT_EQ(NotificationId(notice, Channel::kEmail), NotificationId(SomeNotice(), Channel::kEmail));
  Notice other_user = notice;
  other_user.user_id = "customer-2";
  Notice other_event = notice;
  other_event.event_id = Uuid::FromName("event", "2");
  const std::set<Uuid> ids{NotificationId(notice, Channel::kEmail), NotificationId(notice, Channel::kWebhook),
                           NotificationId(other_user, Channel::kEmail), NotificationId(other_event, Channel::kEmail)};
  EXPECT_EQ(ids.size(), 4u);
}

TEST(RenderMailTest, SaysWhatEachEventMeans) {
  Facts facts;
  facts.order_id = "0197a1b2-0000-8000-8000-000000000000";
  facts.total = {1230, "GBP"};
  facts.refunded = {1230, "GBP"};
  facts.tracking_code = "SK12";
  facts.reason = "The carrier lost your parcel.";
  facts.sku = "85123A";
  facts.available = 3;
  facts.threshold = 5;
  const auto says = [&](NoticeKind kind, const char* title, const char* text) {
    facts.kind = kind;
    const MailText mail = RenderMail(facts);
    EXPECT_NE(mail.title.find(title), std::string::npos) << mail.title;
    EXPECT_NE(mail.text.find(text), std::string::npos) << mail.text;
  };
  says(NoticeKind::kConfirmed, "order 0197a1b2 is confirmed", "12.30 GBP");
  says(NoticeKind::kDispatched, "on its way", "SK12");
  says(NoticeKind::kCompleted, "has arrived", "delivered");
  says(NoticeKind::kCancelled, "is cancelled", "lost your parcel");
  says(NoticeKind::kReturned, "your return", "paid back 12.30 GBP");
  says(NoticeKind::kStockLow, "Low stock: 85123A", "3 left");
  facts.refunded = {};
  says(NoticeKind::kRejected, "could not fulfil", "not been charged");
}

TEST(IsMailableTest, TakesPlainAddressesOnly) {
  EXPECT_TRUE(IsMailable("a@b.example"));
  for (const char* bad : {"", "a", "@b", "a@", "a@b@c", "a b@c", "a@b\r\nRCPT TO:<x@y>", "<a@b>", "ä@b.example"}) {
    EXPECT_FALSE(IsMailable(bad)) << bad;
  }
  EXPECT_FALSE(IsMailable(std::string(250, 'x') + "@b.example"));
}

}  // namespace
}  // namespace souk::notifications
