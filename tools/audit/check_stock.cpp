#include <fmt/format.h>

#include <unordered_map>
#include <future>

#include "tools/audit/auditor.hpp"
#include "tools/audit/rows.hpp"
#include "tools/audit/statements.hpp"

namespace souk::audit {
namespace {

struct Totals {
  std::int64_t received = 0;
  std::int64_t reserved = 0;
  std::int64_t sold = 0;
};

Result<std::map<std::string, Totals>> ReadStock(Sources& sources) {
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, sources.inventory.Query(kStockTotals));
  std::map<std::string, Totals> stock;
  rows.ForEach([&](const sql::Row& row) { stock[row.Text(0)] = {row.Int(1), row.Int(2), row.Int(3)}; });
  return stock;
}

struct Count {
  bool known = false;
  std::int64_t available = 0;
};

std::int64_t ToInt(const redis::Reply& reply) { return std::strtoll(reply.text.c_str(), nullptr, 10); }

std::string ShardKey(const std::string& sku, int shard) { return fmt::format("stock:{{{}:{}}}", sku, shard); }

// The sum of a SKU's shards; unknown when shard 0 is not there or a shard can't be read.
Result<Count> ReadCount(redis::Cluster& redis, const std::string& sku) {
  SOUK_ASSIGN_OR_RETURN(const redis::Reply head, redis.ExecuteSync(ShardKey(sku, 0), {"HMGET", ShardKey(sku, 0), "a", "m"}));
  if (head.items.size() != 2 || head.items[0].kind == redis::Reply::Kind::kNil) return Count{};
  Count count{true, ToInt(head.items[0])};
  for (int shard = 1; shard < ToInt(head.items[1]); ++shard) {
    SOUK_ASSIGN_OR_RETURN(const redis::Reply value, redis.ExecuteSync(ShardKey(sku, shard), {"HGET", ShardKey(sku, shard), "a"}));
    if (value.kind == redis::Reply::Kind::kNil) return Count{};
    count.available += ToInt(value);
  }
  return count;
}

}  // namespace

Result<Invariant> CheckNoOversell(Sources& sources) {
  Invariant invariant;
  invariant.compared_what = "stock rows: 0 <= reserved, 0 <= sold, reserved + sold <= received";
  SOUK_ASSIGN_OR_RETURN(const sql::Rows count, sources.inventory.Query(kStockCount));
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, sources.inventory.Query(kStockOversold));
  invariant.compared = count[0].Int(0);
  rows.ForEach([&](const sql::Row& row) {
    invariant.offenders.push_back(fmt::format("sku {} bucket {}: received {}, reserved {}, sold {}", row.Text(0), row.Int(1), row.Int(2), row.Int(3), row.Int(4)));
  });
  return invariant;
}

Result<Invariant> CheckStockIsSumOfMovements(Sources& sources) {
  Invariant invariant;
  invariant.compared_what = "received of each sku with its movements; reserved and sold with the reservations' lines";
  SOUK_ASSIGN_OR_RETURN(const auto stock, ReadStock(sources));
  SOUK_ASSIGN_OR_RETURN(const sql::Rows movements, sources.inventory.Query(kMovementTotals));
  SOUK_ASSIGN_OR_RETURN(const sql::Rows lines, sources.inventory.Query(kReservedByLines));
  std::map<std::string, Totals> expected;
  movements.ForEach([&](const sql::Row& row) {
    expected[row.Text(0)].received = row.Int(1);
    invariant.compared += row.Int(2);
  });
  lines.ForEach([&](const sql::Row& row) {
    expected[row.Text(0)].reserved = row.Int(1);
    expected[row.Text(0)].sold = row.Int(2);
  });
  for (const auto& [sku, have] : stock) expected.try_emplace(sku);
  for (const auto& [sku, want] : expected) {
    const auto found = stock.find(sku);
    const Totals have = found == stock.end() ? Totals{} : found->second;
    if (have.received != want.received) invariant.offenders.push_back(fmt::format("sku {}: received {} but its movements sum to {}", sku, have.received, want.received));
    if (have.reserved != want.reserved) invariant.offenders.push_back(fmt::format("sku {}: reserved {} but held lines sum to {}", sku, have.reserved, want.reserved));
    if (have.sold != want.sold) invariant.offenders.push_back(fmt::format("sku {}: sold {} but committed lines sum to {}", sku, have.sold, want.sold));
  }
  return invariant;
}

Result<Invariant> CheckNoLeakedReservation(Sources& sources) {
  Invariant invariant;
  invariant.compared_what = "held reservations with the orders they belong to";
  // Orders first: an order that ends while we read can't make its reservation look leaked.
  SOUK_ASSIGN_OR_RETURN(const auto orders, ReadOrders(sources));
  SOUK_ASSIGN_OR_RETURN(const sql::Rows held, sources.inventory.Query(kHeldReservations));
  held.ForEach([&](const sql::Row& row) {
    ++invariant.compared;
    const std::string id = row.Text(0);
    const auto order = orders.find(id);
    if (order != orders.end() && order->second.Terminal()) {
      invariant.offenders.push_back(fmt::format("reservation {} is held though its order is {}", id, order->second.phase));
    } else if (row.Bool(1)) {
      invariant.offenders.push_back(fmt::format("reservation {} is held a minute after it expired", id));
    }
  });
  return invariant;
}

Result<Invariant> CheckLedgerEqualsCounters(Sources& sources) {
  Invariant invariant;
  if (!sources.redis) return MakeError(ErrorCode::kUnavailable, "Redis is not configured");
  std::int64_t missing = 0;
  SOUK_ASSIGN_OR_RETURN(const auto stock, ReadStock(sources));
  for (const auto& [sku, totals] : stock) {
    SOUK_ASSIGN_OR_RETURN(const Count count, ReadCount(*sources.redis, sku));
    if (!count.known) {
      ++missing;  // unknown is not wrong: the ledger is asked until the count is rebuilt
      continue;
    }
    ++invariant.compared;
    const std::int64_t available = totals.received - totals.reserved - totals.sold;
    if (available != count.available) invariant.offenders.push_back(fmt::format("sku {}: ledger {} available, Redis {}", sku, available, count.available));
  }
  invariant.compared_what = fmt::format("available units in the ledger with the sum over Redis shards ({} skus have no count in Redis)", missing);
  return invariant;
}

}  // namespace souk::audit
