#pragma once

#include <atomic>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/inventory/app/ports.hpp"

namespace souk::inventory {

/// The ledger in memory, for tests: the same rules, inbox and outbox, and races that are lost on demand.
class MemoryStockStore final : public StockStore {
 public:
  Result<Applied> Apply(std::span<Work> works) override {
    const std::lock_guard lock(mutex_);
    if (failures_ > 0) {
      --failures_;
      return failure_;
    }
    SystemTime now{};
    for (Work& work : works) {
      work.outcome = Outcome{};
      work.outcome.duplicate =
          !work.consumer.empty() && !inbox_.insert({work.consumer, work.cause.message_id}).second;
      if (work.outcome.duplicate) continue;
      work.outcome = ledger_.Apply(work.command, work.cause);
      now = std::max(now, work.cause.now);
      if (work.outcome.error && !work.outcome.answered) inbox_.erase({work.consumer, work.cause.message_id});
    }
    ledger_.Seal(now);
    Changes changes = ledger_.TakeChanges();
    Applied applied{std::move(changes.levels), {}};
    for (Event& event : changes.events) {
      if (std::holds_alternative<StockLow>(event.body)) applied.alerts.push_back(event);
      events_.push_back(std::move(event));
    }
    return applied;
  }

  /// The next `count` batches fail with `error`, leaving nothing behind.
  void FailNext(int count, Error error) {
    const std::lock_guard lock(mutex_);
    failures_ = count;
    failure_ = std::move(error);
  }
  std::vector<Event> TakeEvents() {
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
  }
  std::optional<Level> LevelOf(const std::string& sku) const {
    const std::lock_guard lock(mutex_);
    return ledger_.LevelOf(sku);
  }
  std::vector<Level> AllLevels() const {
    const std::lock_guard lock(mutex_);
    return ledger_.Levels();
  }
  std::optional<Reservation> Find(const Uuid& id) const {
    const std::lock_guard lock(mutex_);
    const Reservation* found = ledger_.Find(id);
    if (found == nullptr) return std::nullopt;
    return *found;
  }
  std::vector<Uuid> Overdue(SystemTime now) const {
    const std::lock_guard lock(mutex_);
    return ledger_.Overdue(now);
  }

 private:
  mutable std::mutex mutex_;
  Ledger ledger_;
  std::set<std::pair<std::string, Uuid>> inbox_;
  std::vector<Event> events_;
  int failures_ = 0;
  Error failure_;
};

}  // namespace souk::inventory
