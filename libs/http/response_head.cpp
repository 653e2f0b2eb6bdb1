#include "libs/http/response_head.hpp"

#include <array>
#include <charconv>
#include <ctime>

namespace souk::http::internal {
namespace {

void AppendNumber(std::string* out, std::size_t number, int base = 10) {
  std::array<char, 24> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number, base).ptr;
  out->append(text.data(), static_cast<std::size_t>(end - text.data()));
}

/// "Date: Sat, 21 Nov 2026 03:14:00 GMT\r\n", made once a second on each thread.
const std::string& DateLine() {
  thread_local std::time_t made_at = 0;
  thread_local std::string line;
  const std::time_t now = std::time(nullptr);
  if (now != made_at) {
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 64> text;
    const std::size_t size = std::strftime(text.data(), text.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
    line.assign(text.data(), size);
    made_at = now;
  }
  return line;
}

void AppendHex(std::string* out, const std::uint8_t* bytes, std::size_t size) {
  static constexpr char kHex[] = "0123456789abcdef";
  for (std::size_t i = 0; i < size; ++i) {
    out->push_back(kHex[bytes[i] >> 4]);
    out->push_back(kHex[bytes[i] & 15]);
  }
}

void AppendTrace(std::string* out, const TraceContext& trace) {
  out->append("traceparent: 00-");
  AppendHex(out, trace.trace_id.data(), trace.trace_id.size());
  out->push_back('-');
  AppendHex(out, trace.span_id.data(), trace.span_id.size());
  out->push_back('-');
  AppendHex(out, &trace.flags, 1);
  out->append("\r\n");
}

void AppendClean(std::string* out, std::string_view text) {
  if (text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos) {
    out->append(text);
    return;
  }
  for (const char c : text) {
    if (c != '\r' && c != '\n' && c != '\0') out->push_back(c);
  }
}

/// Headers that describe the connection belong to the server.
bool IsOurs(std::string_view name) {
  return EqualsIgnoreCase(name, "content-length") || EqualsIgnoreCase(name, "transfer-encoding") ||
         EqualsIgnoreCase(name, "connection") || EqualsIgnoreCase(name, "date") ||
         EqualsIgnoreCase(name, "keep-alive") || EqualsIgnoreCase(name, "x-request-id") ||
         EqualsIgnoreCase(name, "traceparent");
}

}  // namespace

bool HasBody(int status) { return status >= 200 && status != 204 && status != 304; }

void AppendHeader(std::string* out, std::string_view name, std::string_view value) {
  AppendClean(out, name);
  out->append(": ");
  AppendClean(out, value);
  out->append("\r\n");
}

void AppendHead(std::string* out, const Response& response, const HeadOptions& options) {
  out->append(options.version == 10 ? "HTTP/1.0 " : "HTTP/1.1 ");
  AppendNumber(out, static_cast<std::size_t>(response.status));
  out->push_back(' ');
  out->append(ReasonPhrase(response.status));
  out->append("\r\n");
  out->append(DateLine());
  bool typed = false;
  for (const auto& [name, value] : response.headers) {
    if (IsOurs(name)) continue;
    typed = typed || EqualsIgnoreCase(name, "content-type");
    AppendHeader(out, name, value);
  }
  if (HasBody(response.status)) {
    if (!typed) out->append("Content-Type: application/json\r\n");
    if (!options.stream) {
      out->append("Content-Length: ");
      AppendNumber(out, response.body.size());
      out->append("\r\n");
    } else if (options.chunked) {
      out->append("Transfer-Encoding: chunked\r\n");
    }
  }
  if (!options.keep_alive) out->append("Connection: close\r\n");
  else if (options.version == 10) out->append("Connection: keep-alive\r\n");
  AppendHeader(out, "X-Request-Id", options.request_id);
  if (options.trace != nullptr) AppendTrace(out, *options.trace);
  out->append("\r\n");
}

void AppendChunk(std::string* out, std::string_view chunk) {
  AppendNumber(out, chunk.size(), 16);
  out->append("\r\n");
  out->append(chunk);
  out->append("\r\n");
}

}  // namespace souk::http::internal
