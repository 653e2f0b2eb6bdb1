#include "test/sim/checks.hpp"

#include <fmt/format.h>

namespace souk::sim {
namespace {

/// What may come after an end.
bool MayFollow(orders::Phase before, orders::Phase after) {
  using orders::Phase;
  switch (before) {
    case Phase::kRejected:
    case Phase::kCancelled:
    case Phase::kReturned: return after == before;
    case Phase::kCompleted: return after == before || after == Phase::kReturning || after == Phase::kReturned;
    case Phase::kReturning: return after == before || after == Phase::kReturned || after == Phase::kCompleted;
    default: return true;
  }
}

}  // namespace

void Checks::Published(const kafka::Record& record, const std::map<std::string, const Sql*>& databases) {
  const auto database = databases.find(std::string(record.HeaderValue("ce_source")));
  if (database == databases.end()) return;
  const auto id = Uuid::Parse(record.HeaderValue("ce_id"));
  if (id && database->second->WasCommitted(*id)) return;
  world_.Fail(fmt::format("{} of {} was published but never committed", record.HeaderValue("ce_type"), record.key));
}

void Checks::Applied(const std::string& group, const Uuid& message_id) {
  if (applied_.emplace(group, message_id).second) return;
  world_.Fail(fmt::format("I3: {} applied message {} twice", group, message_id.ToString()));
}

void Checks::CheckOrder(const orders::Order& order) {
  const std::string name = order.id().ToString();
  Seen& seen = orders_[order.id()];
  const bool same = order.version == seen.version;
  if (order.version < seen.version) world_.Fail(fmt::format("order {} went back from version {} to {}", name, seen.version, order.version));
  if (same && order.phase != seen.phase) world_.Fail(fmt::format("order {} changed without a new version", name));
  if (!MayFollow(seen.phase, order.phase)) world_.Fail(fmt::format("I4: order {} had ended as {} and is {}", name, ToString(seen.phase), ToString(order.phase)));
  if (order.captured_minor < seen.captured || order.refunded_minor < seen.refunded) world_.Fail(fmt::format("I2: order {} forgot money", name));
  if (order.captured_minor > order.content->total_minor) world_.Fail(fmt::format("I2: order {} captured more than it costs", name));
  if (order.refunded_minor > order.captured_minor) world_.Fail(fmt::format("I2: order {} refunded more than it captured", name));
  const bool sold = order.phase == orders::Phase::kConfirmed || order.phase == orders::Phase::kDispatched || order.phase == orders::Phase::kCompleted;
  if (sold && order.captured_minor != order.content->total_minor) world_.Fail(fmt::format("I2: order {} is {} and not paid", name, ToString(order.phase)));
  seen = {order.version, order.phase, order.captured_minor, order.refunded_minor};
}

void Checks::OrdersCommitted(const orders::MemoryOrderStore& store) {
  for (const auto& [id, order] : store.Peek().orders) CheckOrder(*order);
}

void Checks::StockCommitted(const inventory::MemoryStockStore& store, const std::set<Uuid>& claims) {
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> expected;  // reserved, sold
  for (const Uuid& id : claims) {
    const auto reservation = store.Find(id);
    if (!reservation) continue;
    for (const inventory::Held& held : reservation->held) {
      if (reservation->status == inventory::Status::kHeld) expected[held.sku].first += held.quantity;
      if (reservation->status == inventory::Status::kCommitted) expected[held.sku].second += held.quantity;
    }
  }
  for (const inventory::Level& level : store.AllLevels()) {
    const auto& [reserved, sold] = expected[level.sku];
    if (level.reserved < 0 || level.sold < 0 || level.reserved + level.sold > level.received) {
      world_.Fail(fmt::format("I1: {} has received {}, reserved {}, sold {}", level.sku, level.received, level.reserved, level.sold));
    }
    if (level.reserved != reserved || level.sold != sold) {
      world_.Fail(fmt::format("I9: {} says reserved {} and sold {}, its claims say {} and {}", level.sku, level.reserved, level.sold, reserved, sold));
    }
  }
}

void Checks::PaymentsCommitted(payments::MemoryPaymentStore& store) {
  std::map<std::string, std::int64_t> sums;
  for (const auto& [key, amount] : store.Entries()) sums[key.first] += amount;
  for (const auto& [cause, sum] : sums) {
    if (sum != 0) world_.Fail(fmt::format("I2: the bookings of {} sum to {}", cause, sum));
  }
}

}  // namespace souk::sim
