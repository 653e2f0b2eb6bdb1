#include "services/payments/app/memory_gateway.hpp"

namespace souk::payments {

void MemoryGateway::Call(const ProviderCall& call, std::function<void(ProviderResult)> done) {
  ProviderResult result = UnknownOutcome{"no answer"};
  {
    const std::lock_guard lock(mutex_);
    const bool lost = lose_ > 0;
    if (lost) --lose_;
    if (!lost || lose_after_work_) {
      ProviderResult answer = Answer(call);
      if (!lost) result = std::move(answer);
    }
  }
  done(std::move(result));
}

ProviderResult MemoryGateway::Answer(const ProviderCall& call) {
  if (call.key.empty()) return Work(call);
  if (const auto known = keys_.find(call.key); known != keys_.end()) return known->second;
  return keys_[call.key] = Work(call);
}

ProviderResult MemoryGateway::Work(const ProviderCall& call) {
  if (call.kind == CallKind::kAuthorize) return Authorize(call);
  if (call.kind == CallKind::kFind) {
    for (const auto& [id, intent] : intents_) {
      if (intent.order_id == call.payment_id.ToString()) return intent;
    }
    return NoSuchRecord{};
  }
  const auto found = intents_.find(call.provider_id);
  if (found == intents_.end()) return NoSuchRecord{};
  IntentView& intent = found->second;
  switch (call.kind) {
    case CallKind::kRefund: return Refund(call, intent);
    case CallKind::kFindRefund: {
      const auto& refunds = refunds_[call.provider_id];
      const auto refund = refunds.find(call.refund_id);
      return refund == refunds.end() ? ProviderResult(NoSuchRecord{}) : ProviderResult(refund->second);
    }
    case CallKind::kCapture:
      if (intent.status != IntentStatus::kRequiresCapture) return intent;
      if (capture_fails_.contains(intent.provider_id)) {
        intent.status = IntentStatus::kCanceled;
        return IntentView{.provider_id = intent.provider_id, .status = IntentStatus::kFailed, .decline_code = "card_declined"};
      }
      intent.status = IntentStatus::kSucceeded;
      intent.received = call.amount.minor_units;
      return intent;
    case CallKind::kCancel:
      if (intent.status != IntentStatus::kSucceeded) intent.status = IntentStatus::kCanceled;
      return intent;
    default: return intent;
  }
}

ProviderResult MemoryGateway::Authorize(const ProviderCall& call) {
  IntentView intent{.provider_id = "pi_" + std::to_string(intents_.size() + 1), .status = IntentStatus::kRequiresCapture, .amount = call.amount};
  intent.order_id = call.payment_id.ToString();
  intent.created = static_cast<std::int64_t>(intents_.size());
  if (call.payment_method == "pm_card_visa_chargeDeclined") {
    intent.status = IntentStatus::kFailed;
    intent.decline_code = "card_declined";
  } else if (call.payment_method == "pm_card_authenticationRequired") {
    intent.status = IntentStatus::kRequiresAction;
    intent.challenge_url = "http://bank/" + intent.provider_id;
  } else if (call.payment_method == "pm_card_souk_captureFails") {
    capture_fails_.insert(intent.provider_id);
  } else if (call.payment_method != "pm_card_visa") {
    return Rejected{"resource_missing", "no such payment method"};
  }
  return intents_[intent.provider_id] = intent;
}

ProviderResult MemoryGateway::Refund(const ProviderCall& call, IntentView& intent) {
  if (call.amount.minor_units > intent.received - intent.refunded) return Rejected{"amount_too_large", "more than is left"};
  intent.refunded += call.amount.minor_units;
  auto& refunds = refunds_[call.provider_id];
  return refunds[call.refund_id] = {.provider_id = "re_" + std::to_string(refunds.size() + 1), .refund_id = call.refund_id, .amount = call.amount.minor_units};
}

void MemoryGateway::List(std::int64_t since_unix, const std::string& after, std::function<void(Result<IntentPage>)> done) {
  constexpr std::size_t kPage = 3;  // small, so that tests page
  IntentPage page;
  {
    const std::lock_guard lock(mutex_);
    auto it = after.empty() ? intents_.rbegin() : std::make_reverse_iterator(intents_.find(after));
    for (; it != intents_.rend(); ++it) {
      if (it->second.created < since_unix) continue;
      if (page.intents.size() == kPage) {
        page.has_more = true;
        break;
      }
      page.intents.push_back(it->second);
    }
  }
  done(std::move(page));
}

void MemoryGateway::LoseAnswers(int count, bool after_work) {
  const std::lock_guard lock(mutex_);
  lose_ = count;
  lose_after_work_ = after_work;
}
std::map<std::string, IntentView> MemoryGateway::Intents() {
  const std::lock_guard lock(mutex_);
  return intents_;
}
void MemoryGateway::Remove(const std::string& provider_id) {
  const std::lock_guard lock(mutex_);
  intents_.erase(provider_id);
}

}  // namespace souk::payments
