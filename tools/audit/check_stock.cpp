#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <unordered_map>

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

struct Command {
  std::string key;
  std::vector<std::string> args;
};

// Sends up to kInFlight commands before it waits: a wait for each of some thousand keys would be the audit's longest part.
Result<std::vector<redis::Reply>> ExecuteAll(redis::Cluster& redis, const std::vector<Command>& commands) {
  constexpr std::size_t kInFlight = 500;
  std::vector<redis::Reply> replies;
  for (std::size_t from = 0; from < commands.size(); from += kInFlight) {
    std::vector<std::future<Result<redis::Reply>>> waiting;
    for (std::size_t i = from; i < std::min(from + kInFlight, commands.size()); ++i) {
      auto promise = std::make_shared<std::promise<Result<redis::Reply>>>();
      waiting.push_back(promise->get_future());
      redis.Execute(commands[i].key, commands[i].args, SteadyTime::max(), [promise](Result<redis::Reply> reply) { promise->set_value(std::move(reply)); });
    }
    for (auto& one : waiting) {
      SOUK_ASSIGN_OR_RETURN(redis::Reply reply, one.get());
      replies.push_back(std::move(reply));
    }
  }
  return replies;
}

// The sum of each SKU's shards; unknown when shard 0 or another one is not there.
Result<std::vector<Count>> ReadCounts(redis::Cluster& redis, const std::vector<std::string>& skus) {
  std::vector<Command> commands;
  for (const std::string& sku : skus) commands.push_back({ShardKey(sku, 0), {"HMGET", ShardKey(sku, 0), "a", "m"}});
  SOUK_ASSIGN_OR_RETURN(const auto heads, ExecuteAll(redis, commands));
  std::vector<Count> counts(skus.size());
  std::vector<std::size_t> owner;
  commands.clear();
  for (std::size_t i = 0; i < skus.size(); ++i) {
    const redis::Reply& head = heads[i];
    if (head.items.size() != 2 || head.items[0].kind == redis::Reply::Kind::kNil) continue;
    counts[i] = {true, ToInt(head.items[0])};
    for (int shard = 1; shard < ToInt(head.items[1]); ++shard) {
      commands.push_back({ShardKey(skus[i], shard), {"HGET", ShardKey(skus[i], shard), "a"}});
      owner.push_back(i);
    }
  }
  SOUK_ASSIGN_OR_RETURN(const auto values, ExecuteAll(redis, commands));
  for (std::size_t i = 0; i < values.size(); ++i) {
    Count& count = counts[owner[i]];
    if (values[i].kind == redis::Reply::Kind::kNil) count.known = false;
    count.available += ToInt(values[i]);
  }
  return counts;
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
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, sources.inventory.Query(kStockAndItsCauses));
  std::map<std::string, Totals> stock, expected;
  rows.ForEach([&](const sql::Row& row) {
    const std::string_view source = row.View(0);
    invariant.compared += row.Int(5);
    if (source == "stock") stock[row.Text(1)] = {row.Int(2), row.Int(3), row.Int(4)};
    if (source == "movements") expected[row.Text(1)].received = row.Int(2);
    if (source == "lines") {
      expected[row.Text(1)].reserved = row.Int(3);
      expected[row.Text(1)].sold = row.Int(4);
    }
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
  std::vector<std::string> skus;
  for (const auto& [sku, totals] : stock) skus.push_back(sku);
  SOUK_ASSIGN_OR_RETURN(const std::vector<Count> counts, ReadCounts(*sources.redis, skus));
  auto next = counts.begin();
  for (const auto& [sku, totals] : stock) {
    const Count count = *next++;
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
