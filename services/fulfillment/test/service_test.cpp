#include "services/fulfillment/service.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "libs/http/client.hpp"
#include "libs/kafka/admin.hpp"
#include "libs/kafka/dead_letter.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/kafka/producer.hpp"
#include "libs/testing/eventually.hpp"
#include "libs/testing/test_database.hpp"
#include "services/fulfillment/adapters/codec.hpp"
#include "souk/fulfillment/v1/shipment_commands.pb.h"
#include "souk/fulfillment/v1/shipment_events.pb.h"

namespace souk::fulfillment {
namespace {

using std::chrono::milliseconds;
using Strings = std::vector<std::string>;

/// The service as it runs in production, on a real SQL engine and a real Kafka.
class ServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    brokers_ = testing::TestEnvironment("SOUK_TEST_KAFKA");
    ASSERT_FALSE(database_.url().empty() || brokers_.empty());
    auto admin = kafka::Admin::Create(brokers_);
    ASSERT_TRUE(admin.ok());
    std::vector<kafka::TopicSpec> specs;
    for (const auto topic : {kCommandsTopic, kEventsTopic}) specs.push_back({std::string(topic), 4, 1, {}});
    for (const char* topic : {"fulfillment.commands.dlq", "fulfillment.commands.redrive"}) specs.push_back({topic, 1, 1, {}});
    ASSERT_TRUE((*admin)->CreateTopics(specs).ok());
    auto producer = kafka::Producer::Create({.brokers = brokers_});
    ASSERT_TRUE(producer.ok());
    producer_ = std::move(*producer);
    ASSERT_TRUE(testing::Eventually([&] {
      auto ends = (*admin)->EndOffsets(std::string(kEventsTopic));
      if (ends.ok()) offsets_ = *ends;
      return ends.ok();
    }));
  }

  Config TestConfig() {
    Config config;
    config.common.instance = "test";
    config.common.host = "127.0.0.1";
    config.common.sql_url = database_.url();
    config.common.kafka_brokers = brokers_;
    config.common.grace = milliseconds(2000);
    config.carrier = {milliseconds(200), milliseconds(200), 0};
    config.return_after = milliseconds(200);
    config.sweep_interval = milliseconds(50);
    return config;
  }

  std::unique_ptr<Service> StartService(const Config& config) {
    auto service = Service::Start(config, health_);
    EXPECT_TRUE(service.ok()) << (service.ok() ? "" : service.error().message);
    return service.ok() ? std::move(*service) : nullptr;
  }

  std::string NewParcel() { return Uuid::FromName(database_.name(), std::to_string(++parcels_)).ToString(); }

  /// `message` names the record; the same name is the same record again.
  void Send(const std::string& parcel, const google::protobuf::Message& command, const std::string& message) {
    kafka::Envelope envelope;
    envelope.id = Uuid::FromName(database_.name(), parcel + message);
    envelope.type = command.GetTypeName();
    envelope.source = "orders";
    envelope.subject = parcel;
    envelope.time = SystemClock().Now();
    envelope.aggregate_version = 1;
    ASSERT_TRUE(producer_
                    ->Produce(kafka::ToRecord(std::string(kCommandsTopic), envelope, command.SerializeAsString()),
                              [](Result<void>) {})
                    .ok());
  }
  void Create(const std::string& parcel, const std::string& line2 = "", const std::string& country = "GB",
              const std::string& message = "create") {
    v1::CreateShipment command;
    command.set_shipment_id(parcel);
    auto* line = command.add_lines();
    line->set_sku("85123A");
    line->set_quantity(2);
    command.mutable_ship_to()->set_country(country);
    command.mutable_ship_to()->set_line2(line2);
    Send(parcel, command, message);
  }
  /// A record whose payload is no message.
  void SendPoison(const std::string& parcel) {
    kafka::Envelope envelope;
    envelope.id = Uuid::FromName(database_.name(), parcel + "poison");
    envelope.type = "souk.fulfillment.v1.CreateShipment";
    envelope.source = "orders";
    envelope.subject = parcel;
    envelope.time = SystemClock().Now();
    envelope.aggregate_version = 1;
    ASSERT_TRUE(producer_->Produce(kafka::ToRecord(std::string(kCommandsTopic), envelope, "\xff\xff"), [](Result<void>) {}).ok());
  }
  /// Dead letters of a parcel, in their order.
  std::vector<kafka::Record> Letters(const std::string& parcel) {
    std::vector<kafka::Record> letters;
    const auto read = kafka::ReadAll(brokers_, "fulfillment.commands.dlq", {}, [&](const kafka::Record& record) {
      if (record.key == parcel) letters.push_back(record);
      return true;
    });
    EXPECT_TRUE(read.ok());
    return letters;
  }
  void Redrive(const kafka::Record& letter, bool drop = false) {
    ASSERT_TRUE(kafka::ProduceAndWait(*producer_, kafka::ToRedrive(letter, "fulfillment.commands", drop).value()).ok());
  }
  void Cancel(const std::string& parcel, const std::string& message = "cancel") {
    v1::CancelShipment command;
    command.set_shipment_id(parcel);
    Send(parcel, command, message);
  }
  void Return(const std::string& parcel, const std::string& return_id, const std::string& message) {
    v1::ExpectReturn command;
    command.set_shipment_id(parcel);
    command.set_return_id(return_id);
    auto* line = command.add_lines();
    line->set_sku("85123A");
    line->set_quantity(1);
    line->set_restock(true);
    Send(parcel, command, message);
  }

