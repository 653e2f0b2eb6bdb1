#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "services/payments/app/ports.hpp"

namespace souk::payments {

/// The provider in memory, for tests: answers at once, on the caller's thread. Knows the tokens pm_card_visa,
/// pm_card_visa_chargeDeclined, pm_card_authenticationRequired and pm_card_souk_captureFails.
class MemoryGateway final : public PaymentGateway {
 public:
  void Call(const ProviderCall& call, std::function<void(ProviderResult)> done) override;
  void List(std::int64_t since_unix, const std::string& after, std::function<void(Result<IntentPage>)> done) override;

  /// The next `count` calls are not answered (UnknownOutcome), after the work was done or before it.
  void LoseAnswers(int count, bool after_work);
  std::map<std::string, IntentView> Intents();
  void Remove(const std::string& provider_id);

 private:
  ProviderResult Answer(const ProviderCall& call);
  ProviderResult Work(const ProviderCall& call);
  ProviderResult Authorize(const ProviderCall& call);
  ProviderResult Refund(const ProviderCall& call, IntentView& intent);

  std::mutex mutex_;
  std::map<std::string, IntentView> intents_;
  std::map<std::string, std::map<std::string, RefundView>> refunds_;  // by intent, by refund id
  std::map<std::string, ProviderResult> keys_;
  std::set<std::string> capture_fails_;
  int lose_ = 0;
  bool lose_after_work_ = false;
};

}  // namespace souk::payments
