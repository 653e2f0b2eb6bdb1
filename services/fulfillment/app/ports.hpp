#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/base/result.hpp"
#include "services/fulfillment/domain/carrier_plan.hpp"
#include "services/fulfillment/domain/shipment.hpp"

namespace souk::fulfillment {

using Command = std::variant<CreateShipment, CancelShipment, ExpectReturn, CarrierStep, ReturnStep>;

/// One thing to do, whatever brought it: a Kafka record or a step of the carrier that is due.
struct Work {
  ShipmentId shipment_id;
  Command command;
  SystemTime now;
  std::optional<Uuid> message_id;  ///< of the Kafka record; one that was applied before changes nothing
  std::string causation_id;
  std::string traceparent;
  std::function<void(const Result<void>&)> done;  ///< called once after the commit; must not block
};

/// An event with what the outbox needs to order and name it.
struct EmittedEvent {
  ShipmentId shipment_id;
  std::int64_t version = 0;
  ShipmentEvent event;
  SystemTime at;
  std::string causation_id;
  std::string traceparent;
};

/// One line of a parcel's tracking.
struct Station {
  ShipmentId shipment_id;
  std::int64_t sequence = 0;
  SystemTime at;
  std::string what;
};

/// The truth about parcels.
class ShipmentStore {
 public:
  virtual ~ShipmentStore() = default;
  /// Decides all of `works` in their order and makes the outcome durable, all or nothing: states, tracking, events,
  /// message ids. kUnavailable (try again), kAborted (lost races only), kInternal (one of the works can't be stored).
  virtual Result<void> Apply(std::span<Work> works) = 0;
};

struct ShipmentDetails {
  Shipment shipment;
  std::vector<Station> stations;
};

/// A step that is due: of a parcel, or of the return named.
struct DueStep {
  ShipmentId shipment_id;
  std::optional<std::string> return_id;
};

/// Reads. kUnavailable when the engine is away, kNotFound where said.
class ShipmentView {
 public:
  virtual ~ShipmentView() = default;
  virtual Result<ShipmentDetails> Get(ShipmentId id) = 0;  ///< kNotFound, also for a tombstone
  virtual Result<ShipmentDetails> Track(const std::string& tracking_code) = 0;
  /// At most `limit` parcels and `limit` returns, the longest due first.
  virtual Result<std::vector<DueStep>> Due(SystemTime now, int limit) = 0;
};

/// Makes labels. The key of a label is the shipment's id: asked again, after a time-out or a crash, the carrier answers
/// with the same one.
class Carrier {
 public:
  virtual ~Carrier() = default;
  /// The label, or why the carrier refuses the parcel for good. kUnavailable and kDeadlineExceeded: ask again with the
  /// same key.
  virtual Result<std::variant<Label, std::string>> MakeLabel(ShipmentId key, const Destination& to) = 0;
  /// How long goods need to come back.
  virtual std::chrono::milliseconds ReturnTime(ShipmentId key) = 0;
};

}  // namespace souk::fulfillment
