#include "libs/redis/server_error.hpp"

#include <charconv>

#include <fmt/format.h>

namespace souk::redis {
namespace {

std::string_view TakeWord(std::string_view& text) {
  const auto space = text.find(' ');
  const auto word = text.substr(0, space);
  text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  return word;
}

bool ParseRedirect(std::string_view rest, ServerError& error) {
  const auto slot = TakeWord(rest);
  unsigned number = 0;
  const auto [end, failed] = std::from_chars(slot.data(), slot.data() + slot.size(), number);
  if (failed != std::errc() || end != slot.data() + slot.size() || number >= kSlotCount) return false;
  error.slot = static_cast<std::uint16_t>(number);
  error.target = ParseEndpoint(TakeWord(rest));
  return error.target.port != 0;
}

}  // namespace

std::string ToString(const Endpoint& endpoint) {
  if (endpoint.host.find(':') != std::string::npos) return fmt::format("[{}]:{}", endpoint.host, endpoint.port);
  return fmt::format("{}:{}", endpoint.host, endpoint.port);
}

Endpoint ParseEndpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return {};
  auto host = text.substr(0, colon);
  const auto digits = text.substr(colon + 1);
  int port = 0;
  const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (failed != std::errc() || end != digits.data() + digits.size() || port < 1 || port > 65535) return {};
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host == "?") host = {};  // the node does not know its own name
  return {std::string(host), port};
}

Result<std::vector<Endpoint>> ParseEndpoints(std::string_view text) {
  std::vector<Endpoint> endpoints;
  while (!text.empty()) {
    const auto comma = text.find(',');
    auto one = text.substr(0, comma);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    while (!one.empty() && one.back() == ' ') one.remove_suffix(1);
    if (one.empty()) continue;
    auto endpoint = ParseEndpoint(one);
    if (endpoint.port == 0 || endpoint.host.empty()) {
      return InvalidArgument("redis nodes", fmt::format("\"{}\" is not host:port", one));
    }
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

ServerError ClassifyError(std::string_view text) {
  using Kind = ServerError::Kind;
  ServerError error;
  const auto word = TakeWord(text);
  if (word == "MOVED" || word == "ASK") {
    if (ParseRedirect(text, error)) error.kind = word == "MOVED" ? Kind::kMoved : Kind::kAsk;
  } else if (word == "TRYAGAIN") {
    error.kind = Kind::kTryAgain;
  } else if (word == "CLUSTERDOWN" || word == "MASTERDOWN" || word == "READONLY") {
    error.kind = Kind::kClusterDown;
  } else if (word == "LOADING" || word == "BUSY") {
    error.kind = Kind::kLoading;
  } else if (word == "NOSCRIPT") {
    error.kind = Kind::kNoScript;
  } else if (word == "CROSSSLOT") {
    error.kind = Kind::kCrossSlot;
  }
  return error;
}

Error ErrorOfReply(const std::string& text) {
  std::string_view rest = text;
  std::string reason(TakeWord(rest));
  if (reason == "CROSSSLOT") {
    return MakeError(ErrorCode::kInvalidArgument, "the keys of one command must share a hash slot", std::string(kReasonCrossSlot));
  }
  return MakeError(ErrorCode::kInternal, text, std::move(reason));
}

}  // namespace souk::redis
