#pragma once

// Private to this library: when and in what order the rows of the outbox are published that did not go straight from memory. No SQL in here.

#include <optional>
#include <string>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/base/random.hpp"
#include "libs/outbox/dispatcher.hpp"
#include "libs/outbox/relay.hpp"
#include "libs/outbox/row.hpp"

namespace souk::outbox {

/// The outbox as a sweep sees it. Nothing, or false, while SQL is away: then the same is asked for again later.
class PendingTable {
 public:
  virtual ~PendingTable() = default;
  /// At most `limit` rows after `after` in the order of their keys, of aggregates up to `until` (empty = no end), at least `age` old.
  virtual std::optional<std::vector<PendingRow>> Page(const RowKey& after, const std::string& until, std::chrono::milliseconds age, int limit) = 0;
  /// At most `limit` rows of these aggregates, in the order of their keys.
  virtual std::optional<std::vector<PendingRow>> OfAggregates(const std::vector<std::string>& names, int limit) = 0;
  virtual bool Delete(const std::vector<RowKey>& keys) = 0;
  struct Backlog {
    std::int64_t rows = 0;
    std::chrono::milliseconds oldest{0};  ///< age of the oldest row
  };
  virtual std::optional<Backlog> Count() = 0;
};

/// One relay's work on its table, in small steps for one thread. Everything it has seen is in the dispatcher or in here, so that a
/// process that dies forgets it, and nothing but its time with it.
class Sweeper {
 public:
  Sweeper(const RelayConfig& config, PendingTable& table, Dispatcher& dispatcher, Random& random)
      : config_(config), table_(table), dispatcher_(dispatcher), random_(random) {}

  void DeleteAcknowledged();
  /// True when it did something, so that there may be more to do at once.
  bool Sweep();
  /// Every `sweep_interval`: looks for what crashed processes left behind. Answers the backlog that it saw.
  std::optional<PendingTable::Backlog> LookForOrphans();
  /// Sends the records of aggregates with a refused record one by one, and parks what is refused alone. Waits for the broker.
  void TrySuspects(SteadyTime now);

 private:
  /// A walk through the whole table in key order. It starts at a random place and wraps around, so that two instances that
  /// drain the same backlog meet half-way instead of sending everything twice.
  struct Pass {
    bool full = false;  ///< rows of any age; otherwise only old ones
    std::string start;
    bool wrapped = false;
    RowKey after;
  };
  Pass MakePass(bool full);
  bool SweepPage();
  void EndOfTable();
  bool CatchUp();
  void TryAlone(const std::string& aggregate, SteadyTime now);

  const RelayConfig& config_;
  PendingTable& table_;
  Dispatcher& dispatcher_;
  Random& random_;
  std::optional<Pass> pass_;
};

}  // namespace souk::outbox
