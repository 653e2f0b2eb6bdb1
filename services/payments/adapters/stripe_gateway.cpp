#include "services/payments/adapters/stripe_gateway.hpp"

#include "libs/failpoint/failpoint.hpp"
#include "libs/observability/metrics.hpp"
#include "services/payments/adapters/stripe_json.hpp"

namespace souk::payments {
namespace {

// The payment and its key are stored; the provider has not heard of it / has answered and nobody has written it down.
failpoint::Point before_call("provider.before_call", failpoint::Kind::kMayFail);
failpoint::Point after_answer("provider.after_answer", failpoint::Kind::kMayFail);

/// Form encoding with the provider's nested names.
class Form {
 public:
  Form& Add(std::string_view name, std::string_view value) {
    if (!text_.empty()) text_ += '&';
    text_ += name;
    text_ += '=';
    text_ += http::PercentEncode(value);
    return *this;
  }
  Form& Add(std::string_view name, std::int64_t value) { return Add(name, std::to_string(value)); }
  std::string Take() { return std::move(text_); }

 private:
  std::string text_;
};

std::string LowerCase(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return text;
}

std::string AuthorizeForm(const ProviderCall& call) {
  return Form()
      .Add("amount", call.amount.minor_units)
      .Add("currency", LowerCase(call.amount.currency))
      .Add("payment_method", call.payment_method)
      .Add("payment_method_types[]", "card")
      .Add("capture_method", "manual")
      .Add("confirm", "true")
      .Add("metadata[order_id]", call.payment_id.ToString())
      .Take();
}

std::string RefundForm(const ProviderCall& call) {
  return Form()
      .Add("payment_intent", call.provider_id)
      .Add("amount", call.amount.minor_units)
      .Add("metadata[order_id]", call.payment_id.ToString())
      .Add("metadata[refund_id]", call.refund_id)
      .Take();
}

metrics::Counter& CallsCounter(const char* outcome) {
  return metrics::GetCounter("souk_payments_provider_calls_total", "Calls to the card provider", {{"outcome", outcome}});
}

}  // namespace

StripeGateway::StripeGateway(StripeConfig config, http::ClientRequest base)
    : config_(std::move(config)),
      base_(std::move(base)),
      client_({.connections_per_host_max = config_.connections, .queue_max = 16384}) {}

Result<std::unique_ptr<StripeGateway>> StripeGateway::Create(StripeConfig config) {
  SOUK_ASSIGN_OR_RETURN(http::ClientRequest base, http::ParseUrl(config.url));
  if (base.target == "/") base.target.clear();
  base.deadline = config.timeout;
  base.headers = {{"Authorization", "Bearer " + config.key}};
  return std::unique_ptr<StripeGateway>(new StripeGateway(std::move(config), std::move(base)));
}

http::ClientRequest StripeGateway::MakeRequest(const ProviderCall& call) const {
  http::ClientRequest request = base_;
  const auto post = [&](std::string target, std::string form) {
    request.method = "POST";
    request.target += target;
    request.body = std::move(form);
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.headers.emplace_back("Idempotency-Key", call.key);
  };
  const std::string intent = "/v1/payment_intents/" + http::PercentEncode(call.provider_id);
  switch (call.kind) {
    case CallKind::kAuthorize: post("/v1/payment_intents", AuthorizeForm(call)); break;
    case CallKind::kCapture: post(intent + "/capture", Form().Add("amount_to_capture", call.amount.minor_units).Take()); break;
    case CallKind::kCancel: post(intent + "/cancel", Form().Add("cancellation_reason", "abandoned").Take()); break;
    case CallKind::kRefund: post("/v1/refunds", RefundForm(call)); break;
    case CallKind::kGet: request.target += intent + "?expand[]=latest_charge"; break;
    case CallKind::kFind:
      request.target += "/v1/payment_intents/search?query=" + http::PercentEncode("metadata['order_id']:'" + call.payment_id.ToString() + "'");
      break;
    case CallKind::kFindRefund:
      request.target += "/v1/refunds?limit=100&payment_intent=" + http::PercentEncode(call.provider_id);
      break;
  }
  return request;
}

void StripeGateway::Call(const ProviderCall& call, std::function<void(ProviderResult)> done) {
  if (const auto passed = before_call.Try(); !passed.ok()) return done(UnknownOutcome{passed.error().message});
  client_.Send(MakeRequest(call), [kind = call.kind, refund_id = call.refund_id, done = std::move(done)](Result<http::Response> response) {
    static auto& answered = CallsCounter("answered");
    static auto& unknown = CallsCounter("unknown");
    ProviderResult result = UnknownOutcome{};
    if (const auto passed = after_answer.Try(); !passed.ok()) {
      result = UnknownOutcome{passed.error().message};
    } else if (response.ok()) {
      result = ReadAnswer(kind, refund_id, response->status, response->body);
    } else {
      result = UnknownOutcome{response.error().message};
    }
    (std::holds_alternative<UnknownOutcome>(result) ? unknown : answered).Increment();
    done(std::move(result));
  });
}

void StripeGateway::List(std::int64_t since_unix, const std::string& after, std::function<void(Result<IntentPage>)> done) {
  http::ClientRequest request = base_;
  request.target += "/v1/payment_intents?limit=100&expand[]=data.latest_charge";
  if (since_unix > 0) request.target += "&created[gte]=" + std::to_string(since_unix);
  if (!after.empty()) request.target += "&starting_after=" + http::PercentEncode(after);
  client_.Send(std::move(request), [done = std::move(done)](Result<http::Response> response) {
    if (!response.ok()) return done(response.error());
    done(ReadIntentList(response->status, response->body));
  });
}

}  // namespace souk::payments
