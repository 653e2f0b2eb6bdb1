#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/base/uuid.hpp"

namespace souk::fulfillment {

struct ShipmentTag;
using ShipmentId = Id<ShipmentTag>;  ///< equals the order id

enum class ShipmentStatus {
  kNone,        ///< heard of (a return came first), nothing decided
  kCreated,     ///< label made, waits for the carrier
  kDispatched,  ///< with the carrier
  kDelivered,
  kLost,
  kCancelled,  ///< will not leave; also the tombstone of a cancel that came before its create
  kRefused,    ///< no carrier serves it
};

/// "CREATED" and so on, as stored.
std::string_view ToString(ShipmentStatus status);
std::optional<ShipmentStatus> ParseShipmentStatus(std::string_view text);

/// What the carrier promised with the label: how this parcel's way will go.
struct Label {
  std::string tracking_code;
  std::chrono::milliseconds dispatch_after{0};  ///< from the making of the label
  std::chrono::milliseconds deliver_after{0};   ///< from dispatch
  bool gets_lost = false;                       ///< the simulated carrier decides it in advance

  bool operator==(const Label&) const = default;
};

/// The parcel of one order. `lines` and `ship_to` are kept as they came (serialized), since no rule looks into them.
struct Shipment {
  ShipmentId id;
  ShipmentStatus status = ShipmentStatus::kNone;
  std::int64_t version = 0;   ///< rises by one with each event
  std::int64_t stations = 0;  ///< tracking events so far
  std::string refusal;        ///< why, when kRefused
  Label label;
  std::string lines;
  std::string ship_to;
  std::optional<SystemTime> created_at;
  std::optional<SystemTime> dispatched_at;
  std::optional<SystemTime> ended_at;      ///< delivered, lost, cancelled or refused
  std::optional<SystemTime> next_step_at;  ///< when the carrier's next step is due; none = nothing is expected

  /// A cancel that came before its create.
  bool IsTombstone() const { return status == ShipmentStatus::kCancelled && !created_at; }
  bool operator==(const Shipment&) const = default;
};

/// Goods expected back. One per (shipment, return_id).
struct Return {
  ShipmentId shipment_id;
  std::string return_id;
  std::string lines;                 ///< serialized, as it came
  std::optional<SystemTime> due_at;  ///< when the goods arrive; none once received
  std::optional<SystemTime> received_at;

  bool operator==(const Return&) const = default;
};

// Commands. Time and the carrier's label arrive inside, so that deciding again gives the same.
struct CreateShipment {
  std::string lines;
  std::string ship_to;
  std::variant<Label, std::string> label;  ///< or why the carrier refuses
};
struct CancelShipment {
  std::string reason;
};
struct ExpectReturn {
  std::string return_id;
  std::string lines;
  std::chrono::milliseconds arrives_after{0};
};
/// The carrier's next step on a parcel is due.
struct CarrierStep {};
/// A parcel on its way back is due.
struct ReturnStep {
  std::string return_id;
};

// Events.
struct ShipmentCreated {
  std::string tracking_code;
  bool operator==(const ShipmentCreated&) const = default;
};
struct ShipmentRefused {
  std::string reason;
  bool operator==(const ShipmentRefused&) const = default;
};
struct ShipmentDispatched {
  std::string tracking_code;
  SystemTime at;
  bool operator==(const ShipmentDispatched&) const = default;
};
struct ShipmentDelivered {
  SystemTime at;
  bool operator==(const ShipmentDelivered&) const = default;
};
struct ShipmentLost {
  SystemTime at;
  bool operator==(const ShipmentLost&) const = default;
};
struct ShipmentCancelled {
  bool operator==(const ShipmentCancelled&) const = default;
};
struct ReturnReceived {
  std::string return_id;
  std::string lines;
  bool operator==(const ReturnReceived&) const = default;
};
using ShipmentEvent = std::variant<ShipmentCreated, ShipmentRefused, ShipmentDispatched, ShipmentDelivered,
                                   ShipmentLost, ShipmentCancelled, ReturnReceived>;

/// What a decision leads to. An answer that is only repeated changes no status but still has a version of its own.
struct Decision {
  std::vector<ShipmentEvent> events;
  std::vector<std::string> stations;  ///< new lines of the parcel's tracking
};

/// A repeated create is a question: it is answered with the present state.
Decision Decide(Shipment& shipment, const CreateShipment& command, SystemTime now);
/// Wins while the parcel is not dispatched; else it is answered with what happened instead.
Decision Decide(Shipment& shipment, const CancelShipment& command, SystemTime now);
/// Moves a parcel whose next step is due: to the carrier, then to the door or nowhere. Too early or too late = nothing.
Decision Decide(Shipment& shipment, const CarrierStep& command, SystemTime now);
/// Once per return_id; asked again after the goods came, it is answered again.
Decision Decide(Return& goods, const ExpectReturn& command, SystemTime now);
Decision Decide(Return& goods, const ReturnStep& command, SystemTime now);

}  // namespace souk::fulfillment
