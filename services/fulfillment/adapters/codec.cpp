#include "services/fulfillment/adapters/codec.hpp"

#include "libs/base/match.hpp"
#include "souk/fulfillment/v1/shipment_commands.pb.h"
#include "souk/fulfillment/v1/shipment_events.pb.h"

namespace souk::fulfillment {
namespace {

constexpr std::size_t kReturnIdBytesMax = 64;

template <class Message>
Result<Message> Parse(const std::string& payload) {
  Message message;
  if (!message.ParseFromString(payload)) {
    return MalformedField("payload", "is not a " + message.GetTypeName());
  }
  return message;
}

template <class Message>
Result<Message> ParseFor(const kafka::Envelope& envelope, const std::string& payload, ShipmentId* id) {
  SOUK_ASSIGN_OR_RETURN(Message message, Parse<Message>(payload));
  const auto parsed = ShipmentId::Parse(message.shipment_id());
  if (!parsed) return MalformedField("shipment_id", "must be a UUID");
  if (envelope.subject != message.shipment_id()) return MalformedField("shipment_id", "must be the record's key");
  *id = *parsed;
  return message;
}

Result<Incoming> DecodeCreate(const kafka::Envelope& envelope, const std::string& payload) {
  Incoming incoming;
  SOUK_ASSIGN_OR_RETURN(auto message, ParseFor<v1::CreateShipment>(envelope, payload, &incoming.shipment_id));
  CreateRequest request;
  request.ship_to = message.ship_to().SerializeAsString();
  request.country = message.ship_to().country();
  request.line2 = message.ship_to().line2();
  message.clear_ship_to();
  message.clear_shipment_id();
  request.lines = message.SerializeAsString();
  incoming.command = std::move(request);
  return incoming;
}

Result<Incoming> DecodeCancel(const kafka::Envelope& envelope, const std::string& payload) {
  Incoming incoming;
  SOUK_ASSIGN_OR_RETURN(auto message, ParseFor<v1::CancelShipment>(envelope, payload, &incoming.shipment_id));
  incoming.command = CancelShipment{message.reason()};
  return incoming;
}

Result<Incoming> DecodeReturn(const kafka::Envelope& envelope, const std::string& payload) {
  Incoming incoming;
  SOUK_ASSIGN_OR_RETURN(auto message, ParseFor<v1::ExpectReturn>(envelope, payload, &incoming.shipment_id));
  if (message.return_id().empty() || message.return_id().size() > kReturnIdBytesMax) {
    return MalformedField("return_id", "must be 1 to 64 characters");
  }
  ExpectReturn expect{message.return_id(), {}, {}};
  message.clear_shipment_id();
  message.clear_return_id();
  expect.lines = message.SerializeAsString();
  incoming.command = std::move(expect);
  return incoming;
}

void SetTime(SystemTime time, google::protobuf::Timestamp* out) {
  const std::int64_t micros = ToUnixMicros(time);
  out->set_seconds(micros / 1'000'000);
  out->set_nanos(static_cast<int>(micros % 1'000'000) * 1000);
}

/// The event as a protobuf: its full name and its bytes.
struct Encoded {
  std::string type;
  std::string payload;
};

template <class Message>
Encoded Pack(const Message& message) {
  return {message.GetTypeName(), message.SerializeAsString()};
}

Encoded Encode(const std::string& shipment_id, const ShipmentEvent& event) {
  return std::visit(Match{[&](const ShipmentCreated& e) {
                            v1::ShipmentCreated out;
                            out.set_shipment_id(shipment_id);
                            out.set_tracking_code(e.tracking_code);
                            return Pack(out);
                          },
                          [&](const ShipmentRefused& e) {
                            v1::ShipmentRefused out;
                            out.set_shipment_id(shipment_id);
                            out.set_reason(e.reason);
                            return Pack(out);
                          },
                          [&](const ShipmentDispatched& e) {
                            v1::ShipmentDispatched out;
                            out.set_shipment_id(shipment_id);
                            out.set_tracking_code(e.tracking_code);
                            SetTime(e.at, out.mutable_at());
                            return Pack(out);
                          },
                          [&](const ShipmentDelivered& e) {
                            v1::ShipmentDelivered out;
                            out.set_shipment_id(shipment_id);
                            SetTime(e.at, out.mutable_at());
                            return Pack(out);
                          },
                          [&](const ShipmentLost& e) {
                            v1::ShipmentLost out;
                            out.set_shipment_id(shipment_id);
                            SetTime(e.at, out.mutable_at());
                            return Pack(out);
                          },
                          [&](const ShipmentCancelled&) {
                            v1::ShipmentCancelled out;
                            out.set_shipment_id(shipment_id);
                            return Pack(out);
                          },
                          [&](const ReturnReceived& e) {
                            v1::ExpectReturn kept;
                            kept.ParseFromString(e.lines);
                            v1::ReturnReceived out;
                            out.set_shipment_id(shipment_id);
                            out.set_return_id(e.return_id);
                            *out.mutable_lines() = kept.lines();
                            return Pack(out);
                          }},
                    event);
}

}  // namespace

Result<Incoming> DecodeCommand(const kafka::Envelope& envelope, const std::string& payload) {
  if (envelope.type == "souk.fulfillment.v1.CreateShipment") return DecodeCreate(envelope, payload);
  if (envelope.type == "souk.fulfillment.v1.CancelShipment") return DecodeCancel(envelope, payload);
  if (envelope.type == "souk.fulfillment.v1.ExpectReturn") return DecodeReturn(envelope, payload);
  return MakeError(ErrorCode::kUnimplemented, "no command is called " + envelope.type);
}

outbox::OutboxRecord EncodeEvent(const EmittedEvent& event) {
  const std::string id = event.shipment_id.ToString();
  Encoded encoded = Encode(id, event.event);
  outbox::OutboxRecord record;
  record.topic = std::string(kEventsTopic);
  record.payload = std::move(encoded.payload);
  // The same decision, run again, makes the same id.
  record.envelope.id = Uuid::FromName("fulfillment", id + ":" + std::to_string(event.version));
  record.envelope.type = std::move(encoded.type);
  record.envelope.source = "fulfillment";
  record.envelope.subject = id;
  record.envelope.time = event.at;
  record.envelope.aggregate_version = event.version;
  record.envelope.correlation_id = id;
  record.envelope.causation_id = event.causation_id;
  record.envelope.traceparent = event.traceparent;
  return record;
}

v1::ShipmentStatus ToProto(ShipmentStatus status) {
  switch (status) {
    case ShipmentStatus::kCreated: return v1::SHIPMENT_STATUS_CREATED;
    case ShipmentStatus::kDispatched: return v1::SHIPMENT_STATUS_DISPATCHED;
    case ShipmentStatus::kDelivered: return v1::SHIPMENT_STATUS_DELIVERED;
    case ShipmentStatus::kLost: return v1::SHIPMENT_STATUS_LOST;
    case ShipmentStatus::kCancelled: return v1::SHIPMENT_STATUS_CANCELLED;
    case ShipmentStatus::kNone:
    case ShipmentStatus::kRefused: break;
  }
  return v1::SHIPMENT_STATUS_UNSPECIFIED;
}

v1::Shipment ToProto(const Shipment& shipment) {
  v1::Shipment out;
  out.set_shipment_id(shipment.id.ToString());
  out.set_order_id(shipment.id.ToString());
  out.set_status(ToProto(shipment.status));
  out.set_tracking_code(shipment.label.tracking_code);
  out.set_version(shipment.version);
  v1::CreateShipment kept;
  kept.ParseFromString(shipment.lines);
  *out.mutable_lines() = kept.lines();
  out.mutable_ship_to()->ParseFromString(shipment.ship_to);
  if (shipment.created_at) SetTime(*shipment.created_at, out.mutable_created_at());
  if (shipment.dispatched_at) SetTime(*shipment.dispatched_at, out.mutable_dispatched_at());
  if (shipment.status == ShipmentStatus::kDelivered) SetTime(*shipment.ended_at, out.mutable_delivered_at());
  return out;
}

v1::TrackingEvent ToProto(const Station& station) {
  v1::TrackingEvent out;
  SetTime(station.at, out.mutable_at());
  out.set_what(station.what);
  return out;
}

}  // namespace souk::fulfillment
