#include "libs/http/router.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "libs/base/check.hpp"
#include "libs/http/problem.hpp"

namespace souk::http {
namespace {

struct Route {
  Handler handler;
  std::vector<std::string> names;  // of the parameters, in the order of the path
};

using Values = std::vector<std::string>;

std::vector<std::string_view> SplitSegments(std::string_view path) {
  std::vector<std::string_view> out;
  path.remove_prefix(1);
  while (true) {
    const std::size_t slash = path.find('/');
    out.push_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return out;
    path.remove_prefix(slash + 1);
  }
}

/// The decoded segments; nothing for a bad escape or a "." or ".." segment.
std::optional<std::vector<std::string>> DecodeSegments(std::string_view path) {
  std::vector<std::string> out;
  for (const std::string_view raw : SplitSegments(path)) {
    if (raw.find('%') == std::string_view::npos) {
      out.emplace_back(raw);
    } else {
      auto decoded = PercentDecode(raw);
      if (!decoded) return std::nullopt;
      out.push_back(std::move(*decoded));
    }
    if (out.back() == "." || out.back() == "..") return std::nullopt;
  }
  return out;
}

bool EndsWith(std::string_view text, std::string_view suffix) {
  return text.size() > suffix.size() && text.substr(text.size() - suffix.size()) == suffix;
}

}  // namespace

struct Router::Node {
  std::map<std::string, std::unique_ptr<Node>, std::less<>> literals;
  std::map<std::string, std::unique_ptr<Node>> verbs;  // "{x}:cancel" under ":cancel"
  std::unique_ptr<Node> parameter;                     // "{x}"
  std::map<std::string, Route, std::less<>> methods;
  std::map<std::string, Route, std::less<>> rest_methods;  // "{x=**}"

  using Methods = std::map<std::string, Route, std::less<>>;

  /// The methods of the best pattern for segments[at...]; null when none fits. Values are pushed in order.
  const Methods* Match(const std::vector<std::string>& segments, std::size_t at, Values* values) const {
    if (at == segments.size()) return methods.empty() ? nullptr : &methods;
    if (const Methods* found = MatchSegment(segments, at, values)) return found;
    if (rest_methods.empty()) return nullptr;
    std::string rest = segments[at];
    for (std::size_t i = at + 1; i < segments.size(); ++i) rest += '/' + segments[i];
    values->push_back(std::move(rest));
    return &rest_methods;
  }

  const Methods* MatchSegment(const std::vector<std::string>& segments, std::size_t at, Values* values) const {
    const std::string& segment = segments[at];
    if (const auto it = literals.find(segment); it != literals.end()) {
      if (const Methods* found = it->second->Match(segments, at + 1, values)) return found;
    }
    for (const auto& [verb, node] : verbs) {
      if (!EndsWith(segment, verb)) continue;
      const std::string value = segment.substr(0, segment.size() - verb.size());
      if (const Methods* found = Capture(*node, value, segments, at, values)) return found;
    }
    if (!parameter || segment.empty()) return nullptr;
    return Capture(*parameter, segment, segments, at, values);
  }

  static const Methods* Capture(const Node& node, std::string value, const std::vector<std::string>& segments,
                                std::size_t at, Values* values) {
    const std::size_t size = values->size();
    values->push_back(std::move(value));
    if (const Methods* found = node.Match(segments, at + 1, values)) return found;
    values->resize(size);
    return nullptr;
  }

  Node* Child(std::unique_ptr<Node>* slot) {
    if (!*slot) *slot = std::make_unique<Node>();
    return slot->get();
  }
};

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::Add(std::string method, std::string_view pattern, Handler handler) {
  SOUK_CHECK(!pattern.empty() && pattern.front() == '/');
  routes_.push_back(method + ' ' + std::string(pattern));
  Node* node = root_.get();
  Route route{std::move(handler), {}};
  for (const std::string_view segment : SplitSegments(pattern)) {
    if (segment.empty() || segment.front() != '{') {
      node = node->Child(&node->literals[std::string(segment)]);
      continue;
    }
    const std::size_t close = segment.find('}');
    SOUK_CHECK(close != std::string_view::npos);
    const std::string_view name = segment.substr(1, close - 1);
    const std::string_view verb = segment.substr(close + 1);
    if (EndsWith(name, "=**")) {
      route.names.emplace_back(name.substr(0, name.size() - 3));
      SOUK_CHECK(node->rest_methods.emplace(std::move(method), std::move(route)).second);
      return;
    }
    route.names.emplace_back(name);
    node = node->Child(verb.empty() ? &node->parameter : &node->verbs[std::string(verb)]);
  }
  SOUK_CHECK(node->methods.emplace(std::move(method), std::move(route)).second);
}

void Router::SetFallback(Handler handler) { fallback_ = std::move(handler); }

namespace {

std::string AllowList(const std::map<std::string, Route, std::less<>>& methods) {
  std::string out;
  for (const auto& [method, route] : methods) {
    out += (out.empty() ? "" : ", ") + method;
    if (method == "GET" && !methods.contains("HEAD")) out += ", HEAD";
  }
  return out + ", OPTIONS";
}

void RefuseMethod(const Request& request, const std::string& allow, Responder responder) {
  Response response;
  if (request.method == "OPTIONS") {
    response.status = 204;
  } else {
    Error error = MakeError(ErrorCode::kUnimplemented, "This path doesn't take that method.", "METHOD_NOT_ALLOWED");
    error.http_status = 405;
    response = ProblemResponse(error, request.context);
  }
  response.headers.emplace_back("Allow", allow);
  responder.Send(std::move(response));
}

}  // namespace

void Router::Handle(Request request, Responder responder) const {
  std::optional<std::vector<std::string>> segments;
  if (!request.path.empty() && request.path.front() == '/') segments = DecodeSegments(request.path);
  if (!segments) {
    const Error error = MakeError(ErrorCode::kInvalidArgument, "The path has a bad escape or segment.", "BAD_PATH");
    return responder.Send(ProblemResponse(error, request.context));
  }
  Values values;
  const auto* methods = root_->Match(*segments, 0, &values);
  if (methods == nullptr) {
    if (fallback_) return fallback_(std::move(request), std::move(responder));
    return responder.Send(
        ProblemResponse(MakeError(ErrorCode::kNotFound, "Nothing lives at this path."), request.context));
  }
  auto route = methods->find(request.method);
  if (route == methods->end() && request.method == "HEAD") route = methods->find("GET");
  if (route == methods->end()) return RefuseMethod(request, AllowList(*methods), std::move(responder));
  for (std::size_t i = 0; i < values.size(); ++i) request.params[route->second.names[i]] = std::move(values[i]);
  route->second.handler(std::move(request), std::move(responder));
}

std::vector<std::string> Router::Routes() const { return routes_; }

Handler ToHandler(std::shared_ptr<const Router> router) {
  return [router = std::move(router)](Request request, Responder responder) {
    router->Handle(std::move(request), std::move(responder));
  };
}

}  // namespace souk::http
