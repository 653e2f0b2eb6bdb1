#include "services/inventory/domain/stock.hpp"

#include <algorithm>
#include <numeric>

namespace souk::inventory {
namespace {

std::vector<Share> Drain(std::span<const Bucket> buckets, std::int64_t quantity) {
  std::vector<std::size_t> order(buckets.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return buckets[a].Available() > buckets[b].Available();
  });
  std::vector<Share> shares;
  std::int64_t missing = quantity;
  for (const std::size_t i : order) {
    const std::int64_t part = std::min(missing, buckets[i].Available());
    if (part <= 0) break;
    shares.push_back({buckets[i].number, part});
    missing -= part;
  }
  if (missing > 0) return {};
  return shares;
}

}  // namespace

std::vector<Share> AllocateUnits(std::span<const Bucket> buckets, std::int64_t quantity, std::uint64_t preference) {
  if (buckets.empty() || quantity <= 0) return {};
  const Bucket& preferred = buckets[preference % buckets.size()];
  if (preferred.Available() >= quantity) return {{preferred.number, quantity}};
  return Drain(buckets, quantity);
}

std::vector<Share> RemoveUnits(std::span<const Bucket> buckets, std::int64_t quantity) {
  if (quantity <= 0) return {};
  return Drain(buckets, quantity);
}

std::vector<Share> SpreadUnits(std::span<const Bucket> buckets, std::int64_t count) {
  std::int64_t total = 0;
  for (const Bucket& bucket : buckets) total += bucket.Available();
  std::vector<Share> shares;
  for (const Bucket& bucket : buckets) {
    std::int64_t target = 0;
    if (bucket.number < count) {
      target = total / count + (bucket.number < total % count ? 1 : 0);
    }
    if (target != bucket.Available()) shares.push_back({bucket.number, target - bucket.Available()});
  }
  // Buckets that are missing from the input would swallow units: the caller adds empty ones first.
  const std::int64_t sum = std::accumulate(shares.begin(), shares.end(), std::int64_t{0},
                                           [](std::int64_t left, const Share& share) { return left + share.quantity; });
  if (sum != 0) return {};
  return shares;
}

Level SumOf(const std::string& sku, std::span<const Bucket> buckets) {
  Level level{sku, 0, 0, 0, 0};
  for (const Bucket& bucket : buckets) {
    level.received += bucket.received;
    level.reserved += bucket.reserved;
    level.sold += bucket.sold;
    level.version += bucket.version;
  }
  return level;
}

}  // namespace souk::inventory
