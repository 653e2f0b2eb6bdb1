#pragma once

#include <memory>
#include <string>
#include <vector>

#include "test/sim/inventory_node.hpp"

namespace souk::sim {

/// Who claims stock without an order, by calls instead of messages: through the gate and the hot counts. A till claims, asks again under
/// the same id until it has an answer, and then sells, lets go, or forgets.
class Tills {
 public:
  Tills(World& world, InventoryData& data, std::vector<InventoryNode*> nodes) : world_(world), data_(data), nodes_(std::move(nodes)) {}
  void Begin(int count, microseconds time);
  /// Claims that somebody still asks about.
  int Open() const { return open_; }

 private:
  struct Claim {
    Uuid id;
    std::vector<inventory::Line> lines;
    bool granted = false;
    int asks = 0;
  };
  using ClaimPtr = std::shared_ptr<Claim>;
  void Send(inventory::Command command, bool through_gate, std::function<void(const inventory::Outcome*)> answered);
  void Reserve(const ClaimPtr& claim);
  void Answered(const ClaimPtr& claim, const inventory::Outcome& outcome);
  void End(const ClaimPtr& claim, bool sells);
  void Leave() { --open_; }

  World& world_;
  InventoryData& data_;
  const std::vector<InventoryNode*> nodes_;
  int open_ = 0;
};

}  // namespace souk::sim
