#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "libs/base/result.hpp"
#include "services/order-recovery/domain/explain.hpp"
#include "services/order-recovery/domain/watched.hpp"

namespace souk::recovery {

/// What an operator decided about an order, kept for ever.
struct Decision {
  Uuid decision_id;  ///< derived from order and idempotency key: the same call decides once
  Uuid order_id;
  SystemTime at;
  std::string who;
  std::string action;  ///< "retry", "cancel" or "mark_resolved"
  std::string note;
  std::string outcome;
  bool operator==(const Decision&) const = default;
};

using WatchedOrders = std::map<Uuid, Watched>;

struct WatchFilter {
  enum class Kind { kStuck, kQuarantined, kResolved, kOpen };
  Kind kind = Kind::kStuck;
  SystemTime overdue_before;  ///< of kStuck: deadlines before this
};

/// What is watched, shared by all instances. Errors as in libs/sql.
class WatchStore {
 public:
  virtual ~WatchStore() = default;
  /// One transaction: loads those of `ids` that are known, lets `change` change and add some, writes what differs. `change` may run again.
  virtual Result<void> Update(const std::vector<Uuid>& ids, const std::function<void(WatchedOrders&)>& change) = 0;
  /// The same for one order, with the decision that caused it. False: that decision was kept before, and nothing changes.
  virtual Result<bool> Decide(const Decision& decision, const std::function<void(WatchedOrders&)>& change) = 0;
  /// Up to `limit` orders that are due, the longest due first, each to one caller only: until `until` nobody else gets it.
  virtual Result<std::vector<Watched>> Lease(SystemTime now, SystemTime until, int limit, const std::string& who) = 0;
  virtual Result<std::optional<Watched>> Get(const Uuid& id) = 0;
  /// By order id, above `after`.
  virtual Result<std::vector<Watched>> List(const WatchFilter& filter, const Uuid& after, int limit) = 0;
  virtual Result<std::vector<Decision>> Decisions(const Uuid& id) = 0;
  /// How many are in each state, without those that have ended.
  virtual Result<std::map<State, std::int64_t>> Count() = 0;
  /// Forgets up to `limit` orders that ended before `before`.
  virtual Result<std::int64_t> Forget(SystemTime before, int limit) = 0;
};

/// The orchestrator, which alone decides what becomes of an order.
class Orders {
 public:
  virtual ~Orders() = default;
  /// Runs what a passed deadline leads to. `done` once, from any thread. kNotFound: orders doesn't know it.
  virtual void Resume(const Uuid& id, bool ask_now, std::function<void(Result<Answer>)> done) = 0;
  /// Blocks. Cancels and undoes; kFailedPrecondition when it is too late.
  virtual Result<void> Cancel(const Uuid& id, const std::string& idempotency_key, const std::string& comment) = 0;
  /// Blocks.
  virtual Result<Insight> Look(const Uuid& id) = 0;
};

}  // namespace souk::recovery
