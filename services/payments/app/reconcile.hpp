#pragma once

#include <functional>
#include <string>
#include <unordered_set>
#include <vector>

#include "services/payments/app/findings.hpp"

namespace souk::payments {

struct Reconciliation {
  std::int64_t compared = 0;
  std::vector<Difference> differences;
};

/// In what the two records of one payment differ; empty when they agree. Pure.
std::vector<Difference> Compare(const Payment& ours, const IntentView& theirs);

/// What may be done about two records that differ. Pure. Either may be missing.
struct Remedy {
  enum class Kind {
    kTakeOver,  ///< theirs is the outcome of what we asked for, or no money moved: the ordinary rules may take it over
    kWait,      ///< our own call is under way: it is asked for with its stored key, as always
    kEscalate   ///< anything else. Money that moved, refunds and voids in doubt are never guessed.
  };
  Kind kind = Kind::kEscalate;
  std::string reason;
};
Remedy Judge(const Payment* ours, const IntentView* theirs);

/// Compares our payments with the provider's list, record by record, settles what is safe and says of the rest why it isn't. A record that seems
/// to differ is read again on both sides first, because both sides move on meanwhile. Blocks: minutes for millions of records.
class Reconcile {
 public:
  /// Has the ordinary rules take over what the provider says, as they would from its webhook; returns when that is durable.
  using TakeOver = std::function<Result<void>(const Uuid& payment_id, const IntentView& theirs)>;

  Reconcile(PaymentGateway& gateway, PaymentReader& reader, TakeOver take_over)
      : gateway_(gateway), reader_(reader), take_over_(std::move(take_over)) {}
  /// Everything that changed at or after `since`, and what `open` names. What of `open` agrees again is in the result as "agrees".
  /// kUnavailable when a side can't be read, kDeadlineExceeded.
  Result<Reconciliation> Run(SystemTime since, SteadyTime deadline, const std::vector<Finding>& open = {});

 private:
  struct Suspect {
    Uuid payment_id;  // nil: the provider's record names no order of ours
    std::string provider_id;
  };
  /// Both sides as they are now.
  struct Look {
    std::optional<Payment> ours;
    std::optional<IntentView> theirs;
    std::vector<Difference> differences;
  };
  Result<void> WalkTheirs(SystemTime since, SteadyTime deadline);
  Result<void> ComparePage(const std::vector<IntentView>& page);
  Result<void> WalkOurs(SystemTime since, SteadyTime deadline);
  /// The differences that stay after several looks, each with what was done about it.
  Result<std::vector<Difference>> Settle(const Suspect& suspect);
  Result<Look> LookAt(const Suspect& suspect);
  ProviderResult Ask(const std::string& provider_id);

  PaymentGateway& gateway_;
  PaymentReader& reader_;
  const TakeOver take_over_;
  std::int64_t compared_ = 0;
  std::unordered_set<std::string> seen_;  // provider ids
  std::vector<Suspect> suspects_;
};

/// Runs a reconciliation and keeps what it found.
class ReconcileJob {
 public:
  ReconcileJob(PaymentGateway& gateway, PaymentReader& reader, FindingStore& findings, const Clock& clock, Reconcile::TakeOver take_over)
      : gateway_(gateway), reader_(reader), findings_(findings), clock_(clock), take_over_(std::move(take_over)) {}

  Result<Reconciliation> Run(SystemTime since, SteadyTime deadline);
  /// By itself: when it is this instance's turn, everything that changed since the last turn. Nothing when it is not.
  Result<std::optional<Reconciliation>> RunWhenDue(std::chrono::milliseconds interval, SteadyTime deadline);

 private:
  PaymentGateway& gateway_;
  PaymentReader& reader_;
  FindingStore& findings_;
  const Clock& clock_;
  const Reconcile::TakeOver take_over_;
};

}  // namespace souk::payments
