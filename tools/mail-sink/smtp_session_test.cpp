#include "tools/mail-sink/smtp_session.hpp"

#include <gtest/gtest.h>

namespace souk::mail_sink {
namespace {

class SmtpSessionTest : public ::testing::Test {
 protected:
  SmtpSession Session(SmtpSession::Limits limits = {}) {
    return SmtpSession(limits, [this](ReceivedMail mail) {
      mails_.push_back(std::move(mail));
      return true;
    });
  }
  std::vector<ReceivedMail> mails_;
};

constexpr const char* kMail =
    "MAIL FROM:<shop@souk.example> SIZE=20\r\nRCPT TO:<a@b.example>\r\nDATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\n";

TEST_F(SmtpSessionTest, TakesAMailInOnePipelinedPiece) {
  SmtpSession session = Session();
  EXPECT_NE(session.Consume("EHLO me\r\n").find("PIPELINING"), std::string::npos);
  const std::string out = session.Consume(kMail);
  EXPECT_EQ(out.substr(out.size() - 16), "250 2.0.0 kept\r\n");
  ASSERT_EQ(mails_.size(), 1u);
  EXPECT_EQ(mails_[0].from, "shop@souk.example");
  EXPECT_EQ(mails_[0].to, std::vector<std::string>{"a@b.example"});
  EXPECT_EQ(mails_[0].data, "Subject: x\r\n\r\n.dot\r\n");
}

TEST_F(SmtpSessionTest, TakesTheSameMailByteByByte) {
  SmtpSession session = Session();
  for (const char* c = kMail; *c != 0; ++c) session.Consume(std::string_view(c, 1));
  ASSERT_EQ(mails_.size(), 1u);
  EXPECT_EQ(mails_[0].data, "Subject: x\r\n\r\n.dot\r\n");
}

TEST_F(SmtpSessionTest, WantsItsCommandsInOrder) {
  SmtpSession session = Session();
  EXPECT_EQ(session.Consume("RCPT TO:<a@b>\r\n").substr(0, 3), "503");
  EXPECT_EQ(session.Consume("DATA\r\n").substr(0, 3), "503");
  EXPECT_EQ(session.Consume("MAIL FROM:a@b\r\n").substr(0, 3), "501");
  EXPECT_EQ(session.Consume("mail from:<>\r\n").substr(0, 3), "250");
  EXPECT_EQ(session.Consume("MAIL FROM:<a@b>\r\n").substr(0, 3), "503");
  EXPECT_EQ(session.Consume("RCPT TO:<nobody>\r\n").substr(0, 3), "550");
  EXPECT_EQ(session.Consume("RSET\r\nRCPT TO:<a@b>\r\n").substr(0, 3), "250");
  EXPECT_EQ(session.Consume("TURN\r\n").substr(0, 3), "502");
  EXPECT_EQ(session.Consume("QUIT\r\n").substr(0, 3), "221");
  EXPECT_TRUE(session.closing());
}

TEST_F(SmtpSessionTest, RefusesWhatIsTooLarge) {
  SmtpSession session = Session({.line_max = 100, .mail_bytes_max = 50, .recipients_max = 1});
  EXPECT_EQ(session.Consume(std::string(300, 'x')), "");
  EXPECT_EQ(session.Consume("\r\n").substr(0, 3), "500");
  EXPECT_EQ(session.Consume("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nRCPT TO:<c@d>\r\n").substr(0, 3), "250");
  session.Consume("DATA\r\n" + std::string(60, 'x') + "\r\n");
  EXPECT_EQ(session.Consume(".\r\n").substr(0, 3), "552");
  EXPECT_TRUE(mails_.empty());
  EXPECT_EQ(session.Consume("NOOP\r\n").substr(0, 3), "250");
}

TEST_F(SmtpSessionTest, KeepsAnEndlessDataLineBounded) {
  SmtpSession session = Session();
  session.Consume("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\n");
  for (int i = 0; i < 100; ++i) session.Consume(std::string(10'000, 'x'));
  EXPECT_EQ(session.Consume("\r\n.\r\n").substr(0, 3), "552");
}

}  // namespace
}  // namespace souk::mail_sink
