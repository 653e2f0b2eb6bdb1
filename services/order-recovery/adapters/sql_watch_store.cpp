#include "services/order-recovery/adapters/sql_watch_store.hpp"

#include "services/order-recovery/adapters/statements.hpp"

namespace souk::recovery {
namespace {

constexpr std::chrono::seconds kConnectionWait{10};

Watched ReadWatched(const sql::Row& row) {
  Watched watched;
  watched.order_id = row.Id(0);
  watched.version = row.Int(1);
  watched.status = row.View(2);
  watched.phase = row.View(3);
  watched.waiting_for = row.View(4);
  watched.since = row.Time(5);
  watched.seen_at = row.Time(6);
  watched.deadline_at = row.OptionalTime(7);
  watched.state = ParseState(row.View(8)).value_or(State::kWatched);
  watched.asks = static_cast<int>(row.Int(9));
  watched.failures = static_cast<int>(row.Int(10));
  watched.unreachable = static_cast<int>(row.Int(11));
  watched.last_tried_at = row.OptionalTime(12);
  watched.last_outcome = row.View(13);
  watched.next_try_at = row.OptionalTime(14);
  watched.leased_by = row.View(15);
  return watched;
}

std::vector<Watched> ReadAllWatched(const sql::Rows& rows) {
  std::vector<Watched> list;
  list.reserve(rows.size());
  rows.ForEach([&](const sql::Row& row) { list.push_back(ReadWatched(row)); });
  return list;
}

void Save(sql::Tx& tx, const WatchedOrders& orders, const WatchedOrders& before) {
  sql::Array ids, versions, statuses, phases, waits, sinces, seens, deadlines, states, asks, failures, unreachables, trieds, outcomes, nexts, leases;
  for (const auto& [id, watched] : orders) {  // in the order of their ids in every process: two writers then can't deadlock
    if (const auto found = before.find(id); found != before.end() && found->second == watched) continue;
    ids.Add(id);
    versions.Add(watched.version);
    statuses.Add(watched.status);
    phases.Add(watched.phase);
    waits.Add(watched.waiting_for);
    sinces.Add(watched.since);
    seens.Add(watched.seen_at);
    deadlines.Add(watched.deadline_at);
    states.Add(ToString(watched.state));
    asks.Add(watched.asks);
    failures.Add(watched.failures);
    unreachables.Add(watched.unreachable);
    trieds.Add(watched.last_tried_at);
    outcomes.Add(watched.last_outcome);
    nexts.Add(watched.next_try_at);
    leases.Add(watched.leased_by);
  }
  if (ids.empty()) return;
  tx.Exec(statements::kSave, {ids, versions, statuses, phases, waits, sinces, seens, deadlines, states, asks, failures, unreachables, trieds,
                              outcomes, nexts, leases});
}

void ChangeIn(sql::Tx& tx, const std::vector<Uuid>& ids, const std::function<void(WatchedOrders&)>& change) {
  sql::Array array;
  for (const Uuid& id : ids) array.Add(id);
  WatchedOrders before;
  for (Watched& watched : ReadAllWatched(tx.Exec(statements::kLoad, {array}))) before.emplace(watched.order_id, std::move(watched));
  WatchedOrders orders = before;
  change(orders);
  Save(tx, orders, before);
}

}  // namespace

Result<sql::Pool::Lease> SqlWatchStore::Connection() { return pool_.Acquire(std::chrono::steady_clock::now() + kConnectionWait); }

Result<void> SqlWatchStore::Update(const std::vector<Uuid>& ids, const std::function<void(WatchedOrders&)>& change) {
  if (ids.empty()) return {};
  SOUK_ASSIGN_OR_RETURN(auto connection, Connection());
  return connection->Run([&](sql::Tx& tx) -> Result<void> {
    ChangeIn(tx, ids, change);
    return {};
  });
}

Result<bool> SqlWatchStore::Decide(const Decision& decision, const std::function<void(WatchedOrders&)>& change) {
  SOUK_ASSIGN_OR_RETURN(auto connection, Connection());
  bool fresh = false;
  SOUK_RETURN_IF_ERROR(connection->Run([&](sql::Tx& tx) -> Result<void> {
    fresh = tx.Exec(statements::kInsertDecision, {decision.decision_id, decision.order_id, decision.at, decision.who, decision.action,
                                                  decision.note, decision.outcome}).affected() == 1;
    if (fresh) ChangeIn(tx, {decision.order_id}, change);
    return {};
  }));
  return fresh;
}

Result<std::vector<Watched>> SqlWatchStore::Lease(SystemTime now, SystemTime until, int limit, const std::string& who) {
  SOUK_ASSIGN_OR_RETURN(auto connection, Connection());
  std::vector<Watched> leased;
  SOUK_RETURN_IF_ERROR(connection->Run([&](sql::Tx& tx) -> Result<void> {
    leased = ReadAllWatched(tx.Exec(statements::kLease, {now, until, limit, who}));
    return {};
  }));
  return leased;
}

Result<std::optional<Watched>> SqlWatchStore::Get(const Uuid& id) {
  SOUK_ASSIGN_OR_RETURN(auto connection, Connection());
  sql::Array array;
  array.Add(id);
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, connection->Query(statements::kLoad, {array}));
  if (rows.empty()) return std::optional<Watched>();
  return std::optional(ReadWatched(rows[0]));
}

Result<std::vector<Watched>> SqlWatchStore::List(const WatchFilter& filter, const Uuid& after, int limit) {
  SOUK_ASSIGN_OR_RETURN(auto connection, Connection());
  Result<sql::Rows> rows = [&]() -> Result<sql::Rows> {
    switch (filter.kind) {
      case WatchFilter::Kind::kQuarantined: return connection->Query(statements::kListState, {after, limit, ToString(State::kQuarantined)});
      case WatchFilter::Kind::kResolved: return connection->Query(statements::kListState, {after, limit, ToString(State::kResolved)});
      case WatchFilter::Kind::kOpen: return connection->Query(statements::kListOpen, {after, limit});
      case WatchFilter::Kind::kStuck: break;
    }
    return connection->Query(statements::kListStuck, {after, limit, filter.overdue_before});
  }();
  if (!rows.ok()) return rows.error();
  return ReadAllWatched(*rows);
}

Result<std::vector<Decision>> SqlWatchStore::Decisions(const Uuid& id) {
  SOUK_ASSIGN_OR_RETURN(auto connection, Connection());
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, connection->Query(statements::kDecisions, {id}));
  std::vector<Decision> decisions;
  rows.ForEach([&](const sql::Row& row) {
    decisions.push_back({row.Id(0), row.Id(1), row.Time(2), row.Text(3), row.Text(4), row.Text(5), row.Text(6)});
  });
  return decisions;
}

Result<std::map<State, std::int64_t>> SqlWatchStore::Count() {
  SOUK_ASSIGN_OR_RETURN(auto connection, Connection());
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, connection->Query(statements::kCount));
  std::map<State, std::int64_t> counts;
  rows.ForEach([&](const sql::Row& row) {
    if (const auto state = ParseState(row.View(0))) counts[*state] = row.Int(1);
  });
  return counts;
}

Result<std::int64_t> SqlWatchStore::Forget(SystemTime before, int limit) {
  SOUK_ASSIGN_OR_RETURN(auto connection, Connection());
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, connection->Query(statements::kForget, {before, limit}));
  return rows.affected();
}

}  // namespace souk::recovery
