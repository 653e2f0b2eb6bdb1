#pragma once

#include <memory>
#include <set>

#include "services/inventory/adapters/memory_availability.hpp"
#include "services/inventory/adapters/memory_stock_reader.hpp"
#include "services/inventory/adapters/memory_stock_store.hpp"
#include "services/inventory/app/count_keeper.hpp"
#include "services/inventory/app/expire_reservations.hpp"
#include "services/inventory/app/reserve_gate.hpp"
#include "test/sim/checks.hpp"
#include "test/sim/counts.hpp"
#include "test/sim/node.hpp"

namespace souk::sim {

/// What the instances of inventory share: the database and the hot counts.
struct InventoryData {
  explicit InventoryData(World& world) : sql(world, "inventory.sql") {}
  Sql sql;
  inventory::MemoryStockStore store;
  inventory::MemoryStockReader reader{store};
  inventory::MemoryAvailability counts;  ///< what Redis holds
  std::set<Uuid> claims;  ///< every id that a claim was asked for under
};

/// The ledger of one process: the memory store with a database's ways to fail.
class SimStockStore final : public inventory::StockStore {
 public:
  SimStockStore(Node& node, InventoryData& data, Checks& checks) : node_(node), data_(data), checks_(checks), past_(data.store.Copy()) {}
  Result<inventory::Applied> Apply(std::span<inventory::Work> works) override;
  std::vector<outbox::OutboxRecord> TakeHandOff() { return std::exchange(hand_off_, {}); }

 private:
  Result<inventory::Applied> ApplyOnce(std::span<inventory::Work> works, std::vector<outbox::OutboxRecord>& records, std::int64_t sequence);
  void Spoil(std::span<inventory::Work> works);

  Node& node_;
  InventoryData& data_;
  Checks& checks_;
  inventory::MemoryStockStore::State past_;  ///< as this process saw it last; only for Bug::kAbsoluteStockWrite
  std::vector<outbox::OutboxRecord> hand_off_;
};

class InventoryNode final : public Node, public inventory::WorkQueue {
 public:
  InventoryNode(World& world, Broker& broker, InventoryData& data, Checks& checks, std::string name);
  /// A call, not a message; claims may go through the gate. `answer` is not called when the process dies.
  void Call(inventory::Command command, bool through_gate, std::function<void(const Result<void>&, const inventory::Outcome&)> answer);

  // inventory::WorkQueue
  Result<void> Submit(inventory::Work work) override { return writer_->Submit(std::move(work)); }
  std::size_t Waiting() const override { return writer_->Waiting(); }

 private:
  void Boot() override;
  void Drop() override;
  Result<void> Apply(std::span<inventory::Work> works);
  void Finish(inventory::Work& work, const Result<void>& result);
  void OnRecords(const std::vector<kafka::Record>& records, bool commands, const Consumer::Done& done);
  Result<inventory::Work> ToWork(const kafka::Record& record, bool commands) const;

  InventoryData& data_;
  Checks& checks_;
  std::unique_ptr<SimStockStore> store_;
  std::unique_ptr<Writer<inventory::Work>> writer_;
  std::unique_ptr<SimStockReader> reader_;
  std::unique_ptr<SimAvailability> availability_;
  std::unique_ptr<inventory::CountKeeper> keeper_;
  std::unique_ptr<inventory::ReserveGate> gate_;
  std::unique_ptr<inventory::ExpireReservations> expiry_;
};

}  // namespace souk::sim
