#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/base/result.hpp"
#include "libs/base/trace_context.hpp"
#include "services/inventory/domain/ledger.hpp"

namespace souk::inventory {

/// One thing to do to the ledger, whatever brought it: a call, a Kafka record, the sweep.
struct Work {
  Command command;
  Cause cause;
  std::string consumer;     ///< consumer group; its inbox knows cause.message_id. Empty for calls.
  TraceContext trace;       ///< of the cause, carried into the events; may be invalid
  SteadyTime deadline = SteadyTime::max();  ///< nobody waits after it: a call that is late is not begun
  bool counted = false;     ///< its units were taken from the hot counts already
  Outcome outcome;
  /// Once, after the commit, on the writer's answering thread. An error: nothing is known to have happened.
  std::function<void(const Result<void>&, Work&)> done;
};

/// What a batch did to the stock: level after it and difference of the available units.
struct Applied {
  std::vector<LevelChange> levels;
  std::vector<Event> alerts;  ///< StockLow events, for those who want to hear at once
};

/// The ledger: the only place that decides. Apply runs a batch in one transaction with inbox and outbox and fills in each outcome.
/// kUnavailable: the engine is away, nothing is known to be stored (reason COMMIT_UNKNOWN: or everything is). kAborted: lost too
/// many races. kInternal: one of the items can't be stored.
class StockStore {
 public:
  virtual ~StockStore() = default;
  virtual Result<Applied> Apply(std::span<Work> works) = 0;
};

/// Takes work for the writer. kResourceExhausted: too much is waiting. kUnavailable: stopping. Then `done` is not called.
class WorkQueue {
 public:
  virtual ~WorkQueue() = default;
  virtual Result<void> Submit(Work work) = 0;
  /// Items taken and not begun.
  virtual std::size_t Waiting() const = 0;
};

/// Reads of the ledger outside of any transaction; `done` on a reader's thread. kResourceExhausted: too many are waiting;
/// kUnavailable: the engine is away.
class StockReader {
 public:
  virtual ~StockReader() = default;
  /// The SKUs that are known, in any order.
  virtual void Levels(std::vector<std::string> skus, std::function<void(Result<std::vector<Level>>)> done) = 0;
  /// All SKUs above `after`, by name, at most `limit`.
  virtual void LevelsAfter(std::string after, int limit, std::function<void(Result<std::vector<Level>>)> done) = 0;
  /// kNotFound when there is none.
  virtual void Find(Uuid id, std::function<void(Result<Reservation>)> done) = 0;
  /// Which of these exist.
  virtual void Known(std::vector<Uuid> ids, std::function<void(Result<std::vector<Uuid>>)> done) = 0;
  /// Holds that ran out before `now`, the oldest first.
  virtual void Overdue(SystemTime now, int limit, std::function<void(Result<std::vector<Uuid>>)> done) = 0;
};

/// What the hot counts say about one claim.
struct Verdict {
  enum class Kind {
    kTaken,    ///< its units are taken
    kRefused,  ///< every shard was asked: too little of the lines in `short_lines`; nothing is taken
    kUnknown,  ///< counts missing or out of reach: the ledger must say; nothing is taken
  };
  Kind kind = Kind::kUnknown;
  std::vector<ShortLine> short_lines;
};

struct ShardCount {
  int shard = 0;
  std::int64_t available = 0;
  std::int64_t stamp = 0;  ///< changes with every change of the count
};

/// The counts of one SKU, shard by shard.
struct CountView {
  std::string sku;
  bool missing = true;
  std::vector<ShardCount> shards;
  std::int64_t Total() const {
    std::int64_t total = 0;
    for (const ShardCount& shard : shards) total += shard.available;
    return total;
  }
  bool operator==(const CountView& other) const {
    if (sku != other.sku || missing != other.missing || shards.size() != other.shards.size()) return false;
    for (std::size_t i = 0; i < shards.size(); ++i) {
      if (shards[i].available != other.shards[i].available || shards[i].stamp != other.shards[i].stamp) return false;
    }
    return true;
  }
};

/// A difference to book into the counts after a commit.
struct CountChange {
  std::string sku;
  std::int64_t difference = 0;
  std::int64_t available = 0;  ///< after it, by the ledger: the first value of counts that are missing
};

/// The hot counts: a hint that may be lost, late or wrong, and may only refuse early. All calls return at once; callbacks
/// come on any thread, exactly once.
class Availability {
 public:
  virtual ~Availability() = default;
  /// Takes the units of each claim, in order, all lines of a claim or none.
  virtual void Take(std::vector<std::vector<Line>> claims, std::function<void(std::vector<Verdict>)> done) = 0;
  virtual void Add(std::vector<CountChange> changes) = 0;
  virtual void Read(std::vector<std::string> skus, std::function<void(Result<std::vector<CountView>>)> done) = 0;
  /// Sets the counts of SKUs that have none; `done` gets how many it set.
  virtual void Seed(std::vector<Level> levels, std::function<void(Result<std::int64_t>)> done) = 0;
  /// Makes the total `available`, unless something moved since `seen` was read: then it does nothing and says false.
  virtual void Correct(const CountView& seen, std::int64_t available, std::function<void(bool)> done) = 0;
  /// Shards that Take uses for this SKU now.
  virtual int ShardsOf(const std::string& sku) const = 0;
};

/// Told about what the counts seem to have wrong; never blocks.
class CountWatch {
 public:
  virtual ~CountWatch() = default;
  /// Compare this SKU with the ledger soon.
  virtual void Suspect(const std::string& sku) = 0;
  /// Counts were missing where there should be some.
  virtual void Missing(const std::string& sku) = 0;
};

/// Hears every new level: for watchers, hints and hot lists.
class LevelListener {
 public:
  virtual ~LevelListener() = default;
  virtual void OnLevel(const Level& level) = 0;
};

}  // namespace souk::inventory
