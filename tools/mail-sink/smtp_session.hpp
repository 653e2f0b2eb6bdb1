#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace souk::mail_sink {

/// A mail as one SMTP transaction gave it. `data` has its dots unstuffed.
struct ReceivedMail {
  std::string from;
  std::vector<std::string> to;
  std::string data;
};

/// The server's side of one SMTP conversation (RFC 5321: EHLO, HELO, MAIL, RCPT, DATA, RSET, NOOP, VRFY, QUIT, with
/// pipelining), without a socket: bytes in, bytes out. Every bound has an answer of its own and no input makes it fail.
class SmtpSession {
 public:
  struct Limits {
    std::size_t line_max = 1000;           ///< bytes of a command, then 500
    std::size_t mail_bytes_max = 1 << 20;  ///< then 552
    std::size_t recipients_max = 100;      ///< then 452
  };
  /// Called for each complete mail; false answers 452 (try again later).
  using OnMail = std::function<bool(ReceivedMail)>;

  SmtpSession(Limits limits, OnMail on_mail) : limits_(limits), on_mail_(std::move(on_mail)) {}

  static std::string Greeting() { return "220 souk-mail-sink ESMTP\r\n"; }
  /// What to send back for these bytes, which may end anywhere.
  std::string Consume(std::string_view bytes);
  /// After QUIT or a hopeless line: send what Consume gave, then close.
  bool closing() const { return closing_; }

 private:
  void TakeCommand(std::string_view line, std::string& out);
  void TakeMail(std::string_view argument, std::string& out);
  void TakeRcpt(std::string_view argument, std::string& out);
  void TakeDataLine(std::string_view line, std::string& out);
  void EndOfData(std::string& out);
  void Reset();

  const Limits limits_;
  const OnMail on_mail_;
  std::string buffer_;
  ReceivedMail mail_;
  bool has_from_ = false;
  bool in_data_ = false;
  bool too_large_ = false;
  bool skipping_line_ = false;
  bool closing_ = false;
};

}  // namespace souk::mail_sink
