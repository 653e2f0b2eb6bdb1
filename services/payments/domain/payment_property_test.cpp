// Any order of commands, lost answers, repeated and late webhooks, crashes and replays: one charge at most, and a ledger
// that says what the provider says.
#include <gtest/gtest.h>

#include <deque>
#include <map>

#include "libs/base/random.hpp"
#include "services/payments/domain/payment.hpp"

namespace souk::payments {
namespace {

const Uuid kId = *Uuid::Parse("01900000-0000-7000-8000-000000000002");
const Money kAmount{1000, "GBP"};

/// The provider's side, reduced to one order: keys, one intent per key, refunds.
class ModelProvider {
 public:
  enum class Card { kGood, kDeclines, kChallenges, kCaptureFails };
  explicit ModelProvider(Card card) : card_(card) {}

  ProviderResult Do(const ProviderCall& call) {
    switch (call.kind) {
      case CallKind::kGet: return View(call.provider_id);
      case CallKind::kFind: return intents.empty() ? ProviderResult(NoSuchRecord{}) : View(intents.begin()->first);
      case CallKind::kFindRefund: {
        const auto found = refunds.find(call.refund_id);
        if (found == refunds.end()) return NoSuchRecord{};
        return found->second;
      }
      default: break;
    }
    EXPECT_FALSE(call.key.empty());
    if (const auto known = keys_.find(call.key); known != keys_.end()) return known->second;
    return keys_[call.key] = Work(call);
  }
  void EndChallenge(bool good) {
    for (auto& [id, intent] : intents) {
      if (intent.status != IntentStatus::kRequiresAction) continue;
      intent.status = good ? IntentStatus::kRequiresCapture : IntentStatus::kFailed;
      intent.decline_code = good ? "" : "authentication_failed";
      history.push_back(intent);
    }
  }
  std::map<std::string, IntentView> intents;
  std::map<std::string, RefundView> refunds;
  std::vector<IntentView> history;  // every snapshot that ever was: webhooks come from here

 private:
  ProviderResult View(const std::string& id) {
    const auto found = intents.find(id);
    if (found == intents.end()) return NoSuchRecord{};
    return found->second;
  }
  ProviderResult Work(const ProviderCall& call) {
    if (call.kind == CallKind::kAuthorize) {
      IntentView intent{.provider_id = "pi_" + std::to_string(intents.size()), .status = IntentStatus::kRequiresCapture, .amount = call.amount};
      if (card_ == Card::kDeclines) intent.status = IntentStatus::kFailed;
      if (card_ == Card::kChallenges) intent.status = IntentStatus::kRequiresAction;
      intents[intent.provider_id] = intent;
      history.push_back(intent);
      return intent;
    }
    IntentView& intent = intents.at(call.provider_id);
    if (call.kind == CallKind::kRefund) {
      std::int64_t given = call.amount.minor_units;
      for (const auto& [id, refund] : refunds) given += refund.amount;
      if (intent.status != IntentStatus::kSucceeded || given > intent.received) return Rejected{"amount_too_large", ""};
      return refunds[call.refund_id] = {.provider_id = "re_" + call.refund_id, .refund_id = call.refund_id, .amount = call.amount.minor_units};
    }
    if (call.kind == CallKind::kCapture && intent.status == IntentStatus::kRequiresCapture) {
      intent.status = card_ == Card::kCaptureFails ? IntentStatus::kCanceled : IntentStatus::kSucceeded;
      if (intent.status == IntentStatus::kSucceeded) intent.received = call.amount.minor_units;
    } else if (call.kind == CallKind::kCancel && intent.status != IntentStatus::kSucceeded) {
      intent.status = IntentStatus::kCanceled;
    }
    history.push_back(intent);
    return intent;
  }
  const Card card_;
  std::map<std::string, ProviderResult> keys_;
};

/// One life of a payment under a seed.
class Life {
 public:
  explicit Life(std::uint64_t seed) : random_(seed), provider_(static_cast<ModelProvider::Card>(random_.Below(4))) {}

  void Run() {
    for (int i = 0; i < 60; ++i) Disturb();
    for (int i = 0; i < 200 && !(calls_.empty() && Quiet()); ++i) Heal();
    Check();
  }

 private:
  bool Quiet() const { return !state_.payment || Settled(*state_.payment); }

