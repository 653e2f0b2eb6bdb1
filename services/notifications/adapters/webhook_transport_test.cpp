#include "services/notifications/adapters/webhook_transport.hpp"

#include <gtest/gtest.h>

#include "libs/base/hash.hpp"
#include "libs/http/server.hpp"
#include "souk/orders/v1/order_events.pb.h"

namespace souk::notifications {
namespace {

constexpr const char* kSecret = "0123456789abcdef";

/// A customer's receiver. Answers with `status` and keeps the last request.
struct Receiver {
  Receiver() {
    server = http::Server::Start({}, [this](http::Request request, http::Responder responder) {
               last = std::move(request);
               responder.Send({status, {{"Location", "http://127.0.0.1:1/"}}, ""});
             }).value();
  }
  Delivery ToIt(const std::string& host = "127.0.0.1") const {
    orders::v1::OrderCompleted event;
    event.set_order_id("order-1");
    Delivery delivery;
    delivery.notification_id = Uuid::FromName("webhook", "1");
    delivery.event_type = event.GetTypeName();
    delivery.payload = event.SerializeAsString();
    delivery.recipient = "http://" + host + ":" + std::to_string(server->port()) + "/hook";
    delivery.secret = kSecret;
    return delivery;
  }

  int status = 200;
  http::Request last;
  std::unique_ptr<http::Server> server;
};

TEST(WebhookTransportTest, SignsWhatItPosts) {
  Receiver receiver;
  ManualClock clock(FromUnixMicros(1'700'000'000'000'000));
  WebhookTransport transport({.private_addresses_allowed = true}, clock);
  ASSERT_EQ(transport.Send(receiver.ToIt()).result, Attempt::Result::kDelivered);
  EXPECT_EQ(receiver.last.method, "POST");
  EXPECT_EQ(receiver.last.path, "/hook");
  EXPECT_EQ(receiver.last.Header("Souk-Event-Type"), "souk.orders.v1.OrderCompleted");
  EXPECT_EQ(receiver.last.Header("Souk-Signature"),
            "t=1700000000,v1=" + HmacSha256Hex(kSecret, "1700000000." + receiver.last.body));
  EXPECT_NE(receiver.last.body.find(R"("orderId":"order-1")"), std::string::npos) << receiver.last.body;
}

TEST(WebhookTransportTest, TriesLaterWhatMayPassAndFollowsNoRedirect) {
  Receiver receiver;
  SystemClock clock;
  WebhookTransport transport({.private_addresses_allowed = true}, clock);
  for (const int status : {500, 503, 404, 429, 302}) {
    receiver.status = status;
    const Attempt attempt = transport.Send(receiver.ToIt());
    EXPECT_EQ(attempt.result, Attempt::Result::kTryLater);
    EXPECT_EQ(attempt.reason, "HTTP " + std::to_string(status));
  }
  receiver.status = 410;
  EXPECT_EQ(transport.Send(receiver.ToIt()).result, Attempt::Result::kRefused);
  Delivery nowhere = receiver.ToIt();
  nowhere.recipient = "http://127.0.0.1:1/";
  EXPECT_EQ(transport.Send(nowhere).result, Attempt::Result::kTryLater);
  nowhere.recipient.clear();
  EXPECT_EQ(transport.Send(nowhere).result, Attempt::Result::kRefused);
}

TEST(WebhookTransportTest, ConnectsToNoAddressOfOurs) {
  Receiver receiver;
  SystemClock clock;
  WebhookTransport transport({.private_addresses_allowed = false}, clock);
  for (const char* host : {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"}) {
    const Attempt attempt = transport.Send(receiver.ToIt(host));
    EXPECT_EQ(attempt.result, Attempt::Result::kRefused) << host << ": " << attempt.reason;
  }
  EXPECT_TRUE(receiver.last.method.empty());
}

TEST(CheckWebhookUrlTest, TakesHttpAndHttpsOnly) {
  for (const char* good : {"http://example.com/hook", "https://example.com:8443/a?b=c", "http://8.8.8.8/"}) {
    EXPECT_TRUE(CheckWebhookUrl(good, false).ok()) << good;
  }
  for (const char* bad : {"", "example", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com", "http://",
                          "http://user:pass@example.com/", "http://exa mple.com/", "javascript:alert(1)"}) {
    EXPECT_FALSE(CheckWebhookUrl(bad, true).ok()) << bad;
  }
  EXPECT_FALSE(CheckWebhookUrl("http://example.com/" + std::string(500, 'x'), true).ok());
}

TEST(CheckWebhookUrlTest, RefusesLocalTargetsInProduction) {
  for (const char* local : {"http://127.0.0.1/", "http://localhost:3001/", "http://LOCALHOST./", "http://[::1]/",
                            "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data", "http://orders/",
                            "http://db.internal/", "http://[::ffff:10.0.0.1]/", "http://2130706433/"}) {
    EXPECT_FALSE(CheckWebhookUrl(local, false).ok()) << local;
    EXPECT_TRUE(CheckWebhookUrl(local, true).ok()) << local;
  }
}

}  // namespace
}  // namespace souk::notifications
