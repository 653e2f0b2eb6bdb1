#include "libs/rpc/admission.hpp"

#include <algorithm>

#include "libs/rpc/http_rule.hpp"
#include "libs/rpc/pan_guard.hpp"

namespace souk::rpc::internal {
namespace {

constexpr std::size_t kKeyMax = 255;

Error KeyError(std::string description, std::string reason) {
  Error error = MalformedField("Idempotency-Key", std::move(description));
  error.reason = std::move(reason);
  error.details_json = R"({"link":"/docs/idempotency"})";
  return error;
}

bool IsPrintable(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
}

}  // namespace

Result<void> CheckIdempotencyKey(const Method& method, std::string_view key, bool present) {
  if (!present) {
    const auto* rule = FindHttpRule(method);
    if (rule == nullptr || !rule->idempotent_key_required()) return {};
    return KeyError("is required: this call changes something", "IDEMPOTENCY_KEY_MISSING");
  }
  if (key.empty()) return KeyError("must not be empty", "IDEMPOTENCY_KEY_INVALID");
  if (key.size() > kKeyMax) return KeyError("must have at most 255 characters", "IDEMPOTENCY_KEY_INVALID");
  if (!IsPrintable(key)) return KeyError("must be printable ASCII", "IDEMPOTENCY_KEY_INVALID");
  return {};
}

std::string RequestIdField(const google::protobuf::Message& request) {
  using Field = google::protobuf::FieldDescriptor;
  const Field* field = request.GetDescriptor()->FindFieldByName("request_id");
  if (field == nullptr || field->is_repeated() || field->cpp_type() != Field::CPPTYPE_STRING) return {};
  return request.GetReflection()->GetString(request, field);
}

Result<void> CheckCardNumbers(const MethodTable& table, const google::protobuf::Message& request) {
  if (table.card_numbers_allowed()) return {};
  if (auto path = FindPan(request)) return PanNotAllowed(std::move(*path));
  return {};
}

}  // namespace souk::rpc::internal
