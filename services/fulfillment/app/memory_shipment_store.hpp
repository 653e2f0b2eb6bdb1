#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <set>

#include "services/fulfillment/app/batch.hpp"

namespace souk::fulfillment {

/// The store of unit tests and simulations: the same decisions, kept in memory. Thread-safe.
class MemoryShipmentStore final : public ShipmentStore, public ShipmentView {
 public:
  Result<void> Apply(std::span<Work> works) override;
  Result<ShipmentDetails> Get(ShipmentId id) override;
  Result<ShipmentDetails> Track(const std::string& tracking_code) override;
  Result<std::vector<DueStep>> Due(SystemTime now, int limit) override;

  /// Everything emitted so far, in order.
  std::vector<EmittedEvent> Events() const;
  /// Those since the last call.
  std::vector<EmittedEvent> TakeEvents();
  /// The next `count` applications fail with this before anything is kept.
  void FailNext(int count, Error error);

 private:
  mutable std::mutex mutex_;
  std::map<ShipmentId, Shipment> shipments_;
  std::map<Batch::ReturnKey, Return> returns_;
  std::map<ShipmentId, std::vector<Station>> stations_;
  std::set<Uuid> inbox_;
  std::vector<EmittedEvent> events_;
  int failures_ = 0;
  Error failure_;
};

}  // namespace souk::fulfillment
