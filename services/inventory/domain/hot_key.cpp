#include "services/inventory/domain/hot_key.hpp"

#include <algorithm>
#include <cmath>

namespace souk::inventory {
namespace {

constexpr double kClaimsPerShard = 5000;
constexpr std::int64_t kUnitsPerShard = 64;

}  // namespace

void RateMeter::Add(std::int64_t count, SteadyTime now) {
  rate_ = PerSecond(now) + static_cast<double>(count);  // with a decay of 1/s the sum is the rate
  last_ = now;
}

double RateMeter::PerSecond(SteadyTime now) const {
  const double seconds = std::max(0.0, std::chrono::duration<double>(now - last_).count());
  return rate_ * std::exp(-seconds);
}

int DesiredShards(double claims_per_second, std::int64_t available, int max) {
  const auto by_rate = static_cast<std::int64_t>(std::ceil(claims_per_second / kClaimsPerShard));
  const std::int64_t by_units = available / kUnitsPerShard;
  const std::int64_t wanted = std::min({by_rate, by_units, static_cast<std::int64_t>(max)});
  int shards = 1;
  while (shards * 2 <= wanted) shards *= 2;
  return shards;
}

int PickShard(std::span<const std::int64_t> believed, std::uint64_t chance) {
  if (believed.size() <= 1) return 0;
  const std::size_t a = (chance >> 32) % believed.size();
  const std::size_t b = (chance & 0xffffffffU) % believed.size();
  return static_cast<int>(believed[a] >= believed[b] ? a : b);
}

}  // namespace souk::inventory
