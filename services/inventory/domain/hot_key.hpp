#pragma once

#include <chrono>
#include <cstdint>
#include <span>

#include "libs/base/clock.hpp"

namespace souk::inventory {

/// Claims per second of one SKU, smoothed over about a second. Time comes in from outside.
class RateMeter {
 public:
  void Add(std::int64_t count, SteadyTime now);
  double PerSecond(SteadyTime now) const;

 private:
  double rate_ = 0;
  SteadyTime last_{};
};

/// How many Redis shards a SKU deserves: more with contention (one per 5,000 claims/s), fewer when there is little to
/// share out (a shard should hold 64 units at least), one near zero. A power of two, 1 to `max`.
int DesiredShards(double claims_per_second, std::int64_t available, int max);

/// Two choices: of two random shards the one that is believed to hold more.
int PickShard(std::span<const std::int64_t> believed, std::uint64_t chance);

}  // namespace souk::inventory
