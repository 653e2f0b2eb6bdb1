#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "services/inventory/domain/hot_key.hpp"
#include "services/inventory/domain/stock.hpp"

namespace souk::inventory {

/// Which SKUs are claimed most just now, by this instance. Bounded: the coldest are forgotten.
class HotList {
 public:
  void Add(const std::vector<Line>& lines, SteadyTime now) {
    const std::lock_guard lock(mutex_);
    for (const Line& line : lines) meters_[line.sku].Add(1, now);
    if (meters_.size() > kMax) Forget(now);
  }

  /// The `count` hottest with their claims per second, hottest first.
  std::vector<std::pair<std::string, double>> Top(std::size_t count, SteadyTime now) const {
    std::vector<std::pair<std::string, double>> top;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [sku, meter] : meters_) top.emplace_back(sku, meter.PerSecond(now));
    }
    const auto end = top.begin() + static_cast<std::ptrdiff_t>(std::min(count, top.size()));
    std::partial_sort(top.begin(), end, top.end(), [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    });
    top.erase(end, top.end());
    return top;
  }

 private:
  static constexpr std::size_t kMax = 20'000;
  void Forget(SteadyTime now) {
    std::erase_if(meters_, [now](const auto& entry) { return entry.second.PerSecond(now) < 0.01; });
    if (meters_.size() > kMax) meters_.clear();
  }

  mutable std::mutex mutex_;
  std::unordered_map<std::string, RateMeter> meters_;
};

}  // namespace souk::inventory
