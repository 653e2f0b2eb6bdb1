#include <gtest/gtest.h>

#include "libs/base/random.hpp"
#include "libs/kafka/memory_broker.hpp"
#include "libs/outbox/dispatcher.hpp"
#include "libs/testing/eventually.hpp"

namespace souk::outbox {
namespace {

using testing::Eventually;
using Offer = Dispatcher::Offer;

constexpr const char* kTopic = "orders.order.events.v1";

OutboxRecord MakeRecord(const std::string& aggregate, std::int64_t version, std::string payload = "x") {
  static SystemRandom random;
  OutboxRecord record;
  record.topic = kTopic;
  record.payload = std::move(payload);
  record.envelope.id = Uuid::V7(1, random.Next(), random.Next());
  record.envelope.type = "souk.orders.v1.OrderAccepted";
  record.envelope.source = "orders";
  record.envelope.subject = aggregate;
  record.envelope.time = FromUnixMicros(1);
  record.envelope.aggregate_version = version;
  return record;
}

class DispatcherTest : public ::testing::Test {
 protected:
  std::shared_ptr<Dispatcher> Make(RelayConfig config = {}) {
    auto dispatcher = std::make_shared<Dispatcher>(config, broker_);
    dispatcher->BeginFullSweep();
    dispatcher->EndFullSweep();  // nothing was left by earlier processes
    return dispatcher;
  }
  std::vector<std::int64_t> Versions() const {
    std::vector<std::int64_t> versions;
    for (const kafka::Record& record : broker_.Records(kTopic)) {
      versions.push_back(kafka::ParseEnvelope(record)->aggregate_version);
    }
    return versions;
  }
  static RelayStats Stats(const Dispatcher& dispatcher) {
    RelayStats stats;
    dispatcher.FillStats(stats);
    return stats;
  }
  void Flush() { ASSERT_TRUE(broker_.Flush(std::chrono::seconds(10)).ok()); }

