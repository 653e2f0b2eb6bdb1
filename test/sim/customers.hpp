#pragma once

#include <optional>
#include <string>
#include <vector>

#include "test/sim/bank.hpp"
#include "test/sim/orders_node.hpp"

namespace souk::sim {

/// Who buys: orders at random times, asks again under the same key until there is an answer, cancels at any stage, confirms or fails the
/// bank's challenge, sends goods back.
class Customers {
 public:
  Customers(World& world, OrdersData& data, std::vector<OrdersNode*> nodes, Bank& bank) : world_(world), data_(data), nodes_(std::move(nodes)), bank_(bank) {}

  /// Plans `count` orders over `time`.
  void Begin(int count, microseconds time);

  struct Basket {
    std::string name;
    Uuid order_id;
    orders::PlaceOrder place;
    bool accepted = false;
    bool refused = false;
    std::string answer;  ///< the bytes of the first 2xx
    std::optional<microseconds> cancels_after;
    int challenge = 0;  ///< 0 confirms, 1 fails, 2 never comes back
    bool returns = false;
    bool returns_part = false;
  };
  const std::vector<std::shared_ptr<Basket>>& baskets() const { return baskets_; }

 private:
  using BasketPtr = std::shared_ptr<Basket>;
  /// Sends a call to some instance; `answered` hears what came back, nothing when there was no answer in time.
  void Send(orders::Work work, std::function<void(const std::optional<orders::Outcome>&)> answered);
  BasketPtr Plan(int number);
  void Place(const BasketPtr& basket);
  void Accepted(const BasketPtr& basket, const orders::Order& order, bool open);
  void Cancel(const BasketPtr& basket, const std::string& key);
  void Return(const BasketPtr& basket, int attempt);
  void Look(const BasketPtr& basket);

  World& world_;
  OrdersData& data_;
  const std::vector<OrdersNode*> nodes_;
  Bank& bank_;
  std::vector<BasketPtr> baskets_;
};

}  // namespace souk::sim
