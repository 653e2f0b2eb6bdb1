#include "services/inventory/app/level_board.hpp"

#include <algorithm>

namespace souk::inventory {

void LevelBoard::OnLevel(const Level& level) {
  std::vector<std::shared_ptr<Watch>> told;
  {
    const std::lock_guard lock(mutex_);
    const auto it = levels_.find(level.sku);
    if (it == levels_.end()) {
      if (levels_.size() < kLevelsMax) levels_.emplace(level.sku, level);
    } else {
      if (it->second.version >= level.version) return;
      it->second = level;
    }
    if (const auto found = watches_.find(level.sku); found != watches_.end()) {
      auto& watches = found->second;
      for (const auto& weak : watches) {
        if (auto watch = weak.lock()) told.push_back(std::move(watch));
      }
      if (told.size() < watches.size()) {
        std::erase_if(watches, [](const std::weak_ptr<Watch>& weak) { return weak.expired(); });
        if (watches.empty()) watches_.erase(found);
      }
    }
  }
  for (const auto& watch : told) watch->notify(level);  // outside the lock: a watcher may look at the board
}

std::optional<Level> LevelBoard::Get(const std::string& sku) const {
  const std::lock_guard lock(mutex_);
  const auto it = levels_.find(sku);
  if (it == levels_.end()) return std::nullopt;
  return it->second;
}

std::shared_ptr<LevelBoard::Watch> LevelBoard::Subscribe(std::vector<std::string> skus, Watcher watcher) {
  auto watch = std::make_shared<Watch>(std::move(skus), std::move(watcher));
  const std::lock_guard lock(mutex_);
  for (const std::string& sku : watch->skus) watches_[sku].push_back(watch);
  return watch;
}

std::vector<std::string> LevelBoard::Watched() const {
  std::vector<std::string> skus;
  const std::lock_guard lock(mutex_);
  for (const auto& [sku, watches] : watches_) {
    const bool alive = std::any_of(watches.begin(), watches.end(), [](const auto& weak) { return !weak.expired(); });
    if (alive) skus.push_back(sku);
  }
  return skus;
}

}  // namespace souk::inventory