  kafka::MemoryBroker broker_;
};

TEST_F(DispatcherTest, PublishesAHandOffAtOnceAndReportsItForDeletion) {
  auto dispatcher = Make();
  dispatcher->HandOff({MakeRecord("a", 1), MakeRecord("a", 2)});
  Flush();
  EXPECT_EQ(Versions(), (std::vector<std::int64_t>{1, 2}));
  const auto keys = dispatcher->TakeAcknowledged(10);
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_TRUE(dispatcher->IsTaken(keys[0].id));
  dispatcher->Deleted(keys);
  EXPECT_FALSE(dispatcher->IsTaken(keys[0].id));
}

TEST_F(DispatcherTest, LeavesEverythingToTheSweepUntilTheFirstFullSweepHasEnded) {
  const RelayConfig config;
  auto dispatcher = std::make_shared<Dispatcher>(config, broker_);
  dispatcher->HandOff({MakeRecord("a", 1)});
  EXPECT_TRUE(Versions().empty());
  EXPECT_EQ(dispatcher->BeginCatchUp(10), std::vector<std::string>{"a"});
}

TEST_F(DispatcherTest, KeepsTheOrderOfAnAggregateWhenTheQueueWasFull) {
  auto dispatcher = Make();
  broker_.SetAway(true);
  broker_.SetCapacity(1);
  const OutboxRecord first = MakeRecord("a", 1), second = MakeRecord("a", 2), third = MakeRecord("a", 3);
  dispatcher->HandOff({first});
  dispatcher->HandOff({second});  // refused
  broker_.SetAway(false);
  Flush();
  dispatcher->HandOff({third});  // there is room, but version 2 waits
  Flush();
  EXPECT_EQ(Versions(), std::vector<std::int64_t>{1});
  broker_.SetCapacity(10);
  ASSERT_EQ(dispatcher->BeginCatchUp(10), std::vector<std::string>{"a"});
  EXPECT_EQ(dispatcher->OfferSwept(ToPending(first)), Offer::kKnown);
  EXPECT_EQ(dispatcher->OfferSwept(ToPending(second)), Offer::kSent);
  EXPECT_EQ(dispatcher->OfferSwept(ToPending(third)), Offer::kSent);
  dispatcher->CaughtUp("a");
  dispatcher->HandOff({MakeRecord("a", 4)});
  Flush();
  EXPECT_EQ(Versions(), (std::vector<std::int64_t>{1, 2, 3, 4}));
}

TEST_F(DispatcherTest, StaysDeferredWhenAHandOffCameDuringTheCatchUp) {
  auto dispatcher = Make();
  broker_.SetCapacity(0);
  dispatcher->HandOff({MakeRecord("a", 1)});
  broker_.SetCapacity(10);
  ASSERT_EQ(dispatcher->BeginCatchUp(10).size(), 1u);
  dispatcher->HandOff({MakeRecord("a", 2)});  // committed after the sweep's query
  dispatcher->CaughtUp("a");
  EXPECT_EQ(dispatcher->BeginCatchUp(10).size(), 1u);
}

TEST_F(DispatcherTest, DefersAnAggregateWhoseDeliveryFailed) {
  auto dispatcher = Make();
  broker_.SetAway(true);
  const OutboxRecord first = MakeRecord("a", 1), second = MakeRecord("a", 2);
  dispatcher->HandOff({first, second});
  broker_.FailInFlight();
  ASSERT_TRUE(Eventually([&] { return Stats(*dispatcher).deferred == 1 && dispatcher->InFlight() == 0; }));
  broker_.SetAway(false);
  dispatcher->HandOff({MakeRecord("a", 3)});
  Flush();
  EXPECT_TRUE(Versions().empty());
  ASSERT_EQ(dispatcher->BeginCatchUp(10).size(), 1u);
  EXPECT_EQ(dispatcher->OfferSwept(ToPending(first)), Offer::kSent);
  EXPECT_EQ(dispatcher->OfferSwept(ToPending(second)), Offer::kSent);
  Flush();
  EXPECT_EQ(Versions(), (std::vector<std::int64_t>{1, 2}));
}

TEST_F(DispatcherTest, SendsNoSecondCopyOfWhatASweepFoundBeforeTheHandOff) {
  auto dispatcher = Make();
  broker_.SetAway(true);
  const OutboxRecord record = MakeRecord("a", 1);
  EXPECT_EQ(dispatcher->OfferSwept(ToPending(record)), Offer::kSent);
  dispatcher->HandOff({record});
  broker_.SetAway(false);
  Flush();
  EXPECT_EQ(Versions(), std::vector<std::int64_t>{1});
}

// The first of two failed and is sent again while the second is in flight still: a third must not go before the second has arrived.
TEST_F(DispatcherTest, LetsNothingOvertakeARecordThatIsInFlight) {
  auto dispatcher = Make();
  broker_.SetAway(true);
  const OutboxRecord second = MakeRecord("a", 2), third = MakeRecord("a", 3);
  dispatcher->HandOff({second});
  ASSERT_EQ(dispatcher->OfferSwept(ToPending(second)), Offer::kInFlight);  // deferred from here on
  dispatcher->HandOff({third});
  ASSERT_EQ(dispatcher->BeginCatchUp(10), std::vector<std::string>{"a"});
  EXPECT_EQ(dispatcher->OfferSwept(ToPending(second)), Offer::kInFlight);
  EXPECT_FALSE(dispatcher->CaughtUp("a"));
  broker_.SetAway(false);
  Flush();
  ASSERT_EQ(dispatcher->BeginCatchUp(10), std::vector<std::string>{"a"});
  EXPECT_EQ(dispatcher->OfferSwept(ToPending(second)), Offer::kKnown);
  EXPECT_EQ(dispatcher->OfferSwept(ToPending(third)), Offer::kSent);
  EXPECT_TRUE(dispatcher->CaughtUp("a"));
  Flush();
  EXPECT_EQ(Versions(), (std::vector<std::int64_t>{2, 3}));
}

TEST_F(DispatcherTest, F18BoundsItsMemoryWhileTheBrokerIsAway) {
  RelayConfig config;
  config.in_flight_max = 5;
  config.deferred_max = 5;
  auto dispatcher = Make(config);
  broker_.SetAway(true);
  for (int i = 0; i < 100; ++i) dispatcher->HandOff({MakeRecord("aggregate" + std::to_string(i), 1)});
  const RelayStats stats = Stats(*dispatcher);
  EXPECT_EQ(stats.in_flight, 5);
  EXPECT_EQ(stats.deferred, 5);
  EXPECT_TRUE(dispatcher->Overflow());
  EXPECT_FALSE(dispatcher->HasRoom());
  broker_.SetAway(false);
}

TEST_F(DispatcherTest, NeedsAnotherFullSweepWhenItOverflowedDuringOne) {
  RelayConfig config;
  config.deferred_max = 1;
  auto dispatcher = std::make_shared<Dispatcher>(config, broker_);
  dispatcher->BeginFullSweep();
  dispatcher->HandOff({MakeRecord("a", 1), MakeRecord("b", 1)});
  dispatcher->EndFullSweep();
  EXPECT_TRUE(dispatcher->Overflow());
  dispatcher->BeginFullSweep();
  dispatcher->EndFullSweep();
  EXPECT_FALSE(dispatcher->Overflow());
}

TEST_F(DispatcherTest, F19ParksOnlyTheAggregateOfARecordThatIsRefused) {
  auto dispatcher = Make();
  broker_.SetValueBytesMax(10);
  const OutboxRecord large = MakeRecord("a", 1, std::string(100, 'x'));
  dispatcher->HandOff({large, MakeRecord("b", 1)});
  Flush();
  EXPECT_EQ(Versions().size(), 1u);
  EXPECT_EQ(dispatcher->Suspects(SteadyTime{}), std::vector<std::string>{"a"});
  EXPECT_EQ(dispatcher->SendAlone(ToPending(large), std::chrono::seconds(5)).error().code,
            ErrorCode::kInvalidArgument);
  const auto later = std::chrono::steady_clock::now() + std::chrono::hours(1);
  dispatcher->Park("a", later);
  EXPECT_TRUE(dispatcher->Suspects(std::chrono::steady_clock::now()).empty());
  EXPECT_EQ(dispatcher->Suspects(later).size(), 1u);
  EXPECT_EQ(dispatcher->OfferSwept(ToPending(large)), Offer::kKnown);
  dispatcher->HandOff({MakeRecord("a", 2), MakeRecord("b", 2)});
  Flush();
  EXPECT_EQ(Versions().size(), 2u);
  broker_.SetValueBytesMax(1'000);
  EXPECT_TRUE(dispatcher->SendAlone(ToPending(large), std::chrono::seconds(5)).ok());
  dispatcher->Acquit("a");
  EXPECT_EQ(dispatcher->BeginCatchUp(10), std::vector<std::string>{"a"});
}

TEST_F(DispatcherTest, TakesNoMoreHandOffsOnceItIsClosed) {
  auto dispatcher = Make();
  dispatcher->Close();
  dispatcher->HandOff({MakeRecord("a", 1)});
  Flush();
  EXPECT_TRUE(Versions().empty());
}

TEST(RowTest, HeadersComeBackFromTheirText) {
  const auto headers = kafka::ToHeaders(MakeRecord("a", 1).envelope);
  EXPECT_EQ(DecodeHeaders(EncodeHeaders(headers)), headers);
  EXPECT_TRUE(DecodeHeaders("").empty());
  EXPECT_EQ(DecodeHeaders("a: b: c\n").front().value, "b: c");
}

}  // namespace
}  // namespace souk::outbox
