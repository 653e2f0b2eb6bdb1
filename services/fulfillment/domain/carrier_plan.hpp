#pragma once

#include <chrono>
#include <string_view>
#include <variant>

#include "services/fulfillment/domain/shipment.hpp"

namespace souk::fulfillment {

/// How the simulated carrier behaves.
struct CarrierPolicy {
  std::chrono::milliseconds dispatch_after{2000};
  std::chrono::milliseconds deliver_after{3000};
  std::int64_t lose_one_in = 0;  ///< 0 = never loses a parcel
};

/// Where a parcel goes, as far as a carrier cares.
struct Destination {
  std::string_view country;
  std::string_view line2;  ///< "LOSE" always gets lost, "SLOW" is dispatched 20 times later: for demos and tests
};

/// The label of a parcel, or why no carrier takes it ("ADDRESS_NOT_SERVED"). A function of its arguments only, so
/// asking again for the same parcel gives the same label (F70). Times vary between half and one and a half of the
/// policy's, by the hash of the id.
std::variant<Label, std::string> PlanParcel(const CarrierPolicy& policy, ShipmentId id, const Destination& to);

}  // namespace souk::fulfillment
