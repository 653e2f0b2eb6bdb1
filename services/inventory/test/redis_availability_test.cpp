#include "services/inventory/adapters/redis_availability.hpp"

#include <gtest/gtest.h>

#include <set>

#include "libs/testing/eventually.hpp"
#include "libs/testing/redis_cluster.hpp"
#include "services/inventory/test/availability_contract.hpp"

namespace souk::inventory {
namespace {

/// Six real nodes for all tests of this program.
testing::RedisCluster& Nodes() {
  static const auto nodes = [] {
    auto started = testing::RedisCluster::Start();
    if (!started.ok()) ADD_FAILURE() << started.error().message;
    return std::move(started).value();
  }();
  return *nodes;
}

class Notes final : public CountWatch {
 public:
  void Suspect(const std::string& sku) override { Note(suspects_, sku); }
  void Missing(const std::string& sku) override { Note(missing_, sku); }
  bool Missed(const std::string& sku) {
    const std::lock_guard lock(mutex_);
    return missing_.contains(sku);
  }

 private:
  void Note(std::set<std::string>& set, const std::string& sku) {
    const std::lock_guard lock(mutex_);
    set.insert(sku);
  }
  std::mutex mutex_;
  std::set<std::string> suspects_;
  std::set<std::string> missing_;
};

struct RedisTraits {
  RedisTraits() {
    redis::ClusterConfig config;
    config.seeds = *redis::ParseEndpoints(Nodes().Seeds());
    cluster = *redis::Cluster::Connect(config);
    counts = std::make_unique<RedisAvailability>(RedisAvailabilityConfig{.timeout = std::chrono::seconds(5)}, *cluster, random, notes);
  }
  ~RedisTraits() {
    counts->Stop();
    cluster.reset();
  }
  std::string Sku(const std::string& name) { return name + "-" + prefix; }
  Availability& availability() { return *counts; }
  bool Settles(const std::function<bool()>& condition) { return testing::Eventually(condition); }

  SystemRandom random;
  const std::string prefix = std::to_string(random.Next());
  Notes notes;
  std::unique_ptr<redis::Cluster> cluster;
  std::unique_ptr<RedisAvailability> counts;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Redis, AvailabilityContract, RedisTraits);

using RedisCountsTest = AvailabilityContract<RedisTraits>;

TEST_F(RedisCountsTest, AHotSkuGetsShardsOnSeveralSlotsAndSellsTheLastUnitF46) {
  const auto sku = Sku("hot");
  constexpr std::int64_t kUnits = 100'000;
  Seed(sku, kUnits);
  std::int64_t taken = 0;
  // Demand as of a flash sale: the rate grows until the SKU is spread.
  for (int i = 0; i < 2000 && counts().ShardsOf(sku) < 4; ++i) {
    for (const Verdict& verdict : Take(std::vector<std::vector<Line>>(500, {{sku, 1}}))) {
      if (verdict.kind == Verdict::Kind::kTaken) ++taken;
    }
    if (taken > kUnits / 2) break;
  }
  EXPECT_GE(counts().ShardsOf(sku), 2) << "taken " << taken;
  EXPECT_TRUE(testing::Eventually([&] { return View(sku).Total() == kUnits - taken; })) << "no unit is lost in a split";
  // Now drain: the claims end exactly when the units do.
  int refusals = 0;
  for (int i = 0; i < 3000 && refusals < 200; ++i) {
    refusals = 0;
    for (const Verdict& verdict : Take(std::vector<std::vector<Line>>(200, {{sku, 1}}))) {
      if (verdict.kind == Verdict::Kind::kTaken) ++taken;
      if (verdict.kind == Verdict::Kind::kRefused) ++refusals;
    }
  }
  EXPECT_TRUE(testing::Eventually([&] {
    const auto verdicts = Take(std::vector<std::vector<Line>>(50, {{sku, 1}}));
    for (const Verdict& verdict : verdicts) taken += verdict.kind == Verdict::Kind::kTaken ? 1 : 0;
    return taken == kUnits;
  })) << taken;
  EXPECT_EQ(View(sku).Total(), 0);
}

TEST_F(RedisCountsTest, UnitsSpreadOverShardsCanBeTakenTogether) {
  const auto sku = Sku("spread");
  Seed(sku, 1000);
  RedisShards shards(*traits_.cluster, std::chrono::seconds(5));
  const auto run = [](auto&& call) {
    std::promise<Result<ShardReply>> promise;
    call([&](Result<ShardReply> reply) { promise.set_value(std::move(reply)); });
    return promise.get_future().get();
  };
  ASSERT_TRUE(run([&](ShardDone done) { shards.SetShards(sku, 4, 4, done); }).ok());
  for (int shard = 1; shard < 4; ++shard) {
    ASSERT_TRUE(run([&](ShardDone done) { shards.Open(sku, shard, done); }).ok());
    const auto moved = run([&](ShardDone done) { shards.TakeUpTo(sku, 0, 250, done); });
    ASSERT_TRUE(run([&](ShardDone done) { shards.Add(sku, shard, moved->amount, nullptr, done); }).ok());
  }
  EXPECT_EQ(View(sku).shards.size(), 4U);
  EXPECT_EQ(View(sku).Total(), 1000);
  EXPECT_EQ(TakeOne(sku, 900), Verdict::Kind::kTaken) << "no shard has 900, together they have";
  // While shards merge a claim is never refused: it is unknown, and the ledger's to decide.
  EXPECT_NE(TakeOne(sku, 101), Verdict::Kind::kTaken);
  EXPECT_NE(TakeOne(sku, 100), Verdict::Kind::kRefused);
  EXPECT_TRUE(testing::Eventually([&] { return View(sku).Total() == 0 || TakeOne(sku, 100) == Verdict::Kind::kTaken; }));
  EXPECT_EQ(View(sku).Total(), 0);
}

TEST_F(RedisCountsTest, CountsThatAreLostAreMissingAndSaidSoF34) {
  const auto sku = Sku("lost");
  Seed(sku, 5);
  ASSERT_TRUE(Nodes().FlushAll().ok());
  EXPECT_EQ(TakeOne(sku, 1), Verdict::Kind::kUnknown);
  EXPECT_TRUE(traits_.notes.Missed(sku));
}

TEST_F(RedisCountsTest, ANodeThatIsAwayMakesItsSkusUnknownAndLeavesTheOthersF32) {
  const auto sku = Sku("away");
  Seed(sku, 50);
  const int node = Nodes().PrimaryOf(ShardKey(sku, 0));
  ASSERT_GE(node, 0);
  Nodes().Kill9(node);
  EXPECT_TRUE(testing::Eventually([&] { return TakeOne(sku, 1) == Verdict::Kind::kTaken; }, std::chrono::seconds(30)))
      << "a replica takes over";
  ASSERT_TRUE(Nodes().Restart(node).ok());
  EXPECT_TRUE(Nodes().AwaitHealthy());
}

}  // namespace
}  // namespace souk::inventory
