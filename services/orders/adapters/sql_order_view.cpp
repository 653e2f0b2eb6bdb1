#include "services/orders/adapters/sql_order_store.hpp"
#include "services/orders/adapters/statements.hpp"

namespace souk::orders {

Result<std::vector<std::shared_ptr<const Order>>> SqlOrderView::Read(sql::Connection& connection, const std::vector<Uuid>& ids) {
  std::vector<std::shared_ptr<const Order>> orders;
  if (ids.empty()) return orders;
  SOUK_RETURN_IF_ERROR(connection.Run(
      [&](sql::Tx& tx) -> Result<void> {
        orders = ReadOrders(tx, ids, cache_);
        return {};
      },
      sql::Isolation::kReadCommitted));
  return orders;
}

Result<std::vector<std::shared_ptr<const Order>>> SqlOrderView::Get(const std::vector<Uuid>& ids, SteadyTime deadline) {
  SOUK_ASSIGN_OR_RETURN(auto connection, pool_.Acquire(deadline));
  return Read(*connection, ids);
}

Result<std::shared_ptr<const Order>> SqlOrderView::Get(const Uuid& id, SteadyTime deadline) {
  SOUK_ASSIGN_OR_RETURN(auto orders, Get(std::vector<Uuid>{id}, deadline));
  if (orders.empty()) return MakeError(ErrorCode::kNotFound, "there is no such order");
  return std::move(orders.front());
}

Result<std::vector<std::shared_ptr<const Order>>> SqlOrderView::List(const std::string& customer_id, std::int64_t limit,
                                                                     const std::optional<Position>& after, SteadyTime deadline) {
  SOUK_ASSIGN_OR_RETURN(auto connection, pool_.Acquire(deadline));
  auto rows = after ? connection->Query(kListAfter, {customer_id, limit, after->placed_at, after->order_id})
                    : connection->Query(kListFirst, {customer_id, limit});
  if (!rows.ok()) return rows.error();
  std::vector<Uuid> ids;
  rows->ForEach([&](const sql::Row& row) { ids.push_back(row.Id(0)); });
  SOUK_ASSIGN_OR_RETURN(auto orders, Read(*connection, ids));
  std::unordered_map<Uuid, std::shared_ptr<const Order>> by_id;
  for (auto& order : orders) by_id.emplace(order->id(), order);
  orders.clear();
  for (const Uuid& id : ids) {
    if (const auto it = by_id.find(id); it != by_id.end()) orders.push_back(it->second);
  }
  return orders;
}

Result<std::vector<TimelineEntry>> SqlOrderView::Timeline(const Uuid& id, SteadyTime deadline) {
  SOUK_ASSIGN_OR_RETURN(auto connection, pool_.Acquire(deadline));
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, connection->Query(kTimeline, {id}));
  std::vector<TimelineEntry> entries;
  rows.ForEach([&](const sql::Row& row) {
    TimelineEntry entry{row.Int(0), row.Time(1), row.Text(2), row.Text(3), row.Text(4), Status::kPending};
    for (int s = 1; s <= static_cast<int>(Status::kReturned); ++s) {
      if (ToString(static_cast<Status>(s)) == row.View(5)) entry.status = static_cast<Status>(s);
    }
    entries.push_back(std::move(entry));
  });
  return entries;
}

Result<std::vector<std::pair<Uuid, std::int64_t>>> SqlOrderView::Versions(const std::vector<Uuid>& ids, SteadyTime deadline) {
  SOUK_ASSIGN_OR_RETURN(auto connection, pool_.Acquire(deadline));
  sql::Array array;
  for (const Uuid& id : ids) array.Add(id);
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, connection->Query(kVersions, {array}));
  std::vector<std::pair<Uuid, std::int64_t>> versions;
  rows.ForEach([&](const sql::Row& row) { versions.emplace_back(row.Id(0), row.Int(1)); });
  return versions;
}

Result<std::vector<Uuid>> SqlOrderView::Due(SystemTime now, std::int64_t limit, SteadyTime deadline) {
  SOUK_ASSIGN_OR_RETURN(auto connection, pool_.Acquire(deadline));
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, connection->Query(kDue, {now, limit}));
  std::vector<Uuid> ids;
  rows.ForEach([&](const sql::Row& row) { ids.push_back(row.Id(0)); });
  return ids;
}

Result<PriceList> SqlOrderView::Prices(const std::vector<std::string>& skus, SteadyTime deadline) {
  SOUK_ASSIGN_OR_RETURN(auto connection, pool_.Acquire(deadline));
  PriceList prices;
  SOUK_RETURN_IF_ERROR(connection->Run(
      [&](sql::Tx& tx) -> Result<void> {
        prices = ReadPrices(tx, skus);
        return {};
      },
      sql::Isolation::kReadCommitted));
  return prices;
}

Result<std::vector<SqlOrderView::Count>> SqlOrderView::CountByPhase(SteadyTime deadline) {
  SOUK_ASSIGN_OR_RETURN(auto connection, pool_.Acquire(deadline));
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, connection->Query(kCountByPhase));
  std::vector<Count> counts;
  rows.ForEach([&](const sql::Row& row) { counts.push_back({row.Text(0), row.Text(1), row.Text(2), row.Int(3)}); });
  return counts;
}

Result<std::optional<SystemTime>> SqlOrderView::OldestOpen(SteadyTime deadline) {
  SOUK_ASSIGN_OR_RETURN(auto connection, pool_.Acquire(deadline));
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, connection->Query(kOldestOpen));
  if (rows.empty()) return std::optional<SystemTime>();
  return rows[0].OptionalTime(0);
}

}  // namespace souk::orders