  /// Events of a parcel so far, each message id once, in the order of versions.
  Strings EventsOf(const std::string& parcel) {
    auto next = kafka::ReadAll(brokers_, std::string(kEventsTopic), offsets_, [&](const kafka::Record& record) {
      const auto envelope = kafka::ParseEnvelope(record);
      EXPECT_TRUE(envelope.ok());
      events_[record.key][envelope->aggregate_version] =
          envelope->type.substr(std::string("souk.fulfillment.v1.").size());
      return true;
    });
    if (next.ok()) offsets_ = *next;
    Strings names;
    for (const auto& [version, name] : events_[parcel]) names.push_back(name);
    return names;
  }
  bool Comes(const std::string& parcel, const Strings& wanted) {
    const bool came =
        testing::Eventually([&] { return EventsOf(parcel) == wanted; }, std::chrono::seconds(20), milliseconds(50));
    EXPECT_TRUE(came) << ::testing::PrintToString(EventsOf(parcel)) << " is not " << ::testing::PrintToString(wanted);
    return came;
  }

  std::string Get(const Service& service, const std::string& path, int status) {
    http::Client client;
    auto response = client.SendSync({.url = "http://127.0.0.1:" + std::to_string(service.http_port()) + path});
    EXPECT_TRUE(response.ok());
    if (!response.ok()) return {};
    EXPECT_EQ(response->status, status) << response->body;
    return response->body;
  }

  testing::TestDatabase database_{"fulfillment"};
  std::string brokers_;
  chassis::Health health_;
  std::unique_ptr<kafka::Producer> producer_;
  std::vector<std::int64_t> offsets_;
  std::map<std::string, std::map<std::int64_t, std::string>> events_;
  int parcels_ = 0;
};

TEST_F(ServiceTest, CarriesAParcelFromLabelToDoorAndBack) {
  const auto service = StartService(TestConfig());
  ASSERT_NE(service, nullptr);
  const std::string parcel = NewParcel();
  Create(parcel);
  ASSERT_TRUE(Comes(parcel, {"ShipmentCreated", "ShipmentDispatched", "ShipmentDelivered"}));
  const std::string shown = Get(*service, "/v1/shipments/" + parcel, 200);
  EXPECT_NE(shown.find("SHIPMENT_STATUS_DELIVERED"), std::string::npos) << shown;
  const std::size_t code_at = shown.find("SK", shown.find("trackingCode"));
  const std::string tracked = Get(*service, "/v1/tracking/" + shown.substr(code_at, 20), 200);
  EXPECT_NE(tracked.find("Taken by the carrier"), std::string::npos) << tracked;
  EXPECT_EQ(tracked.find(parcel), std::string::npos);
  Return(parcel, "r1", "return");
  Return(parcel, "r1", "return again");
  ASSERT_TRUE(Comes(parcel, {"ShipmentCreated", "ShipmentDispatched", "ShipmentDelivered", "ReturnReceived"}));
  Create(parcel, "", "GB", "asked again");
  EXPECT_TRUE(Comes(
      parcel, {"ShipmentCreated", "ShipmentDispatched", "ShipmentDelivered", "ReturnReceived", "ShipmentDelivered"}));
}

TEST_F(ServiceTest, RefusesLosesCancelsAndLeavesTombstones) {
  const auto service = StartService(TestConfig());
  ASSERT_NE(service, nullptr);
  const std::string nowhere = NewParcel(), lost = NewParcel(), slow = NewParcel(), tombstone = NewParcel();
  Create(nowhere, "", "XX-NOWHERE");
  Create(lost, "LOSE");
  Create(slow, "SLOW");
  Cancel(slow);
  Cancel(tombstone);
  Create(tombstone);
  EXPECT_TRUE(Comes(nowhere, {"ShipmentRefused"}));
  EXPECT_TRUE(Comes(lost, {"ShipmentCreated", "ShipmentDispatched", "ShipmentLost"}));
  EXPECT_TRUE(Comes(slow, {"ShipmentCreated", "ShipmentCancelled"}));
  EXPECT_TRUE(Comes(tombstone, {"ShipmentCancelled", "ShipmentRefused"}));
  Get(*service, "/v1/shipments/" + tombstone, 404);
}

