#pragma once

#include <memory>
#include <string>
#include <vector>

#include "test/sim/customers.hpp"
#include "test/sim/fulfillment_node.hpp"
#include "test/sim/inventory_node.hpp"
#include "test/sim/notifications_node.hpp"
#include "test/sim/payments_node.hpp"
#include "test/sim/tills.hpp"

namespace souk::sim {

/// How one simulation ended.
struct Report {
  std::uint64_t seed = 0;
  bool ok = false;
  std::string failure;
  std::int64_t steps = 0;
  double virtual_seconds = 0;
  std::uint64_t trace_hash = 0;
  std::vector<std::string> last_lines;
  int orders = 0;
  std::map<std::string, int> ends;  ///< orders by phase
};

/// The whole shop in one process and one thread: one to three instances of each service on shared databases, a broker, the bank, a carrier and
/// customers. Everything that happens follows from the seed.
class Shop {
 public:
  explicit Shop(WorldOptions options);
  /// Runs the faults, then quiet until everything has ended, and checks what is left.
  Report Run();

 private:
  void OpenShop();
  void Disturb(Node* node);
  void DisturbEngines();
  void DisturbCounts();
  std::string CountThatDiffers();
  void Announce(const std::string& sku, std::int64_t version, std::int64_t price);
  void Receive(const std::string& sku, const std::string& movement, std::int64_t units);
  bool RunUntil(SystemTime until);
  bool Settled();
  std::string WhatIsOpen();
  void CheckTheEnd();
  void CheckOrderAtEnd(const orders::Order& order);
  void CheckStockAtEnd();
  void CheckNotifications();
  Report Finish();

  World world_;
  Broker broker_;
  Checks checks_;
  Bank bank_;
  OrdersData orders_;
  InventoryData inventory_;
  PaymentsData payments_;
  FulfillmentData fulfillment_;
  NotificationsData notifications_;
  std::vector<std::unique_ptr<OrdersNode>> orders_nodes_;
  std::vector<std::unique_ptr<InventoryNode>> inventory_nodes_;
  std::vector<std::unique_ptr<PaymentsNode>> payments_nodes_;
  std::vector<std::unique_ptr<FulfillmentNode>> fulfillment_nodes_;
  std::vector<std::unique_ptr<NotificationsNode>> notifications_nodes_;
  std::vector<Node*> nodes_;
  std::unique_ptr<Customers> customers_;
  std::unique_ptr<Tills> tills_;
  std::map<std::string, std::int64_t> received_;
  std::map<std::pair<std::string, std::string>, std::set<Uuid>> told_;  ///< ids of events by order and type
  std::map<Uuid, kafka::Record> noticed_;                               ///< events that somebody is to be told about
};

/// One simulation from its seed.
Report Simulate(const WorldOptions& options);

}  // namespace souk::sim
