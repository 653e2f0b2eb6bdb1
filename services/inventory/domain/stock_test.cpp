#include "services/inventory/domain/stock.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <numeric>

#include "services/inventory/domain/hot_key.hpp"

namespace souk::inventory {
namespace {

std::vector<Bucket> AnyBuckets() {
  const int count = *rc::gen::inRange(1, 9);
  std::vector<Bucket> buckets;
  for (int i = 0; i < count; ++i) {
    Bucket bucket;
    bucket.number = i;
    bucket.reserved = *rc::gen::inRange<std::int64_t>(0, 20);
    bucket.sold = *rc::gen::inRange<std::int64_t>(0, 20);
    bucket.received = bucket.reserved + bucket.sold + *rc::gen::inRange<std::int64_t>(0, 20);
    buckets.push_back(bucket);
  }
  return buckets;
}

std::int64_t Sum(const std::vector<Share>& shares) {
  return std::accumulate(shares.begin(), shares.end(), std::int64_t{0},
                         [](std::int64_t sum, const Share& share) { return sum + share.quantity; });
}

TEST(BucketTest, EveryUnitCanBeAllocatedAndNotOneMore) {
  EXPECT_TRUE(rc::check("allocation is exact", [] {
    const auto buckets = AnyBuckets();
    const std::int64_t available = SumOf("a", buckets).Available();
    const std::int64_t wanted = *rc::gen::inRange<std::int64_t>(1, 200);
    const auto shares = AllocateUnits(buckets, wanted, *rc::gen::arbitrary<std::uint64_t>());
    RC_ASSERT(shares.empty() == (wanted > available));
    if (shares.empty()) return;
    RC_ASSERT(Sum(shares) == wanted);
    for (const Share& share : shares) {
      RC_ASSERT(share.quantity > 0);
      RC_ASSERT(share.quantity <= buckets[static_cast<std::size_t>(share.bucket)].Available());
    }
  }));
}

TEST(BucketTest, DrainingOneByOneSellsTheLastUnitOfEveryBucket) {
  EXPECT_TRUE(rc::check("nothing is stranded", [] {
    auto buckets = AnyBuckets();
    std::int64_t left = SumOf("a", buckets).Available();
    for (; left > 0; --left) {
      const auto shares = AllocateUnits(buckets, 1, *rc::gen::arbitrary<std::uint64_t>());
      RC_ASSERT(shares.size() == 1U);
      buckets[static_cast<std::size_t>(shares[0].bucket)].reserved += 1;
      RC_ASSERT(buckets[static_cast<std::size_t>(shares[0].bucket)].Valid());
    }
    RC_ASSERT(AllocateUnits(buckets, 1, 0).empty());
  }));
}

TEST(BucketTest, SpreadingMovesUnitsAndMakesNone) {
  EXPECT_TRUE(rc::check("spreading conserves units", [] {
    auto buckets = AnyBuckets();
    const auto count = *rc::gen::inRange<std::int64_t>(1, static_cast<std::int64_t>(buckets.size()) + 1);
    const Level before = SumOf("a", buckets);
    for (const Share& share : SpreadUnits(buckets, count)) {
      buckets[static_cast<std::size_t>(share.bucket)].received += share.quantity;
    }
    RC_ASSERT(SumOf("a", buckets) == before);
    for (const Bucket& bucket : buckets) {
      RC_ASSERT(bucket.Valid());
      if (bucket.number >= count) RC_ASSERT(bucket.Available() == 0);
    }
  }));
}

TEST(HotKeyTest, ShardsMultiplyWithContentionAndMergeNearZero) {
  EXPECT_EQ(DesiredShards(100, 1'000'000, 16), 1);
  EXPECT_EQ(DesiredShards(10'001, 1'000'000, 16), 2);
  EXPECT_EQ(DesiredShards(40'000, 1'000'000, 16), 8);
  EXPECT_EQ(DesiredShards(1e9, 1'000'000, 16), 16);
  EXPECT_EQ(DesiredShards(1e9, 1'000'000, 1), 1);
  EXPECT_EQ(DesiredShards(1e9, 130, 16), 2);
  EXPECT_EQ(DesiredShards(1e9, 5, 16), 1);
  EXPECT_EQ(DesiredShards(1e9, -5, 16), 1);
}

TEST(HotKeyTest, TheFullerOfTwoShardsIsPicked) {
  const std::vector<std::int64_t> believed{5, 0, 9};
  EXPECT_EQ(PickShard(believed, (std::uint64_t{0} << 32) | 1), 0);
  EXPECT_EQ(PickShard(believed, (std::uint64_t{1} << 32) | 2), 2);
  EXPECT_EQ(PickShard({}, 77), 0);
}

TEST(HotKeyTest, TheRateFollowsAndForgets) {
  RateMeter meter;
  SteadyTime now{std::chrono::seconds(100)};
  for (int i = 0; i < 500; ++i) meter.Add(10, now += std::chrono::milliseconds(10));
  EXPECT_NEAR(meter.PerSecond(now), 1000, 50);
  EXPECT_LT(meter.PerSecond(now + std::chrono::seconds(10)), 1);
}

}  // namespace
}  // namespace souk::inventory
