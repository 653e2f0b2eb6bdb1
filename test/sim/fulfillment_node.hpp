#pragma once

#include <memory>

#include "services/fulfillment/adapters/simulated_carrier.hpp"
#include "services/fulfillment/app/memory_shipment_store.hpp"
#include "test/sim/checks.hpp"
#include "test/sim/node.hpp"

namespace souk::sim {

/// What the instances of fulfillment share: the database, and the carrier outside.
struct FulfillmentData {
  explicit FulfillmentData(World& world) : sql(world, "fulfillment.sql") {}
  Sql sql;
  fulfillment::MemoryShipmentStore store;
  fulfillment::SimulatedCarrier carrier{{.dispatch_after = seconds(8), .deliver_after = seconds(12), .lose_one_in = 8}, seconds(5)};
};

class FulfillmentNode final : public Node {
 public:
  FulfillmentNode(World& world, Broker& broker, FulfillmentData& data, Checks& checks, std::string name);

 private:
  void Boot() override;
  void Drop() override;
  Result<void> Apply(std::span<fulfillment::Work> works);
  Result<void> ApplyOnce(std::span<fulfillment::Work> works, std::vector<outbox::OutboxRecord>& records, std::int64_t sequence);
  Result<std::optional<fulfillment::Work>> ToWork(const kafka::Record& record);
  void OnCommands(const std::vector<kafka::Record>& records, const Consumer::Done& done);
  void Submit(std::vector<fulfillment::Work> works, const Consumer::Done& done);
  void Sweep();

  FulfillmentData& data_;
  Checks& checks_;
  std::unique_ptr<Writer<fulfillment::Work>> writer_;
  std::vector<outbox::OutboxRecord> hand_off_;
  bool sweeping_ = false;
};

}  // namespace souk::sim