  void Disturb() {
    switch (random_.Below(12)) {
      case 0: return Apply(Authorize{kAmount, "pm_card", "c"});
      case 1: return Apply(Capture{kAmount});
      case 2: return random_.Below(3) == 0 ? Apply(Void{}) : Apply(Authorize{kAmount, "pm_card", "c"});
      case 3: return Apply(GiveBack{"r" + std::to_string(random_.Below(4)), {400, "GBP"}, ""});
      case 4: return Apply(Capture{kAmount});
      case 5: return calls_.clear();  // a crash: the answers are lost with the process
      case 6: return Webhook();
      case 7: return provider_.EndChallenge(random_.Below(2) == 0);
      case 8: now_ += std::chrono::seconds(random_.Below(30)); return Apply(RetryDue{});
      default: return Answer(true);
    }
  }
  void Heal() {
    provider_.EndChallenge(true);
    if (!calls_.empty()) return Answer(false);
    now_ += std::chrono::minutes(2);
    Apply(RetryDue{});
  }
  void Webhook() {
    if (!provider_.history.empty()) Apply(ProviderNotice{provider_.history[random_.Below(provider_.history.size())]});
  }
  /// Does one waiting call; with faults it may be lost before or after the provider's work.
  void Answer(bool faults) {
    if (calls_.empty()) return;
    const std::size_t i = random_.Below(calls_.size());
    const ProviderCall call = calls_[i];
    calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(i));
    const std::uint64_t fate = faults ? random_.Below(4) : 3;
    ProviderResult result = UnknownOutcome{"lost before"};
    if (fate > 0) result = provider_.Do(call);
    if (fate == 1) result = UnknownOutcome{"lost after"};
    Apply(ProviderAnswered{call.kind, call.refund_id, std::move(result)});
  }
  void Apply(const Input& input) {
    const std::int64_t version = state_.payment ? state_.payment->version : 0;
    Decision decision = Decide(kId, state_, input, now_, Policy{});
    if (decision.refusal) return;
    voided_ = voided_ || std::holds_alternative<Void>(input);
    std::int64_t last = version;
    for (const Event& event : decision.events) {
      EXPECT_GT(event.version, last);
      last = event.version;
    }
    for (const LedgerEntry& entry : decision.entries) {
      EXPECT_TRUE(booked_.insert({entry.cause + entry.account, entry.amount.minor_units}).second) << "booked twice: " << entry.cause;
      ledger_[entry.account] += entry.amount.minor_units;
    }
    if (decision.changed) {
      EXPECT_GT(decision.next.payment->version, version);
    }
    for (ProviderCall& call : decision.calls) calls_.push_back(std::move(call));
    state_ = std::move(decision.next);
  }
  void Check() {
    EXPECT_LE(provider_.intents.size(), 1u) << "two charges";
    if (!state_.payment) return;
    EXPECT_TRUE(Quiet()) << ToString(state_.payment->status);
    std::int64_t received = 0;
    std::int64_t refunded = 0;
    bool held = false;
    for (const auto& [id, intent] : provider_.intents) {
      received += intent.received;
      held = held || intent.status == IntentStatus::kRequiresCapture;
    }
    for (const auto& [id, refund] : provider_.refunds) refunded += refund.amount;
    EXPECT_EQ(state_.payment->captured, received);
    EXPECT_EQ(state_.payment->refunded, refunded);
    EXPECT_LE(refunded, received);
    EXPECT_EQ(held, state_.payment->status == Status::kAuthorized);
    EXPECT_FALSE(held && voided_) << "a void was forgotten";
    EXPECT_EQ(-ledger_["revenue"], received);
    EXPECT_EQ(ledger_["refunds"], refunded);
    EXPECT_EQ(ledger_["provider_holding"] + ledger_["revenue"] + ledger_["refunds"], 0);
  }

  SeededRandom random_;
  ModelProvider provider_;
  SystemTime now_ = SystemTime(std::chrono::hours(24 * 365 * 50));
  Aggregate state_;
  bool voided_ = false;
  std::deque<ProviderCall> calls_;
  std::map<std::string, std::int64_t> booked_;
  std::map<std::string, std::int64_t> ledger_;
};

TEST(PaymentPropertyTest, ChargesOnceAndKeepsTheLedgerEqualToTheProviderUnderAnyInterleaving) {
  for (std::uint64_t seed = 1; seed <= 20'000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Life(seed).Run();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace souk::payments
