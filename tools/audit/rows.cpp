#include "tools/audit/rows.hpp"

#include <nlohmann/json.hpp>

#include "tools/audit/statements.hpp"

namespace souk::audit {
namespace {

using nlohmann::json;

constexpr int kPagesMax = 100'000;

Result<json> GetJson(Sources& sources, const std::string& target) {
  http::ClientRequest request;
  request.url = sources.config.provider_url + target;
  request.headers = {{"Authorization", "Bearer " + sources.config.provider_key}};
  SOUK_ASSIGN_OR_RETURN(const http::Response response, sources.http.SendSync(std::move(request)));
  json body = json::parse(response.body, nullptr, false);
  if (response.status != 200 || !body.is_object() || !body.contains("data")) {
    return MakeError(ErrorCode::kUnavailable, "the provider answered HTTP " + std::to_string(response.status) + " to " + target);
  }
  return body;
}

// Older provider versions list refunds inside the charge; ours and Stripe's expand latest_charge on request.
std::int64_t RefundedOf(const json& intent) {
  if (intent.contains("latest_charge") && intent["latest_charge"].is_object()) return intent["latest_charge"].value("amount_refunded", std::int64_t{0});
  return 0;
}

}  // namespace

Result<std::unordered_map<std::string, OrderRow>> ReadOrders(Sources& sources) {
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, sources.orders.Query(kOrders, {static_cast<std::int64_t>(sources.config.open_max.count())}));
  std::unordered_map<std::string, OrderRow> orders;
  rows.ForEach([&](const sql::Row& row) {
    orders[row.Text(0)] = {row.Text(1), row.Text(2), row.Text(3), row.Int(4), row.Int(5), row.Int(6), row.Bool(7)};
  });
  return orders;
}

Result<std::unordered_map<std::string, PaymentRow>> ReadPayments(Sources& sources) {
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, sources.payments.Query(kPayments));
  std::unordered_map<std::string, PaymentRow> payments;
  rows.ForEach([&](const sql::Row& row) {
    payments[row.Text(0)] = {row.Text(1), row.Text(2), row.Int(3), row.Int(4), row.Text(5), row.Bool(6)};
  });
  return payments;
}

Result<std::vector<IntentRow>> ReadIntents(Sources& sources) {
  std::vector<IntentRow> intents;
  std::string after;
  for (int page = 0; page < kPagesMax; ++page) {
    SOUK_ASSIGN_OR_RETURN(const json body, GetJson(sources, "/v1/payment_intents?limit=100&expand[]=data.latest_charge" + (after.empty() ? "" : "&starting_after=" + after)));
    for (const json& intent : body["data"]) {
      const json metadata = intent.value("metadata", json::object());
      intents.push_back({intent.value("id", ""), metadata.value("order_id", ""), intent.value("status", ""),
                         intent.value("amount_received", std::int64_t{0}), RefundedOf(intent)});
    }
    if (!body.value("has_more", false) || body["data"].empty()) return intents;
    after = intents.back().id;
  }
  return MakeError(ErrorCode::kResourceExhausted, "the provider's list does not end");
}

}  // namespace souk::audit
