#include "services/notifications/adapters/mail_message.hpp"

#include <algorithm>
#include <ctime>

namespace souk::notifications {
namespace {

constexpr std::size_t kWordBytes = 45;  // of text in one encoded word: 60 characters of base64
constexpr std::size_t kLineBytes = 57;  // of body in one line of base64: 76 characters

bool IsAscii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string Base64(std::string_view data) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < data.size(); i += 3) {
    const auto byte = [&](std::size_t k) { return i + k < data.size() ? static_cast<unsigned char>(data[i + k]) : 0U; };
    const unsigned bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
    out += kAlphabet[bits >> 18];
    out += kAlphabet[(bits >> 12) & 63];
    out += i + 1 < data.size() ? kAlphabet[(bits >> 6) & 63] : '=';
    out += i + 2 < data.size() ? kAlphabet[bits & 63] : '=';
  }
  return out;
}

/// How many bytes of `text`, at most `bytes_max`, end at the end of a character.
std::size_t WholeCharacters(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text.size();
  std::size_t size = bytes_max;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80) --size;
  return size == 0 ? bytes_max : size;
}

std::string Title(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  if (IsAscii(text)) return text;
  std::string out;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t size = WholeCharacters(rest, kWordBytes);
    out += (out.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + Base64(rest.substr(0, size)) + "?=";
    rest.remove_prefix(size);
  }
  return out;
}

std::string Body(std::string_view text) {
  std::string out;
  if (!IsAscii(text)) {
    for (std::size_t at = 0; at < text.size(); at += kLineBytes) out += Base64(text.substr(at, kLineBytes)) + "\r\n";
    return out;
  }
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  if (out.empty() || out.back() != '\n') out += "\r\n";
  return out;
}

std::string Date(SystemTime time) {
  const std::time_t seconds = ToUnixMicros(time) / 1'000'000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S +0000", &utc);  // the process runs in the C locale
  return text;
}

}  // namespace

std::string BuildMail(std::string_view from, std::string_view to, const MailText& text, std::string_view id,
                      SystemTime date) {
  const std::string_view domain = from.substr(from.find('@') + 1);
  std::string mail;
  mail.append("Date: ").append(Date(date));
  mail.append("\r\nFrom: Souk <").append(from).append(">\r\nTo: <").append(to);
  mail.append(">\r\nMessage-ID: <").append(id).append("@").append(domain);
  mail.append(">\r\nSubject: ").append(Title(text.title));
  mail.append(
      "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; "
      "charset=utf-8\r\nContent-Transfer-Encoding: ");
  mail.append(IsAscii(text.text) ? "7bit" : "base64").append("\r\n\r\n");
  return mail.append(Body(text.text));
}

}  // namespace souk::notifications
