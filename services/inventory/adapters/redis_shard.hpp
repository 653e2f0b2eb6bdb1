#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "libs/redis/cluster.hpp"

namespace souk::inventory {

/// One shard of a SKU's count in Redis: hash "stock:{<sku>:<n>}". The shard number stands inside the hash tag, so that the
/// shards of a hot SKU land on different slots and primaries. Fields:
///   a  units that can still be taken; may be negative for a moment
///   v  stamp, changes with every change of a
///   c  "1" when the shard is closed: it holds no units and takes none
///   n  shard 0 only: number of shards in use
///   m  shard 0 only: number of shards ever opened; the total of the SKU is the sum of a over the shards 0 to m - 1
/// A hash that is not there is unknown, not zero.
std::string ShardKey(const std::string& sku, int shard);

struct ShardReply {
  enum class State { kOk, kMissing, kClosed };
  State state = State::kOk;
  int shards = 0;     ///< from shard 0, else 0
  int shards_max = 0; ///< from shard 0, else 0
  std::int64_t available = 0;
  std::int64_t stamp = 0;
  std::int64_t amount = 0;             ///< units taken, closed away or set
  std::vector<std::int64_t> granted;   ///< Take: how many of each run
};
using ShardDone = std::function<void(Result<ShardReply>)>;

/// So many claims of so many units each, in the order of the queue.
struct Run {
  std::int64_t quantity = 0;
  std::int64_t count = 0;
};

/// The scripts, one call each. Errors as redis::Cluster::Eval gives them.
class RedisShards {
 public:
  RedisShards(redis::Cluster& cluster, std::chrono::milliseconds timeout) : cluster_(cluster), timeout_(timeout) {}

  /// Grants as many claims of each run as fit, run by run.
  void Take(const std::string& sku, int shard, const std::vector<Run>& runs, ShardDone done);
  /// Takes up to `want` units.
  void TakeUpTo(const std::string& sku, int shard, std::int64_t want, ShardDone done);
  /// Adds a signed difference. A missing shard 0 is set to `seed` instead when that is given.
  void Add(const std::string& sku, int shard, std::int64_t difference, const std::int64_t* seed, ShardDone done);
  void Read(const std::string& sku, int shard, ShardDone done);
  /// Shard 0: sets the count when there is none; amount is 1 then.
  void Seed(const std::string& sku, std::int64_t available, ShardDone done);
  /// Adds when the stamp is still `stamp`; amount is 1 then.
  void AddIf(const std::string& sku, int shard, std::int64_t stamp, std::int64_t difference, ShardDone done);
  /// Opens a shard that is new or closed.
  void Open(const std::string& sku, int shard, ShardDone done);
  /// Empties and closes; amount is what it held.
  void Close(const std::string& sku, int shard, ShardDone done);
  /// Shard 0: how many shards are in use from now on (n), and at least how many were opened (m).
  void SetShards(const std::string& sku, int in_use, int opened, ShardDone done);

 private:
  void Eval(const redis::Script& script, const std::string& sku, int shard, std::vector<std::string> args, ShardDone done);
  redis::Cluster& cluster_;
  const std::chrono::milliseconds timeout_;
};

}  // namespace souk::inventory
