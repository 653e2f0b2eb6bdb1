#include "tools/mail-sink/mailbox.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace souk::mail_sink {
namespace {

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](unsigned char x, unsigned char y) {
           return std::tolower(x) == std::tolower(y);
         });
}

std::string DecodeBase64(std::string_view text) {
  static constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  unsigned bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value = kAlphabet.find(c);
    if (value == std::string_view::npos) continue;
    bits = (bits << 6) | static_cast<unsigned>(value);
    if (++count == 4) {
      out += static_cast<char>(bits >> 16);
      out += static_cast<char>(bits >> 8);
      out += static_cast<char>(bits);
      bits = 0;
      count = 0;
    }
  }
  if (count >= 2) out += static_cast<char>(bits >> (count == 2 ? 4 : 10));
  if (count == 3) out += static_cast<char>(bits >> 2);
  return out;
}

/// "=?UTF-8?B?…?=" words become what they mean.
std::string DecodeWords(std::string_view text) {
  std::string out;
  while (true) {
    const std::size_t begin = text.find("=?UTF-8?B?");
    const std::size_t end = begin == std::string_view::npos ? begin : text.find("?=", begin + 10);
    if (end == std::string_view::npos) return out.append(text);
    std::string_view before = text.substr(0, begin);
    if (!out.empty() && before.find_first_not_of(' ') == std::string_view::npos) before = {};
    out.append(before).append(DecodeBase64(text.substr(begin + 10, end - begin - 10)));
    text.remove_prefix(end + 2);
  }
}

void TakeHeader(std::string_view name, std::string_view value, Mail& mail, bool& base64) {
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  if (EqualsIgnoreCase(name, "Subject")) mail.subject = DecodeWords(value);
  if (EqualsIgnoreCase(name, "Content-Transfer-Encoding")) base64 = EqualsIgnoreCase(value, "base64");
  if (EqualsIgnoreCase(name, "Message-ID")) {
    if (value.size() > 2 && value.front() == '<' && value.back() == '>') value = value.substr(1, value.size() - 2);
    mail.message_id = std::string(value);
  }
}

}  // namespace

Mail ParseMail(const ReceivedMail& received) {
  Mail mail;
  mail.from = received.from;
  mail.to = received.to;
  const std::string& data = received.data;
  bool base64 = false;
  std::string header;
  std::size_t at = 0;
  const auto flush = [&] {
    const std::size_t colon = header.find(':');
    if (colon != std::string::npos) {
      TakeHeader(std::string_view(header).substr(0, colon), std::string_view(header).substr(colon + 1), mail, base64);
    }
    header.clear();
  };
  while (at < data.size()) {
    const std::size_t end = std::min(data.find("\r\n", at), data.size());
    const std::string_view line(data.data() + at, end - at);
    at = std::min(end + 2, data.size());
    if (line.empty()) break;
    const bool folded = line.front() == ' ' || line.front() == '\t';
    if (!folded) flush();
    header.append(line);
  }
  flush();
  mail.text = base64 ? DecodeBase64(std::string_view(data).substr(at)) : data.substr(at);
  return mail;
}

void Mailbox::Add(const ReceivedMail& received) {
  Mail mail = ParseMail(received);
  mail.at = clock_.Now();
  const std::lock_guard lock(mutex_);
  mail.number = ++stats_.received;
  if (!mail.message_id.empty() && !message_ids_.insert(mail.message_id).second) {
    ++stats_.duplicates;
    return;
  }
  ++stats_.distinct;
  mails_.push_back(std::move(mail));
  if (mails_.size() > mails_max_) mails_.pop_front();
}

std::vector<Mail> Mailbox::List(const std::string& to, std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  std::vector<Mail> found;
  for (auto mail = mails_.rbegin(); mail != mails_.rend() && found.size() < limit; ++mail) {
    if (to.empty() || std::find(mail->to.begin(), mail->to.end(), to) != mail->to.end()) found.push_back(*mail);
  }
  return found;
}

MailStats Mailbox::Stats() const {
  const std::lock_guard lock(mutex_);
  MailStats stats = stats_;
  stats.kept = static_cast<std::int64_t>(mails_.size());
  return stats;
}

void Mailbox::Clear() {
  const std::lock_guard lock(mutex_);
  mails_.clear();
  message_ids_.clear();
  stats_ = {};
}

}  // namespace souk::mail_sink
