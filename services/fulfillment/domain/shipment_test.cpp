#include "services/fulfillment/domain/shipment.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace souk::fulfillment {
namespace {

using std::chrono::milliseconds;

const SystemTime kStart = FromUnixMicros(1'700'000'000'000'000);
const SystemTime kLater = kStart + std::chrono::hours(1);

Label SomeLabel() { return {"SK1", milliseconds(10), milliseconds(20), false}; }
CreateShipment Create() { return {"lines", "address", SomeLabel()}; }

/// A parcel in the state, reached by commands only.
Shipment In(ShipmentStatus status) {
  Shipment shipment;
  shipment.id = ShipmentId{Uuid::FromName("test", "parcel")};
  CreateShipment create = Create();
  if (status == ShipmentStatus::kLost) std::get<Label>(create.label).gets_lost = true;
  if (status == ShipmentStatus::kRefused) create.label = std::string("ADDRESS_NOT_SERVED");
  if (status != ShipmentStatus::kNone) Decide(shipment, create, kStart);
  if (status == ShipmentStatus::kCancelled) Decide(shipment, CancelShipment{}, kStart);
  const bool moves =
      status == ShipmentStatus::kDispatched || status == ShipmentStatus::kDelivered || status == ShipmentStatus::kLost;
  if (moves) Decide(shipment, CarrierStep{}, *shipment.next_step_at);
  if (moves && status != ShipmentStatus::kDispatched) Decide(shipment, CarrierStep{}, *shipment.next_step_at);
  EXPECT_EQ(shipment.status, status);
  return shipment;
}

Shipment Tombstone() {
  Shipment shipment;
  Decide(shipment, CancelShipment{}, kStart);
  return shipment;
}

std::string Name(const ShipmentEvent& event) {
  static const char* const kEventNames[] = {"created", "refused",   "dispatched", "delivered",
                                            "lost",    "cancelled", "returned"};
  return kEventNames[event.index()];
}

std::string Names(const Decision& decision) {
  std::string names;
  for (const ShipmentEvent& event : decision.events) names += (names.empty() ? "" : ",") + Name(event);
  return names;
}

struct Cell {
  const char* state;
  std::function<Shipment()> make;
  const char* on_create;
  const char* on_cancel;
  const char* on_step;
  ShipmentStatus after_create;
  ShipmentStatus after_cancel;
  ShipmentStatus after_step;
};

using S = ShipmentStatus;
const Cell kTable[] = {
    {"none", [] { return In(S::kNone); }, "created", "cancelled", "", S::kCreated, S::kCancelled, S::kNone},
    {"created", [] { return In(S::kCreated); }, "created", "cancelled", "dispatched", S::kCreated, S::kCancelled,
     S::kDispatched},
    {"dispatched", [] { return In(S::kDispatched); }, "dispatched", "dispatched", "delivered", S::kDispatched,
     S::kDispatched, S::kDelivered},
    {"delivered", [] { return In(S::kDelivered); }, "delivered", "dispatched,delivered", "", S::kDelivered,
     S::kDelivered, S::kDelivered},
    {"lost", [] { return In(S::kLost); }, "lost", "dispatched,lost", "", S::kLost, S::kLost, S::kLost},
    {"cancelled", [] { return In(S::kCancelled); }, "cancelled", "cancelled", "", S::kCancelled, S::kCancelled,
     S::kCancelled},
    {"tombstone", [] { return Tombstone(); }, "refused", "cancelled", "", S::kCancelled, S::kCancelled, S::kCancelled},
    {"refused", [] { return In(S::kRefused); }, "refused", "cancelled", "", S::kRefused, S::kRefused, S::kRefused},
};

TEST(ShipmentTest, AnswersEveryCommandInEveryState) {
  for (const Cell& cell : kTable) {
    SCOPED_TRACE(cell.state);
    Shipment created = cell.make();
    EXPECT_EQ(Names(Decide(created, Create(), kLater)), cell.on_create);
    EXPECT_EQ(created.status, cell.after_create);
    Shipment cancelled = cell.make();
    EXPECT_EQ(Names(Decide(cancelled, CancelShipment{}, kLater)), cell.on_cancel);
    EXPECT_EQ(cancelled.status, cell.after_cancel);
    Shipment stepped = cell.make();
    EXPECT_EQ(Names(Decide(stepped, CarrierStep{}, kLater)), cell.on_step);
    EXPECT_EQ(stepped.status, cell.after_step);
  }
}

TEST(ShipmentTest, GivesEachEventAVersionOfItsOwn) {
  Shipment shipment = In(S::kDelivered);
  EXPECT_EQ(shipment.version, 3);
  Decide(shipment, CancelShipment{}, kLater);
  EXPECT_EQ(shipment.version, 5);
  EXPECT_EQ(shipment.stations, 3);
}

TEST(ShipmentTest, RefusesACreateThatComesAfterItsCancel) {
  Shipment shipment = Tombstone();
  const Decision decision = Decide(shipment, Create(), kLater);
  ASSERT_EQ(decision.events.size(), 1u);
  EXPECT_EQ(std::get<ShipmentRefused>(decision.events[0]).reason, "CANCELLED");
  EXPECT_TRUE(shipment.lines.empty());
}

TEST(ShipmentTest, TellsWhyTheCarrierRefuses) {
  Shipment shipment;
  CreateShipment create = Create();
  create.label = std::string("ADDRESS_NOT_SERVED");
  const Decision decision = Decide(shipment, create, kStart);
  EXPECT_EQ(std::get<ShipmentRefused>(decision.events.at(0)).reason, "ADDRESS_NOT_SERVED");
}

TEST(ShipmentTest, DoesNotMoveBeforeItsStepIsDue) {
  Shipment shipment = In(S::kCreated);
  EXPECT_TRUE(Decide(shipment, CarrierStep{}, kStart).events.empty());
  EXPECT_EQ(shipment, In(S::kCreated));
}

TEST(ShipmentTest, LetsTheFirstOfCancelAndDispatchWin) {
  Shipment cancel_first = In(S::kCreated);
  Decide(cancel_first, CancelShipment{}, kLater);
  EXPECT_TRUE(Decide(cancel_first, CarrierStep{}, kLater).events.empty());
  Shipment dispatch_first = In(S::kCreated);
  Decide(dispatch_first, CarrierStep{}, kLater);
  EXPECT_EQ(Names(Decide(dispatch_first, CancelShipment{}, kLater)), "dispatched");
}

TEST(ShipmentTest, KeepsTheFirstLabel) {
  Shipment shipment = In(S::kCreated);
  CreateShipment again = Create();
  std::get<Label>(again.label).tracking_code = "SK2";
  const Decision decision = Decide(shipment, again, kLater);
  EXPECT_EQ(std::get<ShipmentCreated>(decision.events.at(0)).tracking_code, "SK1");
}

TEST(ReturnTest, ReceivesEachReturnOnce) {
  Return goods;
  EXPECT_TRUE(Decide(goods, ExpectReturn{"r1", "lines", milliseconds(10)}, kStart).events.empty());
  EXPECT_TRUE(Decide(goods, ExpectReturn{"r1", "other", milliseconds(99)}, kStart).events.empty());
  EXPECT_TRUE(Decide(goods, ReturnStep{"r1"}, kStart).events.empty());
  EXPECT_EQ(Names(Decide(goods, ReturnStep{"r1"}, kLater)), "returned");
  EXPECT_TRUE(Decide(goods, ReturnStep{"r1"}, kLater).events.empty());
  const Decision asked_again = Decide(goods, ExpectReturn{"r1", "lines", milliseconds(10)}, kLater);
  EXPECT_EQ(Names(asked_again), "returned");
  EXPECT_EQ(std::get<ReturnReceived>(asked_again.events[0]).lines, "lines");
}

TEST(ShipmentStatusTest, NamesEveryStatusBothWays) {
  for (const S status : {S::kNone, S::kCreated, S::kDispatched, S::kDelivered, S::kLost, S::kCancelled, S::kRefused}) {
    EXPECT_EQ(ParseShipmentStatus(ToString(status)), status);
  }
  EXPECT_FALSE(ParseShipmentStatus("SOMETHING"));
}

}  // namespace
}  // namespace souk::fulfillment
