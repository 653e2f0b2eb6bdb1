#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "services/inventory/app/ports.hpp"

namespace souk::inventory {

/// The last level heard of each SKU, from our own commits and from reads. Serves those who watch, and those who ask while the
/// ledger is away. Never goes backwards. Bounded by the number of SKUs, at most kLevelsMax.
class LevelBoard final : public LevelListener {
 public:
  static constexpr std::size_t kLevelsMax = 500'000;
  using Watcher = std::function<void(const Level&)>;

  void OnLevel(const Level& level) override;
  std::optional<Level> Get(const std::string& sku) const;

  /// `watcher` hears every new level of these SKUs, on the thread that brings it, until the handle is gone.
  class Watch;
  std::shared_ptr<Watch> Subscribe(std::vector<std::string> skus, Watcher watcher);
  /// SKUs that somebody watches.
  std::vector<std::string> Watched() const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Level> levels_;
  std::unordered_map<std::string, std::vector<std::weak_ptr<Watch>>> watches_;
};

class LevelBoard::Watch {
 public:
  Watch(std::vector<std::string> watched, Watcher watcher) : skus(std::move(watched)), notify(std::move(watcher)) {}
  const std::vector<std::string> skus;
  const Watcher notify;
};

}  // namespace souk::inventory
