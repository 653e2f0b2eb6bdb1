#include "services/fulfillment/adapters/kafka_in.hpp"

#include <gtest/gtest.h>

#include "services/fulfillment/adapters/carrier_sweep.hpp"
#include "services/fulfillment/adapters/codec.hpp"
#include "services/fulfillment/adapters/simulated_carrier.hpp"
#include "services/fulfillment/app/memory_shipment_store.hpp"
#include "souk/fulfillment/v1/shipment_commands.pb.h"

namespace souk::fulfillment {
namespace {

using std::chrono::milliseconds;

/// Keeps what it is given.
class MemoryPublisher final : public kafka::Publisher {
 public:
  Result<void> Produce(kafka::Record record, kafka::DeliveryCallback delivered) override {
    records.push_back(std::move(record));
    delivered({});
    return {};
  }
  Result<void> Flush(milliseconds) override { return {}; }
  std::size_t InFlight() const override { return 0; }

  std::vector<kafka::Record> records;
};

/// Makes the label and then does not answer: what a time-out looks like.
class MuteCarrier final : public Carrier {
 public:
  Result<std::variant<Label, std::string>> MakeLabel(ShipmentId key, const Destination& to) override {
    auto label = carrier.MakeLabel(key, to);
    labels.insert(std::get<Label>(*label).tracking_code);
    if (time_outs-- > 0) return MakeError(ErrorCode::kDeadlineExceeded, "the carrier did not answer in time");
    return label;
  }
  milliseconds ReturnTime(ShipmentId key) override { return carrier.ReturnTime(key); }

  SimulatedCarrier carrier{{milliseconds(1000), milliseconds(1000), 0}, milliseconds(1000)};
  int time_outs = 0;
  std::set<std::string> labels;
};

class KafkaInTest : public ::testing::Test {
 protected:
  static ShipmentId Parcel(int n) { return ShipmentId{Uuid::FromName("in", std::to_string(n))}; }

  static kafka::Record RecordOf(int parcel, const google::protobuf::Message& message, int id) {
    kafka::Envelope envelope;
    envelope.id = Uuid::FromName("message", std::to_string(id));
    envelope.type = message.GetTypeName();
    envelope.source = "orders";
    envelope.subject = Parcel(parcel).ToString();
    envelope.time = FromUnixMicros(1);
    envelope.aggregate_version = 1;
    return kafka::ToRecord(std::string(kCommandsTopic), envelope, message.SerializeAsString());
  }
  static kafka::Record Create(int parcel, int id) {
    v1::CreateShipment message;
    message.set_shipment_id(Parcel(parcel).ToString());
    message.mutable_ship_to()->set_country("GB");
    return RecordOf(parcel, message, id);
  }
  Result<void> Handle(std::vector<kafka::Record> records) { return parking_.Handle(records); }

  MemoryShipmentStore store_;
  MuteCarrier carrier_;
  MemoryPublisher dead_letters_;
  ManualClock clock_{FromUnixMicros(1'700'000'000'000'000)};
  Writer writer_{store_, 64};
  KafkaIn in_{writer_, carrier_, clock_};
  kafka::MemoryParkingLot lot_;
  kafka::Parking parking_{{.group = std::string(kCommandsGroup), .attempts_max = 3, .backoff_min = milliseconds(1)},
                          [this](auto& records) { return in_.Handle(records); }, &lot_, dead_letters_};
};

TEST_F(KafkaInTest, AppliesABatchOnceWhenItComesTwice) {
  ASSERT_TRUE(Handle({Create(1, 1), Create(2, 2), Create(1, 1)}).ok());
  ASSERT_TRUE(Handle({Create(1, 1), Create(2, 2)}).ok());
  EXPECT_EQ(store_.Events().size(), 2u);
  EXPECT_EQ(store_.Events()[0].causation_id, Uuid::FromName("message", "1").ToString());
}

TEST_F(KafkaInTest, EndsWithOneLabelWhenTheCarrierTimesOutF70) {
  carrier_.time_outs = 2;
  EXPECT_FALSE(Handle({Create(1, 1)}).ok());
  EXPECT_FALSE(Handle({Create(1, 1)}).ok());
  EXPECT_TRUE(store_.Events().empty());
  ASSERT_TRUE(Handle({Create(1, 1)}).ok());
  ASSERT_EQ(store_.Events().size(), 1u);
  EXPECT_EQ(carrier_.labels.size(), 1u);
}

TEST_F(KafkaInTest, AsksForTheBatchAgainWhenTheStoreIsAway) {
  store_.FailNext(1, MakeError(ErrorCode::kUnavailable, "away"));
  EXPECT_EQ(Handle({Create(1, 1)}).error().code, ErrorCode::kUnavailable);
  ASSERT_TRUE(Handle({Create(1, 1)}).ok());
  EXPECT_EQ(store_.Events().size(), 1u);
  EXPECT_TRUE(dead_letters_.records.empty());
}

TEST_F(KafkaInTest, B81SetsAsideWhatCannotBeReadAndAppliesTheRest) {
  kafka::Record no_envelope;
  no_envelope.topic = kCommandsTopic;
  no_envelope.key = "x";
  kafka::Record garbage = Create(1, 7);
  garbage.value = "\xff\xff\xff";
  ASSERT_TRUE(Handle({no_envelope, Create(1, 1), garbage}).ok());
  EXPECT_EQ(store_.Events().size(), 1u);
  ASSERT_EQ(dead_letters_.records.size(), 2u);
  EXPECT_EQ(dead_letters_.records[0].topic, "fulfillment.commands.dlq");
}

TEST_F(KafkaInTest, SetsAsideWhatKeepsFailingAlone) {
  const Error defect = MakeError(ErrorCode::kInternal, "constraint");
  store_.FailNext(2, defect);
  EXPECT_TRUE(Handle({Create(1, 1)}).ok());
  EXPECT_TRUE(dead_letters_.records.empty()) << "the third try went through";
  store_.FailNext(3, defect);
  EXPECT_TRUE(Handle({Create(2, 2)}).ok());
  EXPECT_EQ(dead_letters_.records.size(), 1u);
}

TEST_F(KafkaInTest, B81SkipsTypesItDoesNotKnow) {
  kafka::Record record = Create(1, 1);
  for (kafka::Header& header : record.headers) {
    if (header.key == "ce_type") header.value = "souk.fulfillment.v1.Unheard";
  }
  ASSERT_TRUE(Handle({record}).ok());
  EXPECT_TRUE(store_.Events().empty());
  EXPECT_TRUE(dead_letters_.records.empty());
}

TEST_F(KafkaInTest, SweepsParcelsToTheDoor) {
  CarrierSweep sweep(store_, writer_, clock_, 2);
  ASSERT_TRUE(Handle({Create(1, 1), Create(2, 2), Create(3, 3)}).ok());
  sweep.Run();
  EXPECT_EQ(store_.Events().size(), 3u);
  clock_.Advance(std::chrono::seconds(2));
  sweep.Run();
  EXPECT_EQ(store_.Events().size(), 6u);
  clock_.Advance(std::chrono::seconds(2));
  sweep.Run();
  sweep.Run();
  EXPECT_EQ(store_.Events().size(), 9u);
}

}  // namespace
}  // namespace souk::fulfillment
