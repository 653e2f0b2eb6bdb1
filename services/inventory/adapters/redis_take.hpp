#pragma once

#include <atomic>
#include <memory>

#include "services/inventory/adapters/redis_availability.hpp"

namespace souk::inventory {

/// One batch of claims on its way through Redis. All requests for one SKU share one call to one shard; what that shard can't
/// give is gathered from all the others before it is refused.
class RedisAvailability::TakeRun : public std::enable_shared_from_this<TakeRun> {
 public:
  TakeRun(RedisAvailability& owner, std::vector<std::vector<Line>> claims,
          std::function<void(std::vector<Verdict>)> done);
  void Start();

 private:
  enum class Fate { kOpen, kGranted, kRefused, kUnknown };
  struct Request {
    std::size_t claim = 0;
    std::int64_t quantity = 0;
    std::int64_t available = 0;  ///< seen when it was refused
    Fate fate = Fate::kOpen;
  };
  struct Group {
    std::string sku;
    int shard = 0;
    std::vector<Request> requests;
    std::vector<Run> runs;
    std::int64_t pool = 0;  ///< gathered units
    int next_shard = 0;
    int shards = 1;
  };

  void Ask(std::size_t index);
  void OnTake(std::size_t index, const Result<ShardReply>& reply);
  void Gather(std::size_t index);
  void OnGathered(std::size_t index, const Result<ShardReply>& reply);
  void SettleFromPool(Group& group);
  static void MarkOpen(Group& group, Fate fate, std::int64_t available = 0);
  void EndGroup();
  void Finish();

  RedisAvailability& owner_;
  std::vector<std::vector<Line>> claims_;
  std::function<void(std::vector<Verdict>)> done_;
  std::vector<Group> groups_;
  std::atomic<std::size_t> open_{0};
};

}  // namespace souk::inventory
