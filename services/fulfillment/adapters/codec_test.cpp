#include "services/fulfillment/adapters/codec.hpp"

#include <gtest/gtest.h>

#include "souk/fulfillment/v1/shipment_commands.pb.h"
#include "souk/fulfillment/v1/shipment_events.pb.h"

namespace souk::fulfillment {
namespace {

const ShipmentId kId{Uuid::FromName("codec", "1")};

kafka::Envelope EnvelopeOf(const google::protobuf::Message& message) {
  kafka::Envelope envelope;
  envelope.id = Uuid::FromName("codec", "message");
  envelope.type = message.GetTypeName();
  envelope.subject = kId.ToString();
  return envelope;
}

TEST(CodecTest, ReadsACreate) {
  v1::CreateShipment message;
  message.set_shipment_id(kId.ToString());
  message.add_lines()->set_sku("85123A");
  message.mutable_ship_to()->set_country("GB");
  message.mutable_ship_to()->set_line2("SLOW");
  const auto incoming = DecodeCommand(EnvelopeOf(message), message.SerializeAsString());
  ASSERT_TRUE(incoming.ok());
  EXPECT_EQ(incoming->shipment_id, kId);
  const auto& create = std::get<CreateRequest>(incoming->command);
  EXPECT_EQ(create.country, "GB");
  EXPECT_EQ(create.line2, "SLOW");
  Shipment shipment;
  shipment.id = kId;
  shipment.lines = create.lines;
  shipment.ship_to = create.ship_to;
  const v1::Shipment shown = ToProto(shipment);
  EXPECT_EQ(shown.lines(0).sku(), "85123A");
  EXPECT_EQ(shown.ship_to().country(), "GB");
}

TEST(CodecTest, NamesWhatCannotBeRead) {
  v1::CancelShipment message;
  message.set_shipment_id("no-uuid");
  auto incoming = DecodeCommand(EnvelopeOf(message), message.SerializeAsString());
  ASSERT_FALSE(incoming.ok());
  EXPECT_EQ(incoming.error().fields.at(0).field, "shipment_id");
  message.set_shipment_id(Uuid::FromName("codec", "other").ToString());
  incoming = DecodeCommand(EnvelopeOf(message), message.SerializeAsString());
  EXPECT_EQ(incoming.error().fields.at(0).description, "must be the record's key");
  incoming = DecodeCommand(EnvelopeOf(message), "\xff\xff");
  EXPECT_EQ(incoming.error().fields.at(0).field, "payload");
  v1::ExpectReturn expect;
  expect.set_shipment_id(kId.ToString());
  incoming = DecodeCommand(EnvelopeOf(expect), expect.SerializeAsString());
  EXPECT_EQ(incoming.error().fields.at(0).field, "return_id");
}

TEST(CodecTest, LeavesForeignTypesAlone) {
  kafka::Envelope envelope;
  envelope.type = "souk.fulfillment.v2.CreateShipment";
  EXPECT_EQ(DecodeCommand(envelope, "").error().code, ErrorCode::kUnimplemented);
}

TEST(CodecTest, GivesBackTheLinesOfAReturn) {
  v1::ExpectReturn message;
  message.set_shipment_id(kId.ToString());
  message.set_return_id("r1");
  auto* line = message.add_lines();
  line->set_sku("85123A");
  line->set_quantity(3);
  line->set_restock(true);
  const auto incoming = DecodeCommand(EnvelopeOf(message), message.SerializeAsString());
  ASSERT_TRUE(incoming.ok());
  const auto& expect = std::get<ExpectReturn>(incoming->command);
  const auto record = EncodeEvent({kId, 7, ReturnReceived{expect.return_id, expect.lines}, {}, "cause", ""});
  v1::ReturnReceived event;
  ASSERT_TRUE(event.ParseFromString(record.payload));
  EXPECT_EQ(event.return_id(), "r1");
  ASSERT_EQ(event.lines_size(), 1);
  EXPECT_EQ(event.lines(0).quantity(), 3);
  EXPECT_TRUE(event.lines(0).restock());
}

TEST(CodecTest, NamesAnEventByItsShipmentAndVersion) {
  const EmittedEvent event{kId, 3, ShipmentCreated{"SK1"}, FromUnixMicros(5), "cause", ""};
  const auto record = EncodeEvent(event);
  EXPECT_EQ(record.topic, "fulfillment.shipment.events.v1");
  EXPECT_EQ(record.envelope.type, "souk.fulfillment.v1.ShipmentCreated");
  EXPECT_EQ(record.envelope.subject, kId.ToString());
  EXPECT_EQ(record.envelope.aggregate_version, 3);
  EXPECT_EQ(record.envelope.id, EncodeEvent(event).envelope.id);
  EmittedEvent next = event;
  next.version = 4;
  EXPECT_NE(record.envelope.id, EncodeEvent(next).envelope.id);
}

}  // namespace
}  // namespace souk::fulfillment
