#pragma once

#include <string>
#include <variant>

#include "libs/base/result.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/outbox/outbox.hpp"
#include "services/fulfillment/app/ports.hpp"
#include "souk/fulfillment/v1/fulfillment_service.pb.h"

namespace souk::fulfillment {

inline constexpr std::string_view kCommandsTopic = "fulfillment.shipment.commands.v1";
inline constexpr std::string_view kEventsTopic = "fulfillment.shipment.events.v1";
inline constexpr std::string_view kCommandsGroup = "fulfillment.commands";

/// A command as it came, before the carrier was asked for a label.
struct CreateRequest {
  std::string lines;
  std::string ship_to;
  std::string country;
  std::string line2;
};
struct Incoming {
  ShipmentId shipment_id;
  std::variant<CreateRequest, CancelShipment, ExpectReturn> command;
};

/// kInvalidArgument naming the field for a payload that can't be read; kUnimplemented for a type that is not ours.
Result<Incoming> DecodeCommand(const kafka::Envelope& envelope, const std::string& payload);

outbox::OutboxRecord EncodeEvent(const EmittedEvent& event);

v1::ShipmentStatus ToProto(ShipmentStatus status);
v1::Shipment ToProto(const Shipment& shipment);
v1::TrackingEvent ToProto(const Station& station);

}  // namespace souk::fulfillment