TEST_F(ServiceTest, F29ParksAPoisonCommandAndItsKeyWhileOthersMoveOnAndRedrivesInOrder) {
  auto service = StartService(TestConfig());
  ASSERT_NE(service, nullptr);
  const std::string poisoned = NewParcel(), other = NewParcel();
  SendPoison(poisoned);
  Create(poisoned);
  Create(other);
  ASSERT_TRUE(Comes(other, {"ShipmentCreated", "ShipmentDispatched", "ShipmentDelivered"}));
  ASSERT_TRUE(testing::Eventually([&] { return Letters(poisoned).size() == 2; }));
  EXPECT_EQ(Letters(poisoned)[0].HeaderValue("dlq_attempts"), "3");
  EXPECT_EQ(Letters(poisoned)[0].HeaderValue("dlq_topic"), kCommandsTopic);
  EXPECT_TRUE(Letters(poisoned)[1].HeaderValue("dlq_reason").starts_with("FOLLOWS"));
  EXPECT_TRUE(EventsOf(poisoned).empty());
  // Another process knows what is parked as well.
  service.reset();
  service = StartService(TestConfig());
  Cancel(poisoned);
  ASSERT_TRUE(testing::Eventually([&] { return Letters(poisoned).size() == 3; }));
  const auto letters = Letters(poisoned);
  Redrive(letters[0], true);
  Redrive(letters[1]);
  Redrive(letters[2]);
  EXPECT_TRUE(Comes(poisoned, {"ShipmentCreated", "ShipmentCancelled"}));
  Create(poisoned, "", "GB", "after it all");
  EXPECT_TRUE(Comes(poisoned, {"ShipmentCreated", "ShipmentCancelled", "ShipmentCancelled"})) << "the key is free again";
}

TEST_F(ServiceTest, RefusesBadRequestsByField) {
  const auto service = StartService(TestConfig());
  ASSERT_NE(service, nullptr);
  EXPECT_NE(Get(*service, "/v1/shipments/no-uuid", 400).find("shipment_id"), std::string::npos);
  EXPECT_NE(Get(*service, "/v1/tracking/" + std::string(41, 'x'), 422).find("tracking_code"), std::string::npos);
  Get(*service, "/v1/tracking/SKunknown", 404);
}

TEST_F(ServiceTest, GivesEachRaceOneWinnerWithTwoInstancesAndEverythingTwice) {
  constexpr int kParcels = 60;
  Config config = TestConfig();
  config.common.chaos_duplicate = true;
  config.common.chaos_shuffle = true;
  const auto first = StartService(config);
  const auto second = StartService(config);
  ASSERT_TRUE(first && second);
  Strings parcels;
  for (int n = 0; n < kParcels; ++n) parcels.push_back(NewParcel());
  for (const std::string& parcel : parcels) Create(parcel);
  // Cancel each when its neighbour is on its way: about half of them win.
  for (const std::string& parcel : parcels) {
    testing::Eventually([&] { return EventsOf(parcel).size() >= 1; });
    Cancel(parcel);
  }
  int cancelled = 0;
  for (const std::string& parcel : parcels) {
    ASSERT_TRUE(testing::Eventually([&] {
      const Strings events = EventsOf(parcel);
      return !events.empty() && (events.back() == "ShipmentCancelled" || events.back() == "ShipmentDelivered");
    })) << parcel;
    const Strings events = EventsOf(parcel);
    const std::set<std::string> kinds(events.begin(), events.end());
    EXPECT_EQ(std::count(events.begin(), events.end(), "ShipmentCreated"), 1);
    EXPECT_NE(kinds.contains("ShipmentCancelled"), kinds.contains("ShipmentDispatched")) << parcel;
    cancelled += kinds.contains("ShipmentCancelled") ? 1 : 0;
  }
  RecordProperty("cancelled", cancelled);
}

TEST_F(ServiceTest, GoesOnWhereItWasStopped) {
  Config config = TestConfig();
  config.carrier.dispatch_after = milliseconds(600);
  auto service = StartService(config);
  const std::string parcel = NewParcel();
  Create(parcel);
  ASSERT_TRUE(testing::Eventually([&] { return !EventsOf(parcel).empty(); }));
  service.reset();
  const std::string meanwhile = NewParcel();
  Create(meanwhile);
  service = StartService(config);
  EXPECT_TRUE(Comes(parcel, {"ShipmentCreated", "ShipmentDispatched", "ShipmentDelivered"}));
  EXPECT_TRUE(Comes(meanwhile, {"ShipmentCreated", "ShipmentDispatched", "ShipmentDelivered"}));
}

}  // namespace
}  // namespace souk::fulfillment
