#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "libs/base/random.hpp"
#include "libs/redis/cluster.hpp"
#include "services/inventory/adapters/redis_shard.hpp"
#include "services/inventory/app/ports.hpp"
#include "services/inventory/domain/hot_key.hpp"

namespace souk::inventory {

struct RedisAvailabilityConfig {
  int shards_max = 16;
  std::chrono::milliseconds timeout{250};    ///< of one script call
  std::chrono::milliseconds empty_for{50};   ///< a SKU found empty is refused without asking, this long at most
  std::chrono::milliseconds avoid_for{200};  ///< a SKU whose node did not answer is not asked for, this long
};

/// The hot counts in Redis Cluster: one script call per SKU, shard and batch. A SKU under contention is spread over several
/// shards and merged again when it runs low; before it is refused every shard has been asked.
class RedisAvailability final : public Availability {
 public:
  RedisAvailability(RedisAvailabilityConfig config, redis::Cluster& cluster, Random& random, CountWatch& watch);

  void Take(std::vector<std::vector<Line>> claims, std::function<void(std::vector<Verdict>)> done) override;
  void Add(std::vector<CountChange> changes) override;
  void Read(std::vector<std::string> skus, std::function<void(Result<std::vector<CountView>>)> done) override;
  void Seed(std::vector<Level> levels, std::function<void(Result<std::int64_t>)> done) override;
  void Correct(const CountView& seen, std::int64_t available, std::function<void(bool)> done) override;
  int ShardsOf(const std::string& sku) const override;

  /// Starts no call any more. Call it before the cluster is destroyed, and destroy the cluster before this.
  void Stop() { stopping_ = true; }

 private:
  class TakeRun;
  class Resize;
  struct Hot {
    RateMeter rate;
    std::vector<std::int64_t> believed{0};  ///< units per shard in use, as last heard
    bool resizing = false;
    SteadyTime resized_at{};
    SteadyTime empty_until{};
    SteadyTime avoid_until{};
  };
  enum class Plan { kAsk, kEmpty, kAvoid };

  /// Whether and at which shard to ask for `claims` claims of this SKU.
  Plan PlanTake(const std::string& sku, std::int64_t claims, int* shard);
  void Learn(const std::string& sku, int shard, const ShardReply& reply);
  void NoteEmpty(const std::string& sku);
  /// Units are on their way between shards: who finds too few can't tell.
  bool Resizing(const std::string& sku) const;
  void NoteError(const std::string& sku, const Error& error);
  /// Grows or merges the SKU's shards when its rate and stock call for it. `ran_dry`: some shard could not serve.
  void MaybeResize(const std::string& sku, bool ran_dry);
  void ResizeEnded(const std::string& sku, int shards);
  void AddTo(const CountChange& change, int shard);

  const RedisAvailabilityConfig config_;
  RedisShards shards_;
  Random& random_;
  CountWatch& watch_;
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::unordered_map<std::string, Hot> hot_;
};

}  // namespace souk::inventory
