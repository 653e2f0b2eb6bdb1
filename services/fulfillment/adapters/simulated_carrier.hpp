#pragma once

#include "services/fulfillment/app/ports.hpp"

namespace souk::fulfillment {

/// A carrier that exists nowhere: its labels follow from the parcel's id, its parcels move by the rows' due times.
class SimulatedCarrier final : public Carrier {
 public:
  SimulatedCarrier(CarrierPolicy policy, std::chrono::milliseconds return_after)
      : policy_(policy), return_after_(return_after) {}

  Result<std::variant<Label, std::string>> MakeLabel(ShipmentId key, const Destination& to) override {
    return PlanParcel(policy_, key, to);
  }
  std::chrono::milliseconds ReturnTime(ShipmentId) override { return return_after_; }

 private:
  const CarrierPolicy policy_;
  const std::chrono::milliseconds return_after_;
};

}  // namespace souk::fulfillment
