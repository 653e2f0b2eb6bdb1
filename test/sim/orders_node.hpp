#pragma once

#include <memory>
#include <set>

#include "services/orders/app/apply_batch.hpp"
#include "services/orders/app/memory_order_store.hpp"
#include "test/sim/checks.hpp"
#include "test/sim/node.hpp"

namespace souk::sim {

/// What the instances of orders share: the database.
struct OrdersData {
  explicit OrdersData(World& world) : sql(world, "orders.sql") {}
  Sql sql;
  orders::MemoryOrderStore store;
};

/// The order store of one process: the memory store with a database's ways to fail.
class SimOrderStore final : public orders::OrderStore {
 public:
  SimOrderStore(Node& node, OrdersData& data) : node_(node), data_(data) {}
  Result<void> Transact(const std::function<Result<void>(orders::OrderTx&)>& body) override;
  /// Runs after each commit, before anybody can hear of it.
  std::function<void()> committed;
  /// Orders that are shown as if they waited for their claim. Only for Bug::kReplyUnchecked.
  std::set<Uuid> shown_as_reserving;
  std::int64_t sequence = 0;
  std::vector<outbox::OutboxRecord> TakeHandOff() { return std::exchange(hand_off_, {}); }

 private:
  Node& node_;
  OrdersData& data_;
  std::vector<outbox::OutboxRecord> hand_off_;
};

class OrdersNode final : public Node {
 public:
  using Answer = std::function<void(const Result<void>&, const orders::Outcome&)>;

  OrdersNode(World& world, Broker& broker, OrdersData& data, Checks& checks, std::string name);
  /// A call of a customer, as adapters/orders_api.cpp hands it to the writer. `answer` is not called when the process dies.
  void Call(orders::Work work, Answer answer);
  static const orders::SagaTimes& Times();

 private:
  void Boot() override;
  void Drop() override;
  Result<void> Apply(std::span<orders::Work> works);
  void OnReplies(const std::vector<kafka::Record>& records, const Consumer::Done& done);
  void OnProducts(const std::vector<kafka::Record>& records, const Consumer::Done& done);
  void Submit(std::vector<orders::Work> works, const Consumer::Done& done);
  void Sweep();

  OrdersData& data_;
  Checks& checks_;
  std::unique_ptr<SimOrderStore> store_;
  std::unique_ptr<Writer<orders::Work>> writer_;
  bool sweeping_ = false;
};

}  // namespace souk::sim
