#include "libs/graphql/http.hpp"

#include <charconv>
#include <cstdlib>

#include "libs/base/hash.hpp"
#include "libs/graphql/json.hpp"

namespace souk::graphql {
namespace {

constexpr std::string_view kResponseType = "application/graphql-response+json; charset=utf-8";
constexpr std::string_view kJsonType = "application/json; charset=utf-8";

bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Calls `take(media type, quality)` for each entry of an Accept header.
template <class F>
void EachAccepted(std::string_view accept, F take) {
  while (!accept.empty()) {
    const std::size_t comma = accept.find(',');
    std::string_view entry = accept.substr(0, comma);
    accept = comma == std::string_view::npos ? std::string_view() : accept.substr(comma + 1);
    double quality = 1;
    const std::size_t semicolon = entry.find(';');
    const std::string_view type = Trim(entry.substr(0, semicolon));
    while (entry.find(';') != std::string_view::npos) {
      entry.remove_prefix(entry.find(';') + 1);
      const std::string_view parameter = Trim(entry.substr(0, entry.find(';')));
      if (parameter.starts_with("q=")) quality = std::strtod(std::string(parameter.substr(2)).c_str(), nullptr);
    }
    if (!type.empty()) take(type, quality);
  }
}

enum class Media { kNone, kResponse, kJson };

/// What the client likes best; graphql-response+json where it leaves the choice.
Media Choose(std::string_view accept) {
  if (Trim(accept).empty()) return Media::kResponse;
  double response = 0;
  double json = 0;
  double any = 0;
  EachAccepted(accept, [&](std::string_view type, double quality) {
    if (EqualsIgnoreCase(type, "application/graphql-response+json")) response = std::max(response, quality);
    if (EqualsIgnoreCase(type, "application/json")) json = std::max(json, quality);
    if (type == "*/*" || EqualsIgnoreCase(type, "application/*")) any = std::max(any, quality);
  });
  if (response > 0 && response >= json) return Media::kResponse;
  if (json > 0) return Media::kJson;
  return any > 0 ? Media::kResponse : Media::kNone;
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      unsigned byte = 0;
      if (i + 2 >= text.size()) return std::nullopt;
      const auto result = std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16);
      if (result.ec != std::errc() || result.ptr != text.data() + i + 3) return std::nullopt;
      out += static_cast<char>(byte);
      i += 2;
    }
  }
  return out;
}

HttpAnswer Answer(int status, bool json, std::string body) { return {status, std::string(json ? kJsonType : kResponseType), {}, std::move(body)}; }

HttpAnswer Refusal(int status, bool json, std::string message) {
  return Answer(status, json, Engine::Refuse({{std::move(message), {}, {}, {}, {}}}).body);
}

/// With application/json a well-formed request is answered 200 whatever comes of it: that is what its clients look for.
int StatusOf(RefusalKind kind, bool json) {
  if (json) return 200;
  return kind == RefusalKind::kSyntax ? 400 : kind == RefusalKind::kNotRegistered ? 403 : kind == RefusalKind::kNotFound ? 404 : 422;
}

}  // namespace

/// The parameters of a request, and what they lie in.
struct HttpEndpoint::Parameters {
  std::shared_ptr<Arena> arena = std::make_shared<Arena>();
  std::string_view query;
  std::string_view operation;
  Value variables;
  Value extensions;
};

bool HttpEndpoint::WantsEvents(std::string_view accept) {
  bool events = false;
  EachAccepted(accept, [&](std::string_view type, double quality) {
    if (EqualsIgnoreCase(type, "text/event-stream") && quality > 0) events = true;
  });
  return events;
}

std::optional<HttpAnswer> HttpEndpoint::Read(const HttpRequest& request, bool json_errors, Parameters* out) const {
  if (request.method == "GET") {
    if (auto refusal = ReadQuery(request, json_errors, out)) return refusal;
  } else if (request.method == "POST") {
    if (auto refusal = ReadBody(request, json_errors, out)) return refusal;
  } else {
    HttpAnswer refusal = Refusal(405, json_errors, "GraphQL is asked by GET or POST.");
    refusal.allow = "GET, POST";
    return refusal;
  }
  if (!out->variables.IsNull() && !out->variables.IsObject()) return Refusal(422, json_errors, "\"variables\" must be an object.");
  if (!out->extensions.IsNull() && !out->extensions.IsObject()) return Refusal(422, json_errors, "\"extensions\" must be an object.");
  return std::nullopt;
}

std::optional<HttpAnswer> HttpEndpoint::ReadBody(const HttpRequest& request, bool json_errors, Parameters* out) const {
  const std::string_view type = Trim(request.content_type.substr(0, request.content_type.find(';')));
  if (!EqualsIgnoreCase(type, "application/json")) return Refusal(415, json_errors, "The body must be of type application/json.");
  // The body is gone when the answer comes later: variables point into a copy.
  const std::optional<Value> body = ParseJson(out->arena->Copy(request.body), out->arena.get());
  if (!body) return Refusal(400, json_errors, "The body is not JSON.");
  if (body->IsList()) return Refusal(400, json_errors, "Batches of requests are not answered: send them one by one.");
  if (!body->IsObject()) return Refusal(422, json_errors, "The body must be a JSON object.");
  for (const Member& member : body->AsObject()) {
    const bool is_text = member.name == "query" || member.name == "operationName";
    if (is_text && !member.value.IsNull() && member.value.kind() != ValueKind::kString) {
      return Refusal(422, json_errors, "\"" + std::string(member.name) + "\" must be a string.");
    }
    if (member.name == "query") out->query = member.value.AsText();
    if (member.name == "operationName") out->operation = member.value.AsText();
    if (member.name == "variables") out->variables = member.value;
    if (member.name == "extensions") out->extensions = member.value;
  }
  return std::nullopt;
}

