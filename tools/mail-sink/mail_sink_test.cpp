#include "tools/mail-sink/mail_sink.hpp"

#include <gtest/gtest.h>

#include "libs/http/client.hpp"

namespace souk::mail_sink {
namespace {

ReceivedMail MailOf(const std::string& to, const std::string& id, const std::string& headers = "",
                    const std::string& body = "hello") {
  return {
      "shop@souk.example", {to}, "Message-ID: <" + id + ">\r\nSubject: Order\r\n" + headers + "\r\n" + body + "\r\n"};
}

TEST(MailboxTest, DropsADuplicateMessageIdAndCountsIt) {
  SystemClock clock;
  Mailbox mailbox(clock, 100);
  mailbox.Add(MailOf("a@b", "1"));
  mailbox.Add(MailOf("a@b", "1"));
  mailbox.Add(MailOf("c@d", "2"));
  const MailStats stats = mailbox.Stats();
  EXPECT_EQ(stats.received, 3);
  EXPECT_EQ(stats.duplicates, 1);
  EXPECT_EQ(stats.distinct, 2);
  EXPECT_EQ(mailbox.List("", 10).size(), 2u);
  EXPECT_EQ(mailbox.List("a@b", 10).at(0).message_id, "1");
  mailbox.Clear();
  EXPECT_EQ(mailbox.Stats().received, 0);
}

TEST(MailboxTest, KeepsTheLatestAndCountsAll) {
  SystemClock clock;
  Mailbox mailbox(clock, 2);
  for (int n = 1; n <= 5; ++n) mailbox.Add(MailOf("a@b", std::to_string(n)));
  EXPECT_EQ(mailbox.Stats().distinct, 5);
  const auto mails = mailbox.List("", 10);
  ASSERT_EQ(mails.size(), 2u);
  EXPECT_EQ(mails[0].message_id, "5");
  mailbox.Add(MailOf("a@b", "1"));
  EXPECT_EQ(mailbox.Stats().duplicates, 1);
}

TEST(MailboxTest, DecodesSubjectAndBody) {
  const Mail mail = ParseMail(
      {"a@b",
       {"c@d"},
       "Subject: =?UTF-8?B?w4Rw?=\r\n =?UTF-8?B?ZmVs?=\r\nContent-Transfer-Encoding: base64\r\n\r\nw4Rw\r\nZmVs\r\n"});
  EXPECT_EQ(mail.subject, "Äpfel");
  EXPECT_EQ(mail.text, "Äpfel");
}

TEST(MailSinkTest, ShowsMailsThroughHttp) {
  auto sink = MailSink::Start({});
  ASSERT_TRUE(sink.ok());
  (*sink)->mailbox().Add(MailOf("a@b.example", "1", "", "\"quoted\" <b>"));
  (*sink)->mailbox().Add(MailOf("c@d.example", "2"));
  http::Client client;
  const std::string base = "http://127.0.0.1:" + std::to_string((*sink)->http_port());
  const auto get = [&](const std::string& path) { return client.SendSync({.url = base + path}).value(); };
  EXPECT_NE(get("/").body.find("<title>Mails of Souk</title>"), std::string::npos);
  EXPECT_EQ(get("/api/stats").body, R"({"received":2,"duplicates":0,"distinct":2,"kept":2})");
  const std::string mails = get("/api/mails?to=a%40b.example").body;
  EXPECT_NE(mails.find(R"(\"quoted\" <b>)"), std::string::npos) << mails;
  EXPECT_EQ(mails.find("c@d.example"), std::string::npos);
  EXPECT_EQ(get("/api/mails?limit=0").status, 400);
  EXPECT_EQ(client.SendSync({.method = "DELETE", .url = base + "/api/mails"})->status, 204);
  EXPECT_EQ(get("/api/stats").body, R"({"received":0,"duplicates":0,"distinct":0,"kept":0})");
}

}  // namespace
}  // namespace souk::mail_sink
