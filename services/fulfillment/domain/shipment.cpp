#include "services/fulfillment/domain/shipment.hpp"

#include <array>
#include <utility>

#include "libs/base/match.hpp"

namespace souk::fulfillment {
namespace {

constexpr std::array<std::pair<ShipmentStatus, std::string_view>, 7> kNames{{
    {ShipmentStatus::kNone, "NONE"},
    {ShipmentStatus::kCreated, "CREATED"},
    {ShipmentStatus::kDispatched, "DISPATCHED"},
    {ShipmentStatus::kDelivered, "DELIVERED"},
    {ShipmentStatus::kLost, "LOST"},
    {ShipmentStatus::kCancelled, "CANCELLED"},
    {ShipmentStatus::kRefused, "REFUSED"},
}};

/// The event that tells where the parcel is now.
ShipmentEvent PresentState(const Shipment& shipment) {
  switch (shipment.status) {
    case ShipmentStatus::kCreated: return ShipmentCreated{shipment.label.tracking_code};
    case ShipmentStatus::kDispatched: return ShipmentDispatched{shipment.label.tracking_code, *shipment.dispatched_at};
    case ShipmentStatus::kDelivered: return ShipmentDelivered{*shipment.ended_at};
    case ShipmentStatus::kLost: return ShipmentLost{*shipment.ended_at};
    case ShipmentStatus::kRefused: return ShipmentRefused{shipment.refusal};
    case ShipmentStatus::kCancelled:
      if (shipment.IsTombstone()) return ShipmentRefused{"CANCELLED"};
      return ShipmentCancelled{};
    case ShipmentStatus::kNone: break;
  }
  return ShipmentRefused{"UNKNOWN"};
}

/// Each event has a version of its own: the outbox keeps the order of an aggregate by it.
Decision Emit(Shipment& shipment, std::vector<ShipmentEvent> events, std::vector<std::string> stations = {}) {
  shipment.version += static_cast<std::int64_t>(events.size());
  shipment.stations += static_cast<std::int64_t>(stations.size());
  return {std::move(events), std::move(stations)};
}

Decision End(Shipment& shipment, ShipmentStatus status, SystemTime now, std::string station) {
  shipment.status = status;
  shipment.ended_at = now;
  shipment.next_step_at.reset();
  ShipmentEvent event = PresentState(shipment);
  std::vector<std::string> stations;
  if (!station.empty()) stations.push_back(std::move(station));
  return Emit(shipment, {std::move(event)}, std::move(stations));
}

/// The undo came before the do: a create that comes later is refused.
Decision LeaveTombstone(Shipment& shipment, SystemTime now) {
  shipment.status = ShipmentStatus::kCancelled;
  shipment.ended_at = now;
  return Emit(shipment, {ShipmentCancelled{}});
}

}  // namespace

std::string_view ToString(ShipmentStatus status) {
  for (const auto& [value, name] : kNames) {
    if (value == status) return name;
  }
  return "NONE";
}

std::optional<ShipmentStatus> ParseShipmentStatus(std::string_view text) {
  for (const auto& [value, name] : kNames) {
    if (name == text) return value;
  }
  return std::nullopt;
}

Decision Decide(Shipment& shipment, const CreateShipment& command, SystemTime now) {
  if (shipment.status != ShipmentStatus::kNone) return Emit(shipment, {PresentState(shipment)});
  shipment.lines = command.lines;
  shipment.ship_to = command.ship_to;
  if (const auto* refusal = std::get_if<std::string>(&command.label)) {
    shipment.refusal = *refusal;
    return End(shipment, ShipmentStatus::kRefused, now, {});
  }
  shipment.label = std::get<Label>(command.label);
  shipment.status = ShipmentStatus::kCreated;
  shipment.created_at = now;
  shipment.next_step_at = now + shipment.label.dispatch_after;
  return Emit(shipment, {ShipmentCreated{shipment.label.tracking_code}}, {"Label printed"});
}

Decision Decide(Shipment& shipment, const CancelShipment&, SystemTime now) {
  switch (shipment.status) {
    case ShipmentStatus::kNone: return LeaveTombstone(shipment, now);
    case ShipmentStatus::kCreated: return End(shipment, ShipmentStatus::kCancelled, now, "Stopped before dispatch");
    case ShipmentStatus::kCancelled:
    case ShipmentStatus::kRefused: return Emit(shipment, {ShipmentCancelled{}});
    case ShipmentStatus::kDispatched: return Emit(shipment, {PresentState(shipment)});
    case ShipmentStatus::kDelivered:
    case ShipmentStatus::kLost: break;
  }
  // Whoever asks may not have heard of the dispatch yet: first that the cancel lost, then how it ended.
  return Emit(shipment,
              {ShipmentDispatched{shipment.label.tracking_code, *shipment.dispatched_at}, PresentState(shipment)});
}

Decision Decide(Shipment& shipment, const CarrierStep&, SystemTime now) {
  if (!shipment.next_step_at || *shipment.next_step_at > now) return {};
  if (shipment.status == ShipmentStatus::kCreated) {
    shipment.status = ShipmentStatus::kDispatched;
    shipment.dispatched_at = now;
    shipment.next_step_at = now + shipment.label.deliver_after;
    return Emit(shipment, {PresentState(shipment)}, {"Taken by the carrier"});
  }
  if (shipment.status != ShipmentStatus::kDispatched) return {};
  if (shipment.label.gets_lost) return End(shipment, ShipmentStatus::kLost, now, "Given up by the carrier");
  return End(shipment, ShipmentStatus::kDelivered, now, "Delivered");
}

Decision Decide(Return& goods, const ExpectReturn& command, SystemTime now) {
  if (goods.received_at) return {{ReturnReceived{goods.return_id, goods.lines}}, {}};
  if (goods.due_at) return {};
  goods.return_id = command.return_id;
  goods.lines = command.lines;
  goods.due_at = now + command.arrives_after;
  return {};
}

Decision Decide(Return& goods, const ReturnStep&, SystemTime now) {
  if (goods.received_at || !goods.due_at || *goods.due_at > now) return {};
  goods.received_at = now;
  goods.due_at.reset();
  return {{ReturnReceived{goods.return_id, goods.lines}}, {"Returned goods received"}};
}

}  // namespace souk::fulfillment
