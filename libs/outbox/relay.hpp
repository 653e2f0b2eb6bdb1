#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "libs/kafka/ports.hpp"
#include "libs/outbox/outbox.hpp"

namespace souk::outbox {

struct RelayConfig {
  std::chrono::milliseconds sweep_interval{1'000};
  /// Rows older than this without a publisher's care are taken for orphans of a crash, by any instance.
  std::chrono::milliseconds sweep_age{5'000};
  int batch_max = 1'000;                    ///< rows per sweep or delete statement
  std::size_t in_flight_max = 20'000;       ///< records in memory; more stay in SQL until the sweep takes them
  std::size_t deferred_max = 10'000;        ///< aggregates remembered one by one; beyond it the whole table is swept
  std::chrono::milliseconds delete_interval{100};  ///< how long an acknowledged row may stay
  std::chrono::seconds inbox_retention{7 * 24 * 3600};
  std::chrono::milliseconds park_retry{60'000};  ///< how often a parked aggregate is tried again
};

struct RelayStats {
  std::int64_t in_flight = 0;         ///< handed to the producer, not acknowledged
  std::int64_t deferred = 0;          ///< aggregates whose events wait for the sweep
  std::int64_t parked = 0;            ///< aggregates with a record that the broker refuses
  std::int64_t pending = 0;           ///< rows in the table, as of the last sweep
  double oldest_seconds = 0;          ///< age of the oldest row, as of the last sweep
  std::int64_t published = 0;         ///< acknowledged by the broker, from memory and by sweep
  std::int64_t swept = 0;             ///< of these, by sweep
};

/// Publishes what committed transactions left in the outbox, at least once, in the order of each aggregate's own version.
///
/// The fast path is HandOff: straight from memory after commit. The crash path is the sweep: rows that nobody has taken
/// care of, ordered by (aggregate_id, aggregate_version), never by "last id seen" and never by clock. An aggregate
/// whose record could not be queued or delivered goes through the sweep until it has caught up, so that nothing
/// overtakes. Acknowledged rows are deleted in batches. Ages are those of the database's clock.
///
/// Order is that of the hand-offs: a process that writes one aggregate from two threads must hand off in the order of
/// its commits. After a crash another instance may publish a later version first; a record that failed may be overtaken
/// by one handed off before its failure was reported; and duplicates may come at any time. Consumers look at ids and versions.
class Relay {
 public:
  /// Has a connection of its own, opened by its thread and again after each failure.
  Relay(RelayConfig config, sql::ConnectionConfig sql, kafka::Publisher& publisher);
  ~Relay();

  /// Call right after the commit that wrote these records; an aggregate's records in the order of its versions. Never
  /// blocks, never loses: what it can't take now the sweep finds in SQL. Thread-safe.
  void HandOff(std::vector<OutboxRecord> records);

  void Start();
  /// Stops taking records, waits up to 5 s for acknowledgements, deletes what was acknowledged. Rows that stay are found
  /// by the next start or by another instance.
  void Stop();
  RelayStats Stats() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace souk::outbox
