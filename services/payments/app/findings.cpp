#include "services/payments/app/findings.hpp"

#include <algorithm>

namespace souk::payments {

Result<std::optional<Turn>> MemoryFindingStore::TakeTurn(SystemTime now, std::chrono::milliseconds interval) {
  const std::lock_guard lock(mutex_);
  if (next_at_ && now < *next_at_) return std::optional<Turn>();
  next_at_ = now + interval;
  return std::optional(Turn{covered_until_});
}

Result<void> MemoryFindingStore::Covered(SystemTime until) {
  const std::lock_guard lock(mutex_);
  covered_until_ = until;
  return {};
}

Result<void> MemoryFindingStore::Keep(const std::vector<Difference>& differences, SystemTime now) {
  const std::lock_guard lock(mutex_);
  for (const Difference& difference : differences) {
    const auto [found, is_new] = findings_.try_emplace(difference.id(), Finding{difference, now, now, {}, {}});
    if (is_new) continue;
    Finding& finding = found->second;
    const bool same = finding.difference.ours == difference.ours && finding.difference.theirs == difference.theirs;
    finding.last_seen = now;
    if (finding.difference.resolution == "accepted" && same && IsOpen(difference)) continue;
    finding.difference = difference;
  }
  return {};
}

Result<std::vector<Finding>> MemoryFindingStore::List(bool all, int limit) {
  const std::lock_guard lock(mutex_);
  std::vector<Finding> list;
  for (const auto& [id, finding] : findings_) {
    if (all || IsOpen(finding.difference)) list.push_back(finding);
  }
  std::stable_sort(list.begin(), list.end(), [](const Finding& a, const Finding& b) { return a.last_seen > b.last_seen; });
  if (list.size() > static_cast<std::size_t>(limit)) list.resize(static_cast<std::size_t>(limit));
  return list;
}

Result<Finding> MemoryFindingStore::Accept(const Uuid& id, const std::string& who, const std::string& note) {
  const std::lock_guard lock(mutex_);
  const auto found = findings_.find(id);
  if (found == findings_.end()) return MakeError(ErrorCode::kNotFound, "there is no such finding");
  found->second.difference.resolution = "accepted";
  found->second.decided_by = who;
  found->second.note = note;
  return found->second;
}

}  // namespace souk::payments
