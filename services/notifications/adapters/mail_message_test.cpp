#include "services/notifications/adapters/mail_message.hpp"

#include <gtest/gtest.h>

#include "tools/mail-sink/mailbox.hpp"

namespace souk::notifications {
namespace {

mail_sink::Mail RoundTrip(const MailText& text) {
  return mail_sink::ParseMail({"shop@souk.example",
                               {"a@b.example"},
                               BuildMail("shop@souk.example", "a@b.example", text, "id-1", FromUnixMicros(0))});
}

TEST(MailMessageTest, IsReadAsItWasWritten) {
  const mail_sink::Mail plain = RoundTrip({"Your order", "One\nTwo"});
  EXPECT_EQ(plain.subject, "Your order");
  EXPECT_EQ(plain.text, "One\r\nTwo\r\n");
  EXPECT_EQ(plain.message_id, "id-1@souk.example");
  const std::string long_title =
      "Grüße für alle, die bestellt haben und noch viel länger warten müssen als gedacht äöü";
  const std::string long_text = "Schöne Grüße. " + long_title + long_title;
  const mail_sink::Mail beyond_ascii = RoundTrip({long_title, long_text});
  EXPECT_EQ(beyond_ascii.subject, long_title);
  EXPECT_EQ(beyond_ascii.text, long_text);
}

TEST(MailMessageTest, LetsNoTitleAddAHeader) {
  const std::string mail = BuildMail("s@x", "a@b", {"Hi\r\nBcc: <x@y>", "text"}, "id", FromUnixMicros(0));
  EXPECT_EQ(mail.find("\nBcc:"), std::string::npos);
  EXPECT_NE(mail.find("Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"), std::string::npos) << mail;
}

}  // namespace
}  // namespace souk::notifications
