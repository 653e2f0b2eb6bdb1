#include "services/payments/adapters/webhooks.hpp"

#include <charconv>

#include "libs/base/hash.hpp"
#include "libs/http/problem.hpp"
#include "libs/observability/metrics.hpp"
#include "services/payments/adapters/stripe_json.hpp"

namespace souk::payments {
namespace {

constexpr std::int64_t kToleranceSeconds = 300;

Error Unsigned(std::string message, std::string reason) {
  return MakeError(ErrorCode::kUnauthenticated, std::move(message), std::move(reason));
}

/// Calls `use(name, value)` for each "name=value" between commas.
template <class Use>
void ForEachPart(std::string_view header, Use&& use) {
  while (!header.empty()) {
    const std::size_t comma = std::min(header.find(','), header.size());
    const std::string_view part = header.substr(0, comma);
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos) use(part.substr(0, equals), part.substr(equals + 1));
    header.remove_prefix(std::min(comma + 1, header.size()));
  }
}

metrics::Counter& Counted(const char* outcome) {
  return metrics::GetCounter("souk_payments_webhooks_total", "Webhooks of the provider", {{"outcome", outcome}});
}

Work MakeWork(WebhookEvent event, std::string body, const Context& context) {
  Work work;
  work.payment_id = Uuid::Parse(event.intent->order_id).value_or(Uuid{});
  work.parking = Parking{event.id, std::move(body), false};
  work.input = ProviderNotice{std::move(*event.intent)};
  work.cause.traceparent = context.trace.ToString();
  return work;
}

void Accept(Payments& payments, http::Request request, std::shared_ptr<http::Responder> responder) {
  auto event = ReadWebhook(request.body);
  if (!event) {
    return responder->Send(http::ProblemResponse(MalformedField("body", "must be an event of the provider"), request.context));
  }
  if (!event->intent) {
    static auto& ignored = Counted("ignored");
    ignored.Increment();
    return responder->Send({200, {}, "{}"});
  }
  Work work = MakeWork(std::move(*event), std::move(request.body), request.context);
  if (payments.recent().NothingNew(work.payment_id, std::get<ProviderNotice>(work.input))) {
    static auto& nothing_new = Counted("nothing_new");
    nothing_new.Increment();
    return responder->Send({200, {}, "{}"});
  }
  work.done = [responder, context = request.context](Outcome& outcome, const Result<void>& result) {
    static auto& failed = Counted("failed");
    static auto& parked = Counted("parked");
    static auto& applied = Counted("applied");
    (!result.ok() ? failed : outcome.parked ? parked : applied).Increment();
    if (!result.ok()) return responder->Send(http::ProblemResponse(result.error(), context));
    responder->Send({outcome.parked ? 202 : 200, {}, "{}"});
  };
  if (auto queued = payments.Do(std::move(work)); !queued.ok()) {
    responder->Send(http::ProblemResponse(queued.error(), request.context));
  }
}

}  // namespace

Result<void> VerifySignature(std::string_view header, std::string_view body, std::string_view secret, SystemTime now) {
  std::string_view time_text;
  std::vector<std::string_view> signatures;
  ForEachPart(header, [&](std::string_view name, std::string_view value) {
    if (name == "t") time_text = value;
    if (name == "v1") signatures.push_back(value);
  });
  std::int64_t time = 0;
  const auto [end, error] = std::from_chars(time_text.data(), time_text.data() + time_text.size(), time);
  if (time_text.empty() || error != std::errc{} || end != time_text.data() + time_text.size() || signatures.empty()) {
    return Unsigned("the Stripe-Signature header is missing or malformed", "SIGNATURE_MISSING");
  }
  const std::string expected = HmacSha256Hex(secret, std::string(time_text) + "." + std::string(body));
  bool matches = false;
  for (const std::string_view signature : signatures) matches = matches || ConstantTimeEqual(signature, expected);
  if (!matches) return Unsigned("the signature does not fit the body", "SIGNATURE_MISMATCH");
  const std::int64_t age = ToUnixMillis(now) / 1000 - time;
  if (age > kToleranceSeconds || age < -kToleranceSeconds) {
    return Unsigned("the signature's time is more than 5 minutes away", "SIGNATURE_TOO_OLD");
  }
  return {};
}

std::optional<ProviderNotice> NoticeOf(const std::string& body) {
  auto event = ReadWebhook(body);
  if (!event || !event->intent) return std::nullopt;
  return ProviderNotice{std::move(*event->intent)};
}

void MountWebhooks(http::Router& router, Payments& payments, std::string secret) {
  router.Add("POST", "/webhooks/provider", [&payments, secret = std::move(secret)](http::Request request, http::Responder responder) {
    const auto verified = VerifySignature(request.Header("Stripe-Signature"), request.body, secret, payments.clock().Now());
    if (!verified.ok()) {
      static auto& refused = Counted("refused");
      refused.Increment();
      return responder.Send(http::ProblemResponse(verified.error(), request.context));
    }
    Accept(payments, std::move(request), http::Share(std::move(responder)));
  });
}

}  // namespace souk::payments
