#pragma once

#include <map>
#include <mutex>
#include <set>

#include "services/orders/app/ports.hpp"

namespace souk::orders {

/// The store in memory: for tests of rules that need one, and for the simulator; held to the contract of the real one.
class MemoryOrderStore final : public OrderStore {
 public:
  struct State {
    std::set<Uuid> inbox;
    std::map<std::string, Price> prices;
    std::map<Uuid, std::shared_ptr<const Order>> orders;
    std::map<Uuid, SystemTime> sweep_at;  ///< when the sweep looks at an order; lies before its deadline at times, never after
    std::map<Uuid, StoredKey> keys;
    std::map<std::pair<Uuid, std::int64_t>, TimelineEntry> timeline;
    std::vector<OutgoingMessage> messages;
  };

  Result<void> Transact(const std::function<Result<void>(OrderTx&)>& body) override;
  /// The next `times` transactions lose their race once, after their body ran.
  void AbortNext(int times);
  /// Ids of at most `limit` orders whose time to be looked at has come, the longest due first.
  std::vector<Uuid> Due(SystemTime now, std::size_t limit) const;
  State state() const;
  /// For one thread: what is there, without a copy.
  const State& Peek() const { return state_; }

 private:
  mutable std::mutex mutex_;
  State state_;
  int aborts_ = 0;
};

}  // namespace souk::orders
