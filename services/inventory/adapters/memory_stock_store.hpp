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
      State scratch = state_;
      RunOnce(works, scratch);
      return failure_;
    }
    Changes changes = RunOnce(works, state_);
    Applied applied{std::move(changes.levels), {}};
    for (Event& event : changes.events) {
      if (std::holds_alternative<StockLow>(event.body)) applied.alerts.push_back(event);
      events_.push_back(std::move(event));
    }
    return applied;
  }

  /// Everything that is stored. A copy of it can be put back, as a writer does that overwrites what it did not read.
  struct State {
    Ledger ledger;
    std::set<std::pair<std::string, Uuid>> inbox;
  };
  State Copy() const {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  void Overwrite(State state) {
    const std::lock_guard lock(mutex_);
    state_ = std::move(state);
  }

  /// The next `count` batches fail with `error` after they were decided, leaving nothing behind.
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
    return state_.ledger.LevelOf(sku);
  }
  std::vector<Level> AllLevels() const {
    const std::lock_guard lock(mutex_);
    return state_.ledger.Levels();
  }
  std::optional<Reservation> Find(const Uuid& id) const {
    const std::lock_guard lock(mutex_);
    const Reservation* found = state_.ledger.Find(id);
    if (found == nullptr) return std::nullopt;
    return *found;
  }
  std::vector<Uuid> Overdue(SystemTime now) const {
    const std::lock_guard lock(mutex_);
    return state_.ledger.Overdue(now);
  }

 private:
  static Changes RunOnce(std::span<Work> works, State& state) {
    SystemTime now{};
    for (Work& work : works) {
      work.outcome = Outcome{};
      work.outcome.duplicate = !work.consumer.empty() && !state.inbox.insert({work.consumer, work.cause.message_id}).second;
      if (work.outcome.duplicate) continue;
      work.outcome = state.ledger.Apply(work.command, work.cause);
      now = std::max(now, work.cause.now);
      if (work.outcome.error && !work.outcome.answered) state.inbox.erase({work.consumer, work.cause.message_id});
    }
    state.ledger.Seal(now);
    return state.ledger.TakeChanges();
  }

  mutable std::mutex mutex_;
  State state_;
  std::vector<Event> events_;
  int failures_ = 0;
  Error failure_;
};

}  // namespace souk::inventory
