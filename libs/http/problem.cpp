#include "libs/http/problem.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace souk::http {
namespace {

/// "PRICE_CHANGED" -> "price-changed": the last part of the problem's type.
std::string Kebab(std::string_view reason) {
  std::string out(reason);
  for (char& c : out) {
    if (c == '_') c = '-';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

std::string_view RetryAfterSeconds(const Error& error, int status) {
  if (status == 429 || status == 503 || error.code == ErrorCode::kAborted) return "1";
  return {};
}

void AppendMember(std::string* out, std::string_view name, std::string_view value) {
  *out += ",\"";
  *out += name;
  *out += "\":";
  *out += JsonQuote(value);
}

void AppendFields(std::string* out, const std::vector<FieldViolation>& fields) {
  *out += ",\"errors\":[";
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i != 0) *out += ',';
    *out += "{\"field\":" + JsonQuote(fields[i].field) + ",\"description\":" + JsonQuote(fields[i].description) + '}';
  }
  *out += ']';
}

/// The members of a JSON object that don't clash with those of the document.
void AppendDetails(std::string* out, const std::string& details_json) {
  const auto details = nlohmann::json::parse(details_json, nullptr, false);
  if (!details.is_object()) return;
  static constexpr std::string_view kOwn[] = {"type", "title", "status", "detail", "code", "reason", "errors",
                                              "requestId"};
  for (const auto& [name, value] : details.items()) {
    if (std::find(std::begin(kOwn), std::end(kOwn), name) != std::end(kOwn)) continue;
    *out += ',' + JsonQuote(name) + ':' + value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }
}

}  // namespace

std::string JsonQuote(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

int HttpStatus(const Error& error) {
  if (error.http_status >= 400 && error.http_status <= 599) return error.http_status;
  switch (error.code) {
    case ErrorCode::kInvalidArgument: return 400;
    case ErrorCode::kUnauthenticated: return 401;
    case ErrorCode::kPermissionDenied: return 403;
    case ErrorCode::kNotFound: return 404;
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kFailedPrecondition:
    case ErrorCode::kAborted: return 409;
    case ErrorCode::kResourceExhausted: return 429;
    case ErrorCode::kDeadlineExceeded: return 504;
    case ErrorCode::kUnavailable: return 503;
    case ErrorCode::kUnimplemented: return 501;
    case ErrorCode::kInternal: return 500;
  }
  return 500;
}

std::string ProblemJson(const Error& error, const Context& context) {
  const int status = HttpStatus(error);
  std::string out = "{\"type\":";
  out += error.reason.empty() ? "\"about:blank\"" : JsonQuote("/docs/problems#" + Kebab(error.reason));
  AppendMember(&out, "title", ReasonPhrase(status));
  out += ",\"status\":" + std::to_string(status);
  const bool hidden = error.code == ErrorCode::kInternal;
  AppendMember(&out, "detail", hidden ? std::string_view("Something went wrong on our side.") : error.message);
  AppendMember(&out, "code", ToString(error.code));
  if (!error.reason.empty()) AppendMember(&out, "reason", error.reason);
  if (!error.fields.empty()) AppendFields(&out, error.fields);
  if (!context.request_id.empty()) AppendMember(&out, "requestId", context.request_id);
  if (!error.details_json.empty()) AppendDetails(&out, error.details_json);
  out += '}';
  return out;
}

Response ProblemResponse(const Error& error, const Context& context) {
  Response response;
  response.status = HttpStatus(error);
  response.headers.emplace_back("Content-Type", "application/problem+json");
  const std::string_view retry = RetryAfterSeconds(error, response.status);
  if (!retry.empty()) response.headers.emplace_back("Retry-After", retry);
  response.body = ProblemJson(error, context);
  return response;
}

}  // namespace souk::http
