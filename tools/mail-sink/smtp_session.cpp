#include "tools/mail-sink/smtp_session.hpp"

#include <algorithm>
#include <cctype>
#include <optional>

namespace souk::mail_sink {
namespace {

constexpr std::size_t kDataLineMax = 64 * 1024;

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), text.begin(), [](char p, char t) {
           return p == static_cast<char>(std::toupper(static_cast<unsigned char>(t)));
         });
}

/// "FROM:<a@b> SIZE=1" with "FROM:" gives "a@b"; nothing when it isn't an angle-bracketed path.
std::optional<std::string> Path(std::string_view argument, std::string_view keyword) {
  if (!StartsWith(argument, keyword)) return std::nullopt;
  argument.remove_prefix(keyword.size());
  while (!argument.empty() && argument.front() == ' ') argument.remove_prefix(1);
  const std::size_t end = argument.find('>');
  if (argument.empty() || argument.front() != '<' || end == std::string_view::npos) return std::nullopt;
  return std::string(argument.substr(1, end - 1));
}

std::string Ehlo() {
  return "250-souk-mail-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SIZE\r\n250 ENHANCEDSTATUSCODES\r\n";
}

}  // namespace

std::string SmtpSession::Consume(std::string_view bytes) {
  std::string out;
  buffer_.append(bytes);
  std::size_t from = 0;
  while (!closing_) {
    const std::size_t end = buffer_.find('\n', from);
    if (end == std::string::npos) break;
    std::string_view line(buffer_.data() + from, end - from);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    from = end + 1;
    if (skipping_line_) {
      skipping_line_ = false;
      out += "500 5.5.2 line too long\r\n";
    } else if (in_data_) {
      TakeDataLine(line, out);
    } else if (line.size() > limits_.line_max) {
      out += "500 5.5.2 line too long\r\n";
    } else {
      TakeCommand(line, out);
    }
  }
  buffer_.erase(0, from);
  if (!in_data_ && buffer_.size() > limits_.line_max) {
    buffer_.clear();
    skipping_line_ = true;
  } else if (in_data_ && buffer_.size() > kDataLineMax) {
    // A line that never ends: what is kept stays bounded, the mail is refused at its end.
    buffer_.clear();
    too_large_ = true;
  }
  return out;
}

void SmtpSession::TakeCommand(std::string_view line, std::string& out) {
  if (StartsWith(line, "MAIL ")) return TakeMail(line.substr(5), out);
  if (StartsWith(line, "RCPT ")) return TakeRcpt(line.substr(5), out);
  if (line.size() == 4 && StartsWith(line, "DATA")) {
    if (mail_.to.empty()) {
      out += "503 5.5.1 RCPT first\r\n";
    } else {
      in_data_ = true;
      out += "354 end with a line of one dot\r\n";
    }
    return;
  }
  if (StartsWith(line, "EHLO") || StartsWith(line, "HELO")) {
    Reset();
    out += StartsWith(line, "EHLO") ? Ehlo() : "250 souk-mail-sink\r\n";
  } else if (StartsWith(line, "RSET")) {
    Reset();
    out += "250 2.0.0 reset\r\n";
  } else if (StartsWith(line, "NOOP")) {
    out += "250 2.0.0 here\r\n";
  } else if (StartsWith(line, "VRFY")) {
    out += "252 2.1.5 send and see\r\n";
  } else if (StartsWith(line, "QUIT")) {
    out += "221 2.0.0 bye\r\n";
    closing_ = true;
  } else {
    out += "502 5.5.1 unknown command\r\n";
  }
}

void SmtpSession::TakeMail(std::string_view argument, std::string& out) {
  const auto path = Path(argument, "FROM:");
  if (!path) {
    out += "501 5.5.4 MAIL FROM:<address> wanted\r\n";
  } else if (has_from_) {
    out += "503 5.5.1 one mail at a time\r\n";
  } else {
    mail_.from = *path;
    has_from_ = true;
    out += "250 2.1.0 sender taken\r\n";
  }
}

void SmtpSession::TakeRcpt(std::string_view argument, std::string& out) {
  const auto path = Path(argument, "TO:");
  if (!has_from_) {
    out += "503 5.5.1 MAIL first\r\n";
  } else if (!path || path->empty()) {
    out += "501 5.5.4 RCPT TO:<address> wanted\r\n";
  } else if (path->find('@') == std::string::npos) {
    out += "550 5.1.3 no such mailbox\r\n";
  } else if (mail_.to.size() >= limits_.recipients_max) {
    out += "452 4.5.3 too many recipients\r\n";
  } else {
    mail_.to.push_back(*path);
    out += "250 2.1.5 recipient taken\r\n";
  }
}

void SmtpSession::TakeDataLine(std::string_view line, std::string& out) {
  if (line == ".") return EndOfData(out);
  if (!line.empty() && line.front() == '.') line.remove_prefix(1);
  if (mail_.data.size() + line.size() + 2 > limits_.mail_bytes_max) too_large_ = true;
  if (too_large_) return;
  mail_.data.append(line);
  mail_.data.append("\r\n");
}

void SmtpSession::EndOfData(std::string& out) {
  const bool too_large = too_large_;
  ReceivedMail mail = std::move(mail_);
  Reset();
  if (too_large) {
    out += "552 5.3.4 mail too large\r\n";
  } else if (on_mail_(std::move(mail))) {
    out += "250 2.0.0 kept\r\n";
  } else {
    out += "452 4.3.1 not now\r\n";
  }
}

void SmtpSession::Reset() {
  mail_ = {};
  has_from_ = false;
  in_data_ = false;
  too_large_ = false;
}

}  // namespace souk::mail_sink
