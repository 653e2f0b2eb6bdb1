#pragma once

#include <optional>
#include <string>

#include "libs/base/clock.hpp"
#include "services/order-recovery/app/ports.hpp"

namespace souk::recovery {

/// Who asks for what and why. The key makes a repeated call the same call.
struct Request {
  Uuid order_id;
  std::string who;
  std::string note;
  std::string key;
};

struct Explained {
  Watched order;
  std::string explanation;
  std::vector<Decision> decisions;
};

struct Decided {
  Watched order;
  std::string outcome;
};

/// What operators can ask and decide. Every decision is kept with who, when and why. All of it blocks.
class OperatorActions {
 public:
  OperatorActions(Policy policy, WatchStore& store, Orders& orders, const Clock& clock)
      : policy_(policy), store_(store), orders_(orders), clock_(clock) {}

  /// kNotFound: no event has told of such an order.
  Result<Explained> Explain(const Uuid& id);
  /// Asks again at once and lifts a quarantine. What orders answered is the outcome.
  Result<Decided> Retry(const Request& request);
  /// Has orders cancel it; kFailedPrecondition when it is too late.
  Result<Decided> Cancel(const Request& request);
  /// Leaves it alone from now on.
  Result<Decided> MarkResolved(const Request& request);

 private:
  Result<Watched> Known(const Uuid& id);
  /// What an earlier call with this key decided.
  Result<std::optional<Decided>> Earlier(const Decision& decision);
  Result<Decided> Keep(Decision decision, std::string outcome, const std::function<Watched(Watched)>& change);
  Decision Begin(const Request& request, std::string action) const;

  const Policy policy_;
  WatchStore& store_;
  Orders& orders_;
  const Clock& clock_;
};

}  // namespace souk::recovery
