#pragma once

#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "services/fulfillment/app/ports.hpp"

namespace souk::fulfillment {

/// A shipment in the hands of a batch.
struct TrackedShipment {
  Shipment state;
  std::int64_t stored_version = 0;  ///< 0 = there is no row yet
  bool is_new_content = false;      ///< lines and ship_to were set by this batch
};

struct TrackedReturn {
  Return state;
  bool stored = false;
  bool changed = false;
};

/// Decides many works against states loaded once. The stores differ only in where the states come from and go to.
class Batch {
 public:
  using ReturnKey = std::pair<ShipmentId, std::string>;

  void Load(Shipment shipment);
  void Load(Return goods);
  void Decide(const Work& work);

  const std::unordered_map<ShipmentId, TrackedShipment>& shipments() const { return shipments_; }
  const std::map<ReturnKey, TrackedReturn>& returns() const { return returns_; }
  const std::vector<EmittedEvent>& events() const { return events_; }
  const std::vector<Station>& stations() const { return stations_; }

 private:
  TrackedShipment& ShipmentOf(ShipmentId id);
  TrackedReturn& ReturnOf(ShipmentId id, const std::string& return_id);
  Decision DecideReturn(const Work& work, Shipment& shipment, const std::string& return_id);
  void Keep(const Work& work, const Shipment& shipment, Decision decision);

  std::unordered_map<ShipmentId, TrackedShipment> shipments_;
  std::map<ReturnKey, TrackedReturn> returns_;
  std::vector<EmittedEvent> events_;
  std::vector<Station> stations_;
};

}  // namespace souk::fulfillment
