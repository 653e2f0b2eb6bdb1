#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "libs/outbox/sweeper.hpp"
#include "test/sim/world.hpp"

namespace souk::sim {

/// The process ends here and now. Thrown by the simulator's own adapters, because only that leaves real code in the middle of its work
/// as kill -9 does; caught by Node.
struct Killed {
  std::string_view where;
};

/// The database of one service, as far as all services use theirs: transactions that may fail in every way, and the outbox. What a
/// service keeps besides is in its memory store.
class Sql {
 public:
  Sql(World& world, std::string name) : world_(world), name_(std::move(name)) {}

  /// Runs one transaction as libs/sql does: again when it lost a race, and with every end that a COMMIT can have. `once(false)` decides
  /// and writes everything and takes it back; `once(true)` makes it durable. Throws Killed.
  Result<void> Run(const std::string& who, const std::function<Result<void>(bool)>& once);
  /// For single statements outside of the writer.
  bool Answers();
  void GoAway(microseconds time);

  /// With the state they tell about. `sequence` is taken when a transaction begins, so it may become visible out of order.
  void Append(const std::vector<outbox::OutboxRecord>& records, std::int64_t sequence);
  std::int64_t NextSequence() { return ++sequence_; }
  bool WasCommitted(const Uuid& message_id) const { return committed_.contains(message_id); }
  /// Rows in the outbox.
  std::size_t Pending() const { return rows_.size(); }

  struct Row {
    kafka::Record record;
    SystemTime created_at;
    std::int64_t sequence = 0;
  };
  std::map<outbox::RowKey, Row>& rows() { return rows_; }
  World& world() { return world_; }

 private:
  World& world_;
  const std::string name_;
  SystemTime away_until_{};
  std::int64_t sequence_ = 0;
  std::map<outbox::RowKey, Row> rows_;
  std::unordered_set<Uuid> committed_;
  std::set<std::tuple<std::string, std::int64_t, std::string>> versions_;
};

/// The outbox as the relay of one process sees it.
class OutboxTable final : public outbox::PendingTable {
 public:
  explicit OutboxTable(Sql& sql) : sql_(sql) {}
  std::optional<std::vector<outbox::PendingRow>> Page(const outbox::RowKey& after, const std::string& until, milliseconds age, int limit) override;
  std::optional<std::vector<outbox::PendingRow>> OfAggregates(const std::vector<std::string>& names, int limit) override;
  bool Delete(const std::vector<outbox::RowKey>& keys) override;
  std::optional<Backlog> Count() override;

 private:
  Sql& sql_;
};

}  // namespace souk::sim
