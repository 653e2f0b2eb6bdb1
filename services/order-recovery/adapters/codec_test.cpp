#include "services/order-recovery/adapters/codec.hpp"

#include <gtest/gtest.h>

#include "souk/orders/v1/order_events.pb.h"

namespace souk::recovery {
namespace {

namespace orders = souk::orders::v1;

kafka::Envelope EnvelopeOf(const google::protobuf::Message& message) {
  kafka::Envelope envelope;
  envelope.type = message.GetTypeName();
  envelope.subject = Uuid::FromName("order", "1").ToString();
  envelope.aggregate_version = 7;
  envelope.time = FromUnixMicros(5'000'000);
  return envelope;
}

std::optional<Sighting> Decode(const google::protobuf::Message& message) { return *DecodeEvent(EnvelopeOf(message), message.SerializeAsString()); }

TEST(RecoveryCodecTest, ReadsDeadlinesFromEveryEventThatHasOne) {
  orders::OrderAccepted accepted;
  accepted.mutable_deadline()->set_seconds(10);
  const auto first = Decode(accepted);
  EXPECT_EQ(first->phase, "RESERVING");
  EXPECT_EQ(first->version, 7);
  EXPECT_EQ(first->deadline_at, FromUnixMicros(10'000'000));
  orders::OrderDispatched dispatched;
  dispatched.mutable_deadline()->set_seconds(20);
  EXPECT_EQ(Decode(dispatched)->deadline_at, FromUnixMicros(20'000'000));
  EXPECT_FALSE(Decode(orders::OrderConfirmed())->deadline_at.has_value()) << "events of an older version have none";
}

TEST(RecoveryCodecTest, KnowsTheEndAndThatAnEndMayHaveSomethingToUndo) {
  for (const google::protobuf::Message* message :
       std::initializer_list<const google::protobuf::Message*>{&orders::OrderCompleted::default_instance(), &orders::OrderRejected::default_instance(),
                                                                &orders::OrderCancelled::default_instance(), &orders::OrderReturned::default_instance()}) {
    EXPECT_TRUE(Decode(*message)->ended) << message->GetTypeName();
  }
  orders::OrderProgressed progressed;
  progressed.set_status(orders::ORDER_STATUS_REJECTED);
  progressed.set_waiting_for("undo");
  EXPECT_FALSE(Decode(progressed)->ended);
  progressed.clear_waiting_for();
  EXPECT_TRUE(Decode(progressed)->ended);
}

TEST(RecoveryCodecTest, RefusesBytesThatAreNoneAndSkipsTypesItDoesNotKnow) {
  EXPECT_EQ(DecodeEvent(EnvelopeOf(orders::OrderAccepted()), "\xff\xff").error().reason, "UNREADABLE_PAYLOAD");
  kafka::Envelope unknown = EnvelopeOf(orders::OrderAccepted());
  unknown.type = "souk.orders.v1.OrderApplauded";
  EXPECT_FALSE(DecodeEvent(unknown, "")->has_value());
}

}  // namespace
}  // namespace souk::recovery
