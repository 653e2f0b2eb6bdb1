#pragma once

#include <map>
#include <set>
#include <string>

#include "libs/kafka/record.hpp"
#include "services/inventory/adapters/memory_stock_store.hpp"
#include "services/orders/app/memory_order_store.hpp"
#include "services/payments/app/memory_payment_store.hpp"
#include "test/sim/sql.hpp"
#include "test/sim/world.hpp"

namespace souk::sim {

/// What must hold after every step, of what the step touched. The numbers are those of the invariants that `souk audit` checks.
class Checks {
 public:
  explicit Checks(World& world) : world_(world) {}

  /// A record became durable in Kafka: its cause must be.
  void Published(const kafka::Record& record, const std::map<std::string, const Sql*>& databases);
  /// A message had its effect in `group`. Once is right.
  void Applied(const std::string& group, const Uuid& message_id);
  void OrdersCommitted(const orders::MemoryOrderStore& store);
  /// `claims`: every reservation that somebody may have asked for.
  void StockCommitted(const inventory::MemoryStockStore& store, const std::set<Uuid>& claims);
  void PaymentsCommitted(payments::MemoryPaymentStore& store);

 private:
  struct Seen {
    std::int64_t version = 0;
    orders::Phase phase = orders::Phase::kReserving;
    std::int64_t captured = 0;
    std::int64_t refunded = 0;
  };
  void CheckOrder(const orders::Order& order);

  World& world_;
  std::set<std::pair<std::string, Uuid>> applied_;
  std::map<Uuid, Seen> orders_;
};

}  // namespace souk::sim
