#include "test/sim/bank.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "services/payments/adapters/stripe_json.hpp"
#include "test/sim/payments_node.hpp"

namespace souk::sim {
namespace {

using payment_simulator::Answer;
using payment_simulator::Params;
using payments::CallKind;
using payments::ProviderCall;
using payments::ProviderResult;
using payments::UnknownOutcome;

constexpr seconds kTimeout{5};  // of a call, as payments is configured
constexpr seconds kSlow{3};     // of the provider's slow card
constexpr seconds kWebhookPatience{3};
constexpr int kWebhookAttemptsMax = 24;

std::string Lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// The form that adapters/stripe_gateway.cpp sends.
Params FormOf(const ProviderCall& call) {
  const std::string order = call.payment_id.ToString();
  const std::string amount = std::to_string(call.amount.minor_units);
  switch (call.kind) {
    case CallKind::kAuthorize:
      return Params(Params::Pairs{{"amount", amount}, {"currency", Lower(call.amount.currency)}, {"payment_method", call.payment_method}, {"capture_method", "manual"},
                     {"confirm", "true"}, {"metadata[order_id]", order}});
    case CallKind::kCapture: return Params(Params::Pairs{{"amount_to_capture", amount}});
    case CallKind::kRefund:
      return Params(Params::Pairs{{"payment_intent", call.provider_id}, {"amount", amount}, {"metadata[order_id]", order}, {"metadata[refund_id]", call.refund_id}});
    case CallKind::kFind: return Params(Params::Pairs{{"query", "metadata['order_id']:'" + order + "'"}});
    case CallKind::kFindRefund: return Params(Params::Pairs{{"limit", "100"}, {"payment_intent", call.provider_id}});
    case CallKind::kGet: return Params(Params::Pairs{{"expand[]", "latest_charge"}});
    case CallKind::kCancel: break;
  }
  return Params();
}

}  // namespace

Bank::Bank(World& world)
    : world_(world), provider_(world.clock(), world.random(), [this](payment_simulator::ProviderEvent event) { Send(event); }) {
  provider_.SetBaseUrl("http://bank");
}

void Bank::GoAway(microseconds time) {
  away_until_ = world_.Now() + time;
  world_.Trace("bank", "is away");
}

Answer Bank::Once(const ProviderCall& call) {
  const Params form = FormOf(call);
  switch (call.kind) {
    case CallKind::kAuthorize: return provider_.CreateIntent(form);
    case CallKind::kCapture: return provider_.Capture(call.provider_id, form);
    case CallKind::kCancel: return provider_.Cancel(call.provider_id, form);
    case CallKind::kRefund:
      // Refused under this key for ever, as a provider does that stores what it answered first.
      if (world_.Fault(world_.faults().refund_refused)) return {400, R"({"error":{"type":"invalid_request_error","code":"refund_refused"}})"};
      return provider_.CreateRefund(form);
    case CallKind::kGet: return provider_.GetIntent(call.provider_id, form);
    case CallKind::kFind: return provider_.SearchIntents(form);
    case CallKind::kFindRefund: return provider_.ListRefunds(form);
  }
  return {500, "{}"};
}

Answer Bank::Work(const ProviderCall& call) {
  const std::string request = fmt::format("{} {} {} {} {} {}", static_cast<int>(call.kind), call.provider_id, call.amount.minor_units, call.amount.currency,
                                          call.payment_method, call.refund_id);
  Answer answer = provider_.Once(call.key, request, [&] { return Once(call); });
  world_.Trace("bank", fmt::format("{} call {} key {} answered {}", call.payment_id.ToString().substr(0, 8), static_cast<int>(call.kind), call.key, answer.status));
  if (!answer.replayed) Book(call, payments::ReadAnswer(call.kind, call.refund_id, answer.status, answer.body));
  return answer;
}

void Bank::Book(const ProviderCall& call, const ProviderResult& result) {
  Account& account = accounts_[call.payment_id.ToString()];
  if (const auto* intent = std::get_if<payments::IntentView>(&result)) {
    if (call.kind == CallKind::kAuthorize && !intent->provider_id.empty()) {
      ++account.intents;
      account.provider_ids.push_back(intent->provider_id);
    }
    if (call.kind != CallKind::kCapture || intent->status != payments::IntentStatus::kSucceeded || intent->received == 0) return;
    // An intent that was taken before answers the same to another key.
    if (std::find(account.provider_ids.begin(), account.provider_ids.end(), "taken " + intent->provider_id) != account.provider_ids.end()) return;
    account.provider_ids.push_back("taken " + intent->provider_id);
    account.captured += intent->received;
    ++account.charges;
    world_.Trace("bank", fmt::format("{} pays {}", call.payment_id.ToString().substr(0, 8), intent->received));
    if (account.charges > 1) world_.Fail(fmt::format("I3: order {} was charged {} times", call.payment_id.ToString(), account.charges));
  } else if (const auto* refund = std::get_if<payments::RefundView>(&result)) {
    if (call.kind != CallKind::kRefund || refund->status != payments::RefundStatus::kSucceeded) return;
    account.refunded += refund->amount;
    world_.Trace("bank", fmt::format("{} gets {} back", call.payment_id.ToString().substr(0, 8), refund->amount));
    if (account.refunded > account.captured) world_.Fail(fmt::format("I2: order {} got back more than it paid", call.payment_id.ToString()));
  }
}

void Bank::Request(const ProviderCall& call, std::function<void(ProviderResult)> answer) {
  const Faults& faults = world_.faults();
  const bool late = world_.Fault(faults.provider_late);
  const microseconds way = late ? world_.Between(seconds(5), seconds(25)) : world_.Between(milliseconds(1), milliseconds(60));
  world_.After(way, [this, call, answer = std::move(answer)] {
    const Faults& rates = world_.faults();
    microseconds back = world_.Between(milliseconds(1), milliseconds(40));
    const auto say = [&](ProviderResult result) { world_.After(back, [answer, result = std::move(result)] { answer(result); }); };
    if (!world_.quiet() && world_.Now() < away_until_) return;
    if (world_.Fault(rates.provider_error)) return say(payments::ReadAnswer(call.kind, call.refund_id, 500, R"({"error":{"type":"api_error"}})"));
    if (world_.Fault(rates.provider_hangs)) return;
    const Answer done = Work(call);
    if (world_.Fault(rates.provider_hangs_after) || (done.delivery == payment_simulator::Delivery::kNever && !world_.quiet())) return;
    if (world_.Fault(rates.provider_error_after)) return say(UnknownOutcome{"HTTP 500"});
    const bool garbage = world_.Fault(rates.provider_garbage);
    if (done.delivery == payment_simulator::Delivery::kSlow) back += kSlow;
    say(payments::ReadAnswer(call.kind, call.refund_id, done.status, garbage ? done.body.substr(0, done.body.size() / 2) : done.body));
  });
}

bool Bank::CompleteChallenge(const std::string& url, bool succeeds) {
  const std::size_t slash = url.rfind('/');
  if (slash == std::string::npos) return false;
  return provider_.CompleteChallenge(url.substr(slash + 1), succeeds).status == 200;
}

ProviderResult Bank::Look(const std::string& provider_id) {
  const Answer answer = provider_.GetIntent(provider_id, Params(Params::Pairs{{"expand[]", "latest_charge"}}));
  return payments::ReadAnswer(CallKind::kGet, {}, answer.status, answer.body);
}

void Bank::Send(const payment_simulator::ProviderEvent& event) {
  const auto body = std::make_shared<const std::string>(event.body);
  const bool twice = event.duplicate_and_reorder || world_.Fault(world_.faults().webhook_twice);
  for (int copy = 0; copy < (twice ? 2 : 1); ++copy) {
    if (world_.Fault(world_.faults().webhook_lost)) continue;
    world_.After(world_.Between(milliseconds(5), twice ? seconds(20) : seconds(1)), [this, body] { Deliver(body, 0); });
  }
}

void Bank::Deliver(std::shared_ptr<const std::string> body, int attempt) {
  if (attempt >= kWebhookAttemptsMax || receivers_.empty()) return;
  PaymentsNode* receiver = receivers_[world_.Below(receivers_.size())];
  const auto answered = std::make_shared<bool>(false);
  if (receiver->up()) receiver->OnWebhook(*body, [answered] { *answered = true; });
  world_.After(kWebhookPatience, [this, body, attempt, answered] {
    if (!*answered) Deliver(body, attempt + 1);
  });
}

void SimGateway::Call(const ProviderCall& call, std::function<void(ProviderResult)> done) {
  World& world = node_.world();
  ProviderCall sent = call;
  // Mistakes of an adapter: a key that is new at each attempt.
  const bool fresh = (world.Has(Bug::kKeyMadeAtRetry) && call.kind == CallKind::kAuthorize) || (world.Has(Bug::kRefundWithoutLookUp) && call.kind == CallKind::kRefund);
  if (fresh) sent.key += fmt::format(":{}:{}", node_.name(), world.random().Next());
  const auto answered = std::make_shared<bool>(false);
  const auto once = [answered, done = std::move(done)](ProviderResult result) {
    if (std::exchange(*answered, true)) return;
    done(std::move(result));
  };
  bank_.Request(sent, [&node = node_, process = node_.Process(), &world, call, once](ProviderResult result) {
    if (node.Process() != process) return;  // whoever asked is gone
    const bool failed = std::holds_alternative<UnknownOutcome>(result) && world.Has(Bug::kUnknownIsFailed) && call.kind == CallKind::kAuthorize;
    if (failed) result = payments::IntentView{.status = payments::IntentStatus::kFailed, .decline_code = "processing_error"};
    node.At(microseconds(0), [once, result = std::move(result)] { once(result); });
  });
  node_.At(kTimeout, [once, &world, call] {
    const bool failed = world.Has(Bug::kUnknownIsFailed) && call.kind == CallKind::kAuthorize;
    once(failed ? ProviderResult(payments::IntentView{.status = payments::IntentStatus::kFailed, .decline_code = "processing_error"})
                : ProviderResult(UnknownOutcome{"no answer in time"}));
  });
}

void SimGateway::List(std::int64_t, const std::string&, std::function<void(Result<payments::IntentPage>)> done) {
  done(MakeError(ErrorCode::kUnimplemented, "the simulation reconciles by looking at the bank"));
}

}  // namespace souk::sim
