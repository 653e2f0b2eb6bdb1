#include "services/order-recovery/app/memory_watch_store.hpp"

#include <algorithm>

namespace souk::recovery {
namespace {

bool Matches(const Watched& watched, const WatchFilter& filter) {
  switch (filter.kind) {
    case WatchFilter::Kind::kQuarantined: return watched.state == State::kQuarantined;
    case WatchFilter::Kind::kResolved: return watched.state == State::kResolved;
    case WatchFilter::Kind::kOpen: return watched.state != State::kEnded;
    case WatchFilter::Kind::kStuck: break;
  }
  if (watched.state != State::kWatched) return watched.state == State::kQuarantined;
  return watched.asks > 0 || watched.failures > 0 || watched.unreachable > 0 || (watched.deadline_at && *watched.deadline_at < filter.overdue_before);
}

}  // namespace

void MemoryWatchStore::Change(const std::vector<Uuid>& ids, const std::function<void(WatchedOrders&)>& change) {
  WatchedOrders loaded;
  for (const Uuid& id : ids) {
    if (const auto found = orders_.find(id); found != orders_.end()) loaded.insert(*found);
  }
  change(loaded);
  for (auto& [id, watched] : loaded) orders_[id] = std::move(watched);
}

Result<void> MemoryWatchStore::Update(const std::vector<Uuid>& ids, const std::function<void(WatchedOrders&)>& change) {
  const std::lock_guard lock(mutex_);
  Change(ids, change);
  return {};
}

Result<bool> MemoryWatchStore::Decide(const Decision& decision, const std::function<void(WatchedOrders&)>& change) {
  const std::lock_guard lock(mutex_);
  for (const Decision& earlier : decisions_) {
    if (earlier.decision_id == decision.decision_id) return false;
  }
  decisions_.push_back(decision);
  Change({decision.order_id}, change);
  return true;
}

Result<std::vector<Watched>> MemoryWatchStore::Lease(SystemTime now, SystemTime until, int limit, const std::string& who) {
  const std::lock_guard lock(mutex_);
  std::vector<Watched*> due;
  for (auto& [id, watched] : orders_) {
    if (watched.next_try_at && *watched.next_try_at <= now) due.push_back(&watched);
  }
  std::stable_sort(due.begin(), due.end(), [](const Watched* a, const Watched* b) { return *a->next_try_at < *b->next_try_at; });
  if (due.size() > static_cast<std::size_t>(limit)) due.resize(static_cast<std::size_t>(limit));
  std::vector<Watched> leased;
  for (Watched* watched : due) {
    watched->next_try_at = until;
    watched->leased_by = who;
    leased.push_back(*watched);
  }
  return leased;
}

Result<std::optional<Watched>> MemoryWatchStore::Get(const Uuid& id) {
  const std::lock_guard lock(mutex_);
  const auto found = orders_.find(id);
  return found == orders_.end() ? std::optional<Watched>() : std::optional(found->second);
}

Result<std::vector<Watched>> MemoryWatchStore::List(const WatchFilter& filter, const Uuid& after, int limit) {
  const std::lock_guard lock(mutex_);
  std::vector<Watched> list;
  for (auto it = orders_.upper_bound(after); it != orders_.end() && list.size() < static_cast<std::size_t>(limit); ++it) {
    if (Matches(it->second, filter)) list.push_back(it->second);
  }
  return list;
}

Result<std::vector<Decision>> MemoryWatchStore::Decisions(const Uuid& id) {
  const std::lock_guard lock(mutex_);
  std::vector<Decision> found;
  std::copy_if(decisions_.begin(), decisions_.end(), std::back_inserter(found), [&](const Decision& decision) { return decision.order_id == id; });
  return found;
}

Result<std::map<State, std::int64_t>> MemoryWatchStore::Count() {
  const std::lock_guard lock(mutex_);
  std::map<State, std::int64_t> counts;
  for (const auto& [id, watched] : orders_) {
    if (watched.state != State::kEnded) ++counts[watched.state];
  }
  return counts;
}

Result<std::int64_t> MemoryWatchStore::Forget(SystemTime before, int limit) {
  const std::lock_guard lock(mutex_);
  std::int64_t forgotten = 0;
  for (auto it = orders_.begin(); it != orders_.end() && forgotten < limit;) {
    const bool old = it->second.state == State::kEnded && it->second.seen_at < before;
    it = old ? orders_.erase(it) : std::next(it);
    forgotten += old ? 1 : 0;
  }
  return forgotten;
}

}  // namespace souk::recovery
