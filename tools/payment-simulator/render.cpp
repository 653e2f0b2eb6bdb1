#include "tools/payment-simulator/render.hpp"

#include "libs/http/problem.hpp"

namespace souk::payment_simulator {
namespace {

void AppendField(std::string& out, std::string_view name, std::string_view text) {
  out += ",\"";
  out += name;
  out += "\":";
  AppendString(out, text);
}

void AppendOptional(std::string& out, std::string_view name, std::string_view text) {
  if (!text.empty()) return AppendField(out, name, text);
  out += ",\"";
  out += name;
  out += "\":null";
}

void AppendField(std::string& out, std::string_view name, std::int64_t value) {
  out += ",\"";
  out += name;
  out += "\":";
  out += std::to_string(value);
}

void AppendMetadata(std::string& out, const Params::Pairs& metadata) {
  out += ",\"metadata\":{";
  bool first = true;
  for (const auto& [key, value] : metadata) {
    if (!first) out += ',';
    first = false;
    AppendString(out, key);
    out += ':';
    AppendString(out, value);
  }
  out += '}';
}

void AppendLastError(std::string& out, const Intent& intent) {
  out += ",\"last_payment_error\":";
  if (intent.authentication_failed) {
    out += R"({"type":"card_error","code":"payment_intent_authentication_failure",)"
           R"("message":"The customer could not be authenticated."})";
    return;
  }
  if (intent.error == nullptr) {
    out += "null";
    return;
  }
  out += R"({"type":"card_error")";
  AppendField(out, "code", intent.error->code);
  if (!intent.error->decline_code.empty()) AppendField(out, "decline_code", intent.error->decline_code);
  AppendField(out, "message", intent.error->message);
  out += '}';
}

void AppendNextAction(std::string& out, const Intent& intent, std::string_view base_url) {
  if (intent.status != "requires_action") {
    out += ",\"next_action\":null";
    return;
  }
  out += R"(,"next_action":{"type":"redirect_to_url","redirect_to_url":{"return_url":null,"url":)";
  AppendString(out, std::string(base_url) + "/simulator/challenges/" + intent.challenge);
  out += "}}";
}

}  // namespace

void AppendString(std::string& out, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f || c == '"' || c == '\\') {
      out += http::JsonQuote(text);
      return;
    }
  }
  out += '"';
  out += text;
  out += '"';
}

std::string RenderCharge(const Intent& intent) {
  std::string out = R"({"object":"charge")";
  AppendField(out, "id", intent.charge);
  AppendField(out, "amount", intent.amount);
  AppendField(out, "amount_captured", intent.amount_received);
  AppendField(out, "amount_refunded", intent.amount_refunded);
  AppendField(out, "currency", intent.currency);
  AppendField(out, "payment_intent", intent.id);
  AppendMetadata(out, intent.metadata);
  out += intent.amount_refunded > 0 && intent.amount_refunded == intent.amount_received ? ",\"refunded\":true}"
                                                                                         : ",\"refunded\":false}";
  return out;
}

std::string RenderIntent(const Intent& intent, std::string_view base_url, bool expand_charge) {
  std::string out;
  out.reserve(768);
  out += R"({"object":"payment_intent","livemode":false,"capture_method":"manual")";
  AppendField(out, "id", intent.id);
  AppendField(out, "amount", intent.amount);
  AppendField(out, "amount_capturable", intent.amount_capturable);
  AppendField(out, "amount_received", intent.amount_received);
  AppendField(out, "created", intent.created);
  AppendField(out, "currency", intent.currency);
  AppendField(out, "client_secret", intent.client_secret);
  AppendField(out, "status", intent.status);
  AppendOptional(out, "payment_method", intent.payment_method);
  out += ",\"latest_charge\":";
  if (intent.charge.empty()) {
    out += "null";
  } else if (expand_charge) {
    out += RenderCharge(intent);
  } else {
    AppendString(out, intent.charge);
  }
  AppendLastError(out, intent);
  AppendNextAction(out, intent, base_url);
  AppendMetadata(out, intent.metadata);
  out += '}';
  return out;
}

std::string RenderRefund(const RefundRecord& refund) {
  std::string out = R"({"object":"refund","status":"succeeded")";
  AppendField(out, "id", refund.id);
  AppendField(out, "amount", refund.amount);
  AppendField(out, "currency", refund.currency);
  AppendField(out, "created", refund.created);
  AppendField(out, "payment_intent", refund.intent);
  AppendMetadata(out, refund.metadata);
  out += '}';
  return out;
}

std::string RenderError(std::string_view type, std::string_view code, std::string_view message,
                        std::string_view decline_code, std::string_view intent_json, std::string_view param) {
  std::string out = R"({"error":{"type":)";
  AppendString(out, type);
  if (!code.empty()) AppendField(out, "code", code);
  if (!decline_code.empty()) AppendField(out, "decline_code", decline_code);
  if (!param.empty()) AppendField(out, "param", param);
  AppendField(out, "message", message);
  if (!intent_json.empty()) {
    out += ",\"payment_intent\":";
    out += intent_json;
  }
  out += "}}";
  return out;
}

}  // namespace souk::payment_simulator
