#include "services/fulfillment/app/batch.hpp"

#include "libs/base/match.hpp"

namespace souk::fulfillment {

void Batch::Load(Shipment shipment) {
  const ShipmentId id = shipment.id;
  const std::int64_t version = shipment.version;
  shipments_.insert_or_assign(id, TrackedShipment{std::move(shipment), version, false});
}

void Batch::Load(Return goods) {
  const ReturnKey key{goods.shipment_id, goods.return_id};
  returns_.insert_or_assign(key, TrackedReturn{std::move(goods), true, false});
}

TrackedShipment& Batch::ShipmentOf(ShipmentId id) {
  TrackedShipment& tracked = shipments_[id];
  tracked.state.id = id;
  return tracked;
}

TrackedReturn& Batch::ReturnOf(ShipmentId id, const std::string& return_id) {
  TrackedReturn& tracked = returns_[{id, return_id}];
  tracked.state.shipment_id = id;
  tracked.state.return_id = return_id;
  return tracked;
}

void Batch::Decide(const Work& work) {
  TrackedShipment& tracked = ShipmentOf(work.shipment_id);
  Shipment& shipment = tracked.state;
  const bool was_blank = shipment.status == ShipmentStatus::kNone;
  Decision decision =
      std::visit(Match{[&](const ExpectReturn& command) { return DecideReturn(work, shipment, command.return_id); },
                       [&](const ReturnStep& command) { return DecideReturn(work, shipment, command.return_id); },
                       [&](const auto& command) { return fulfillment::Decide(shipment, command, work.now); }},
                 work.command);
  if (was_blank && std::holds_alternative<CreateShipment>(work.command)) tracked.is_new_content = true;
  Keep(work, shipment, std::move(decision));
}

Decision Batch::DecideReturn(const Work& work, Shipment& shipment, const std::string& return_id) {
  TrackedReturn& tracked = ReturnOf(work.shipment_id, return_id);
  const Return before = tracked.state;
  Decision decision;
  if (const auto* expect = std::get_if<ExpectReturn>(&work.command)) {
    decision = fulfillment::Decide(tracked.state, *expect, work.now);
  } else {
    decision = fulfillment::Decide(tracked.state, std::get<ReturnStep>(work.command), work.now);
  }
  tracked.changed = tracked.changed || !(tracked.state == before);
  // A return has no aggregate of its own: its events take their versions from the parcel.
  shipment.version += static_cast<std::int64_t>(decision.events.size());
  shipment.stations += static_cast<std::int64_t>(decision.stations.size());
  return decision;
}

void Batch::Keep(const Work& work, const Shipment& shipment, Decision decision) {
  std::int64_t version = shipment.version - static_cast<std::int64_t>(decision.events.size());
  for (ShipmentEvent& event : decision.events) {
    events_.push_back({work.shipment_id, ++version, std::move(event), work.now, work.causation_id, work.traceparent});
  }
  std::int64_t sequence = shipment.stations - static_cast<std::int64_t>(decision.stations.size());
  for (std::string& what : decision.stations) {
    stations_.push_back({work.shipment_id, ++sequence, work.now, std::move(what)});
  }
}

}  // namespace souk::fulfillment