std::optional<HttpAnswer> HttpEndpoint::ReadQuery(const HttpRequest& request, bool json_errors, Parameters* out) const {
  std::string_view rest = request.query_string;
  while (!rest.empty()) {
    const std::size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    const std::size_t equals = pair.find('=');
    const std::string name(pair.substr(0, equals));
    const std::optional<std::string> decoded = PercentDecode(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
    if (!decoded) return Refusal(400, json_errors, "A parameter is not percent-encoded.");
    const std::string_view value = out->arena->Copy(*decoded);
    if (name == "query") out->query = value;
    if (name == "operationName") out->operation = value;
    if ((name != "variables" && name != "extensions") || value.empty()) continue;
    const std::optional<Value> json = ParseJson(value, out->arena.get());
    if (!json) return Refusal(400, json_errors, "\"" + name + "\" is not JSON.");
    (name == "variables" ? out->variables : out->extensions) = *json;
  }
  return std::nullopt;
}

/// By the hash alone, by the text with its hash, or by the text alone.
Preparation HttpEndpoint::Find(const Parameters& parameters) const {
  const auto refuse = [](std::string message, std::string_view code) {
    GraphQLError error{std::move(message), {}, {}, R"({"code":")" + std::string(code) + "\"}", {}};
    return Preparation{nullptr, {std::move(error)}, RefusalKind::kValidation};
  };
  const Value* persisted = parameters.extensions.Find("persistedQuery");
  const Value* hash = persisted == nullptr ? nullptr : persisted->Find("sha256Hash");
  if (hash == nullptr) {
    if (parameters.query.empty()) return refuse("The request has no \"query\".", "BAD_REQUEST");
    return engine_->Prepare(parameters.query);
  }
  if (parameters.query.empty()) return engine_->FindPersisted(hash->AsText());
  if (Sha256Hex(parameters.query) != hash->AsText()) return refuse("provided sha does not match query", "PERSISTED_QUERY_HASH_MISMATCH");
  return engine_->Persist(hash->AsText(), parameters.query);
}

std::optional<HttpAnswer> HttpEndpoint::Prepare(const HttpRequest& request, bool json_errors, const HttpContext& context, Request* out) const {
  Parameters parameters;
  if (auto refusal = Read(request, json_errors, &parameters)) return refusal;
  const Preparation found = Find(parameters);
  if (!found.ok()) return Answer(StatusOf(found.refusal, json_errors), json_errors, Engine::Refuse(found.errors).body);
  const auto operation = found.prepared->FindOperation(parameters.operation);
  if (request.method == "GET" && operation.index() == 0 && std::get<0>(operation)->type == ast::OperationType::kMutation) {
    HttpAnswer refusal = Refusal(405, json_errors, "A mutation must be sent by POST.");
    refusal.allow = "POST";
    return refusal;
  }
  out->prepared = found.prepared;
  out->operation_name = std::string(parameters.operation);
  out->arena = parameters.arena;
  out->variables = parameters.variables;
  out->root = context.root;
  out->context = context.context;
  out->expired = context.expired;
  return std::nullopt;
}

void HttpEndpoint::Handle(const HttpRequest& request, HttpContext context, std::function<void(HttpAnswer)> done) const {
  const Media media = Choose(request.accept);
  if (media == Media::kNone) return done(Refusal(406, true, "Answers are application/graphql-response+json or application/json."));
  const bool json = media == Media::kJson;
  Request prepared;
  if (auto refusal = Prepare(request, json, context, &prepared)) return done(std::move(*refusal));
  const auto expired = prepared.expired;
  engine_->Execute(std::move(prepared), [json, expired, done = std::move(done)](Response response) {
    int status = response.has_data || json ? 200 : 422;
    // Nothing at all in time: the client had better come again.
    if (response.has_data && !json && expired && response.body.ends_with("\"data\":null}") && expired()) status = 503;
    done(Answer(status, json, std::move(response.body)));
  });
}

HttpAnswer HttpEndpoint::Subscribe(const HttpRequest& request, HttpContext context, std::function<void(std::string)> write,
                                   std::function<void()> end, std::shared_ptr<Subscription>* subscription) const {
  Request prepared;
  if (auto refusal = Prepare(request, false, context, &prepared)) return std::move(*refusal);
  const HttpAnswer stream{200, "text/event-stream; charset=utf-8", {}, {}};
  const auto operation = prepared.prepared->FindOperation(prepared.operation_name);
  if (operation.index() == 0 && std::get<0>(operation)->type != ast::OperationType::kSubscription) {
    engine_->Execute(std::move(prepared), [write = std::move(write), end = std::move(end)](Response response) {
      write(SseNext(response.body) + SseComplete());
      end();
    });
    return stream;
  }
  SubscriptionClient client{[write](Response response) { write(SseNext(response.body)); },
                            [write, end] {
                              write(SseComplete());
                              end();
                            }};
  auto started = engine_->Subscribe(std::move(prepared), std::move(client));
  if (auto* response = std::get_if<Response>(&started)) return Answer(response->has_data ? 200 : 422, false, std::move(response->body));
  *subscription = std::get<std::shared_ptr<Subscription>>(std::move(started));
  return stream;
}

}  // namespace souk::graphql
