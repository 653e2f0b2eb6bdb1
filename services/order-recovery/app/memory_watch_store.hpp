#pragma once

#include <mutex>

#include "services/order-recovery/app/ports.hpp"

namespace souk::recovery {

/// The store of unit tests and simulations. Thread-safe.
class MemoryWatchStore final : public WatchStore {
 public:
  Result<void> Update(const std::vector<Uuid>& ids, const std::function<void(WatchedOrders&)>& change) override;
  Result<bool> Decide(const Decision& decision, const std::function<void(WatchedOrders&)>& change) override;
  Result<std::vector<Watched>> Lease(SystemTime now, SystemTime until, int limit, const std::string& who) override;
  Result<std::optional<Watched>> Get(const Uuid& id) override;
  Result<std::vector<Watched>> List(const WatchFilter& filter, const Uuid& after, int limit) override;
  Result<std::vector<Decision>> Decisions(const Uuid& id) override;
  Result<std::map<State, std::int64_t>> Count() override;
  Result<std::int64_t> Forget(SystemTime before, int limit) override;

 private:
  void Change(const std::vector<Uuid>& ids, const std::function<void(WatchedOrders&)>& change);

  std::mutex mutex_;
  WatchedOrders orders_;
  std::vector<Decision> decisions_;
};

}  // namespace souk::recovery
