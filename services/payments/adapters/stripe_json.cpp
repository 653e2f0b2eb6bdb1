#include "services/payments/adapters/stripe_json.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace souk::payments {
namespace {

using Json = nlohmann::json;

// The codes that our events promise; everything else a bank may say is a plain decline.
constexpr std::array<std::string_view, 5> kStableCodes = {"insufficient_funds", "expired_card", "incorrect_cvc",
                                                          "processing_error", "authentication_failed"};

std::string Text(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}
std::int64_t Number(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
}
Json Child(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_object() ? *found : Json::object();
}

std::string StableCode(const Json& error) {
  const std::string code = Text(error, "code");
  const std::string decline = Text(error, "decline_code");
  if (code == "payment_intent_authentication_failure") return "authentication_failed";
  for (const std::string& said : {decline, code}) {
    if (std::find(kStableCodes.begin(), kStableCodes.end(), said) != kStableCodes.end()) return said;
  }
  return "card_declined";
}

IntentStatus ReadStatus(const std::string& text) {
  if (text == "requires_action") return IntentStatus::kRequiresAction;
  if (text == "requires_capture") return IntentStatus::kRequiresCapture;
  if (text == "succeeded") return IntentStatus::kSucceeded;
  if (text == "canceled") return IntentStatus::kCanceled;
  if (text == "requires_payment_method") return IntentStatus::kFailed;
  return IntentStatus::kOther;
}

std::string UpperCase(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return text;
}

std::optional<IntentView> ReadIntent(const Json& object) {
  if (!object.is_object() || Text(object, "object") != "payment_intent" || Text(object, "id").empty()) return std::nullopt;
  IntentView view;
  view.provider_id = Text(object, "id");
  view.status = ReadStatus(Text(object, "status"));
  view.amount = {Number(object, "amount"), UpperCase(Text(object, "currency"))};
  view.received = Number(object, "amount_received");
  view.created = Number(object, "created");
  view.refunded = Number(Child(object, "latest_charge"), "amount_refunded");
  if (view.status == IntentStatus::kFailed) view.decline_code = StableCode(Child(object, "last_payment_error"));
  const Json redirect = Child(Child(object, "next_action"), "redirect_to_url");
  view.challenge_url = Text(redirect, "url");
  view.order_id = Text(Child(object, "metadata"), "order_id");
  return view;
}

std::optional<RefundView> ReadRefund(const Json& object) {
  if (!object.is_object() || Text(object, "object") != "refund" || Text(object, "id").empty()) return std::nullopt;
  const std::string status = Text(object, "status");
  RefundView view{.provider_id = Text(object, "id"), .refund_id = Text(Child(object, "metadata"), "refund_id")};
  view.amount = Number(object, "amount");
  if (status == "pending" || status == "requires_action") view.status = RefundStatus::kPending;
  if (status == "failed" || status == "canceled") view.status = RefundStatus::kFailed;
  return view;
}

ProviderResult ReadError(CallKind kind, int http_status, const Json& body) {
  const Json error = Child(body, "error");
  // 401, 403, 409, 429 and 5xx say nothing about the payment; the same key may be asked again.
  const bool about_us = http_status == 401 || http_status == 403 || http_status == 409 || http_status == 429;
  if (error.empty() || about_us || http_status >= 500) return UnknownOutcome{"HTTP " + std::to_string(http_status)};
  auto intent = ReadIntent(Child(error, "payment_intent"));
  if (http_status == 402) {
    IntentView view = intent.value_or(IntentView{});
    view.still_held = view.status == IntentStatus::kRequiresCapture;
    view.status = IntentStatus::kFailed;
    view.decline_code = StableCode(error);
    return view;
  }
  if (intent) return *intent;  // "unexpected state": the record says which
  if (http_status == 404 && kind != CallKind::kRefund) return NoSuchRecord{};
  return Rejected{Text(error, "type") == "idempotency_error" ? "idempotency_error" : Text(error, "code"), Text(error, "message")};
}

ProviderResult ReadFound(CallKind kind, const std::string& refund_id, const Json& body) {
  const auto data = body.find("data");
  if (data == body.end() || !data->is_array()) return UnknownOutcome{"a list without data"};
  for (const Json& item : *data) {
    if (kind == CallKind::kFind) {
      if (auto intent = ReadIntent(item)) return *intent;
    } else if (auto refund = ReadRefund(item); refund && refund->refund_id == refund_id) {
      return *refund;
    }
  }
  return NoSuchRecord{};
}

}  // namespace

ProviderResult ReadAnswer(CallKind kind, const std::string& refund_id, int http_status, std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return UnknownOutcome{"HTTP " + std::to_string(http_status) + " without a readable body"};
  if (http_status / 100 != 2) return ReadError(kind, http_status, json);
  if (kind == CallKind::kFind || kind == CallKind::kFindRefund) return ReadFound(kind, refund_id, json);
  if (kind == CallKind::kRefund) {
    if (auto refund = ReadRefund(json)) return *refund;
  } else if (auto intent = ReadIntent(json)) {
    return *intent;
  }
  return UnknownOutcome{"an answer of another kind"};
}

Result<IntentPage> ReadIntentList(int http_status, std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  if (http_status != 200 || !json.is_object() || !json.contains("data") || !json["data"].is_array()) {
    return MakeError(ErrorCode::kUnavailable, "the provider's list could not be read: HTTP " + std::to_string(http_status));
  }
  IntentPage page;
  for (const Json& item : json["data"]) {
    if (auto intent = ReadIntent(item)) page.intents.push_back(std::move(*intent));
  }
  page.has_more = json.value("has_more", false);
  return page;
}

std::optional<WebhookEvent> ReadWebhook(std::string_view body) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object() || Text(json, "object") != "event" || Text(json, "id").empty()) return std::nullopt;
  return WebhookEvent{Text(json, "id"), Text(json, "type"), ReadIntent(Child(Child(json, "data"), "object"))};
}

}  // namespace souk::payments
