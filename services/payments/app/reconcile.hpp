#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "services/payments/app/ports.hpp"

namespace souk::payments {

/// One record in which we and the provider disagree.
struct Difference {
  std::string payment_id;  ///< empty when the provider's record names no order
  std::string provider_id;
  std::string kind;  ///< "missing_here", "missing_there", "amount", "status" or "refunds"
  std::string ours;
  std::string theirs;
};
struct Reconciliation {
  std::int64_t compared = 0;
  std::vector<Difference> differences;
};

/// In what the two records of one payment differ; empty when they agree. Pure.
std::vector<Difference> Compare(const Payment& ours, const IntentView& theirs);

/// Compares our payments with the provider's list, record by record. A record that seems to differ is read again on both
/// sides before it is reported, because both sides move on meanwhile. Blocks: minutes for millions of records.
class Reconcile {
 public:
  Reconcile(PaymentGateway& gateway, PaymentReader& reader) : gateway_(gateway), reader_(reader) {}
  /// Everything that changed at or after `since`. kUnavailable when a side can't be read, kDeadlineExceeded.
  Result<Reconciliation> Run(SystemTime since, SteadyTime deadline);

 private:
  struct Suspect {
    Uuid payment_id;  // nil: the provider's record names no order of ours
    std::string provider_id;
  };
  Result<void> WalkTheirs(SystemTime since, SteadyTime deadline);
  Result<void> ComparePage(const std::vector<IntentView>& page);
  Result<void> WalkOurs(SystemTime since, SteadyTime deadline);
  Result<std::vector<Difference>> Settle(const Suspect& suspect);
  ProviderResult Ask(const std::string& provider_id);

  PaymentGateway& gateway_;
  PaymentReader& reader_;
  std::int64_t compared_ = 0;
  std::unordered_set<std::string> seen_;  // provider ids
  std::vector<Suspect> suspects_;
};

}  // namespace souk::payments
