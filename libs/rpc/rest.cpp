#include "libs/rpc/rest.hpp"

#include <algorithm>
#include <mutex>

#include "libs/base/check.hpp"
#include "libs/http/problem.hpp"
#include "libs/rpc/admission.hpp"
#include "libs/rpc/call_metrics.hpp"
#include "libs/rpc/http_rule.hpp"
#include "libs/rpc/json.hpp"
#include "libs/rpc/pan_guard.hpp"
#include "libs/rpc/rest_binding.hpp"
#include "libs/rpc/rest_stream.hpp"

namespace souk::rpc {

using internal::RestCall;
using souk::common::v1::HttpRule;

namespace {

Error UnsupportedMediaType() {
  Error error = MakeError(ErrorCode::kInvalidArgument, "The body must be application/json.", "UNSUPPORTED_MEDIA_TYPE");
  error.http_status = 415;
  return error;
}

bool IsJson(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (!type.empty() && type.back() == ' ') type.remove_suffix(1);
  return type.empty() || http::EqualsIgnoreCase(type, "application/json") ||
         (type.size() > 5 && http::EqualsIgnoreCase(type.substr(type.size() - 5), "+json"));
}

/// The JSON body into the message, or into the one field that the rule names.
Result<void> BindBody(const HttpRule& rule, const http::Request& request, google::protobuf::Message* message) {
  if (rule.body().empty()) return {};
  if (!IsJson(request.Header("content-type"))) return UnsupportedMediaType();
  if (request.body.empty()) return {};
  if (rule.body() == "*") return ParseJson(request.body, message);
  const auto* field = internal::FindField(*message->GetDescriptor(), rule.body());
  return ParseJson(request.body, message->GetReflection()->MutableMessage(message, field));
}

Result<void> BindParameters(const HttpRule& rule, const http::Request& request, google::protobuf::Message* message) {
  for (const auto& [name, value] : request.params) {
    if (internal::Contradicts(*message, name, value)) {
      return MalformedField(name, "differs between the path and the body");
    }
    SOUK_RETURN_IF_ERROR(internal::SetFromText(message, name, value));
  }
  if (rule.body() == "*" || request.query.empty()) return {};
  for (const auto& [name, value] : http::ParseQuery(request.query)) {
    if (ContainsPan(name)) return PanNotAllowed("query");
    if (request.params.contains(name)) return MalformedField(name, "is given in the path and in the query");
    SOUK_RETURN_IF_ERROR(internal::SetFromText(message, name, value));
  }
  return {};
}

const std::string* FindHeader(const http::Request& request, std::string_view name) {
  for (const auto& [key, value] : request.headers) {
    if (http::EqualsIgnoreCase(key, name)) return &value;
  }
  return nullptr;
}

Result<void> Admit(const MethodTable& table, const Method& method, const HttpRule& rule, http::Request* request,
                   google::protobuf::Message* message) {
  const std::string* key = FindHeader(*request, "idempotency-key");
  SOUK_RETURN_IF_ERROR(internal::CheckIdempotencyKey(method, key == nullptr ? "" : *key, key != nullptr));
  if (key != nullptr) request->context.idempotency_key = *key;
  SOUK_RETURN_IF_ERROR(BindBody(rule, *request, message));
  // First the guard, then the parameters: an error about a parameter names the field only.
  SOUK_RETURN_IF_ERROR(BindParameters(rule, *request, message));
  return internal::CheckCardNumbers(table, *message);
}

void Serve(const MethodTable& table, const Method& method, const HttpRule& rule, http::Request request,
           http::Responder responder) {
  const MessagePtr message(method.request_prototype->New());
  const auto admitted = Admit(table, method, rule, &request, message.get());
  auto wire = std::make_shared<RestCall>(method, rule.success_status(), std::move(request), std::move(responder));
  if (!admitted.ok()) return wire->Fail(admitted.error());
  const CallPtr call = wire->MakeCall();
  if (method.server_stream) return method.server_stream(call, message, wire);
  method.unary(call, message, [wire](Result<MessagePtr> result) {
    if (!result.ok()) return wire->Fail(result.error());
    wire->Succeed(**result);
  });
}

/// A rule that doesn't fit its message is a defect of the contract: better at start-up than in a request.
void CheckRule(const Method& method, const HttpRule& rule) {
  const auto* type = method.request_prototype->GetDescriptor();
  for (const std::string& name : internal::PathParameters(rule.path())) {
    SOUK_CHECK(internal::FindField(*type, name) != nullptr);
  }
  if (rule.body().empty() || rule.body() == "*") return;
  const auto* field = internal::FindField(*type, rule.body());
  SOUK_CHECK(field != nullptr && field->message_type() != nullptr && !field->is_repeated());
}

}  // namespace

void MountRest(http::Router& router, const MethodTable& table) {
  for (const auto& [name, method] : table.methods()) {
    const HttpRule* rule = internal::FindHttpRule(method);
    if (rule == nullptr) continue;
    CheckRule(method, *rule);
    router.Add(rule->method(), rule->path(),
               [&table, &method = method, rule](http::Request request, http::Responder responder) {
                 Serve(table, method, *rule, std::move(request), std::move(responder));
               });
  }
}

void MountOpenApi(http::Router& router, const MethodTable& table, std::string_view title) {
  router.Add("GET", "/openapi.json", [document = OpenApi(table, title)](http::Request, http::Responder responder) {
    http::Response response;
    response.body = document;
    responder.Send(std::move(response));
  });
}

}  // namespace souk::rpc
