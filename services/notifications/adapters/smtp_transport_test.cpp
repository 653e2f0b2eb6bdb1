#include "services/notifications/adapters/smtp_transport.hpp"

#include <gtest/gtest.h>

#include "souk/orders/v1/order_events.pb.h"
#include "tools/mail-sink/mail_sink.hpp"
#include "tools/mail-sink/smtp_server.hpp"

namespace souk::notifications {
namespace {

Delivery MailTo(const std::string& recipient, const std::string& name = "1") {
  orders::v1::OrderCompleted event;
  event.set_order_id("0197a1b2-0000-8000-8000-000000000000");
  Delivery delivery;
  delivery.notification_id = Uuid::FromName("smtp", name);
  delivery.event_type = event.GetTypeName();
  delivery.payload = event.SerializeAsString();
  delivery.recipient = recipient;
  return delivery;
}

SmtpConfig ConfigOf(int port) { return {"smtp://127.0.0.1:" + std::to_string(port), "shop@souk.example"}; }

TEST(SmtpTransportTest, SendsManyMailsAndSurvivesTheServersRestart) {
  SystemClock clock;
  auto sink = mail_sink::MailSink::Start({}).value();
  const int port = sink->smtp_port();
  SmtpTransport transport(ConfigOf(port), clock);
  for (int n = 0; n < 20; ++n) {
    ASSERT_EQ(transport.Send(MailTo("a@b.example", std::to_string(n))).result, Attempt::Result::kDelivered);
  }
  EXPECT_EQ(sink->mailbox().Stats().distinct, 20);
  EXPECT_EQ(sink->mailbox().List("a@b.example", 1).at(0).subject, "Your order 0197a1b2 has arrived");
  sink.reset();
  const Attempt away = transport.Send(MailTo("a@b.example"));
  EXPECT_EQ(away.result, Attempt::Result::kTryLater);
  EXPECT_TRUE(away.channel_away) << away.reason;
  mail_sink::Config config;
  config.smtp_port = port;
  sink = mail_sink::MailSink::Start(config).value();
  EXPECT_EQ(transport.Send(MailTo("a@b.example")).result, Attempt::Result::kDelivered);
  EXPECT_EQ(transport.Send(MailTo("a@b.example")).result, Attempt::Result::kDelivered);
  EXPECT_EQ(sink->mailbox().Stats().duplicates, 1);
}

TEST(SmtpTransportTest, TellsRefusedFromTryLater) {
  SystemClock clock;
  int answers = 0;
  auto server = mail_sink::SmtpServer::Start({}, [&](mail_sink::ReceivedMail) { return answers++ > 0; }).value();
  SmtpTransport transport(ConfigOf(server->port()), clock);
  const Attempt refused = transport.Send(MailTo("nobody"));
  EXPECT_EQ(refused.result, Attempt::Result::kRefused);
  EXPECT_EQ(refused.reason.substr(0, 8), "SMTP 550") << refused.reason;
  const Attempt later = transport.Send(MailTo("a@b.example"));
  EXPECT_EQ(later.result, Attempt::Result::kTryLater);
  EXPECT_FALSE(later.channel_away);
  EXPECT_EQ(transport.Send(MailTo("a@b.example")).result, Attempt::Result::kDelivered);
}

}  // namespace
}  // namespace souk::notifications
