#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "services/fulfillment/app/ports.hpp"

namespace souk::fulfillment {

/// What every ShipmentStore must do. `Fixture` offers NewInstance() (one more process on the same data), view(),
/// Events() (everything emitted: shipment and name, per shipment in the order of versions), Poison() (makes a work that
/// can't be stored) and Heal() (ends what Poison began).
template <class Fixture>
class ShipmentStoreContract : public ::testing::Test {
 protected:
  static ShipmentId Parcel(int n) { return ShipmentId{Uuid::FromName("contract", std::to_string(n))}; }
  static SystemTime At(int second) { return FromUnixMicros(1'700'000'000'000'000) + std::chrono::seconds(second); }

  static Work Do(int parcel, Command command, int second, std::optional<Uuid> message = {}) {
    Work work;
    work.shipment_id = Parcel(parcel);
    work.command = std::move(command);
    work.now = At(second);
    work.message_id = message;
    return work;
  }
  static Work CreateWork(int parcel, int second = 0, std::optional<Uuid> message = {}) {
    const Label label{"SK" + Parcel(parcel).ToString(), std::chrono::seconds(10), std::chrono::seconds(20), false};
    return Do(parcel, CreateShipment{"lines", "address", label}, second, message);
  }
  static Uuid Message(int n) { return Uuid::FromName("message", std::to_string(n)); }

  static Result<void> ApplyOne(ShipmentStore& store, Work work) { return store.Apply(std::span<Work>(&work, 1)); }
  std::vector<std::string> EventsOf(int parcel) {
    std::vector<std::string> names;
    for (const auto& [id, name] : fixture_.Events()) {
      if (id == Parcel(parcel)) names.push_back(name);
    }
    return names;
  }

  Fixture fixture_;
};

TYPED_TEST_SUITE_P(ShipmentStoreContract);

using Strings = std::vector<std::string>;

TYPED_TEST_P(ShipmentStoreContract, CreatesAndUpdates) {
  auto store = this->fixture_.NewInstance();
  ASSERT_TRUE(this->ApplyOne(*store, this->CreateWork(1)).ok());
  auto details = this->fixture_.view().Get(this->Parcel(1));
  ASSERT_TRUE(details.ok());
  EXPECT_EQ(details->shipment.status, ShipmentStatus::kCreated);
  EXPECT_EQ(details->shipment.lines, "lines");
  EXPECT_EQ(details->shipment.ship_to, "address");
  ASSERT_TRUE(this->ApplyOne(*store, this->Do(1, CarrierStep{}, 10)).ok());
  ASSERT_TRUE(this->ApplyOne(*store, this->Do(1, CarrierStep{}, 30)).ok());
  details = this->fixture_.view().Track("SK" + this->Parcel(1).ToString());
  ASSERT_TRUE(details.ok());
  EXPECT_EQ(details->shipment.status, ShipmentStatus::kDelivered);
  EXPECT_EQ(details->shipment.ended_at, this->At(30));
  EXPECT_EQ(details->shipment.lines, "lines");
  ASSERT_EQ(details->stations.size(), 3u);
  EXPECT_EQ(details->stations[2].what, "Delivered");
  EXPECT_EQ(this->EventsOf(1), (Strings{"ShipmentCreated", "ShipmentDispatched", "ShipmentDelivered"}));
}

TYPED_TEST_P(ShipmentStoreContract, AppliesAMessageOnce) {
  auto store = this->fixture_.NewInstance();
  std::vector<Work> twice{this->CreateWork(1, 0, this->Message(1)), this->CreateWork(1, 0, this->Message(1))};
  ASSERT_TRUE(store->Apply(twice).ok());
  ASSERT_TRUE(this->ApplyOne(*store, this->CreateWork(1, 0, this->Message(1))).ok());
  EXPECT_EQ(this->EventsOf(1), Strings{"ShipmentCreated"});
  ASSERT_TRUE(this->ApplyOne(*store, this->CreateWork(1, 0, this->Message(2))).ok());
  EXPECT_EQ(this->EventsOf(1), (Strings{"ShipmentCreated", "ShipmentCreated"}));
}

TYPED_TEST_P(ShipmentStoreContract, DecidesABatchInItsOrder) {
  auto store = this->fixture_.NewInstance();
  std::vector<Work> works{this->Do(1, CancelShipment{"late"}, 0), this->CreateWork(1), this->CreateWork(2),
                          this->Do(2, CancelShipment{"changed mind"}, 1), this->Do(2, CarrierStep{}, 60)};
  ASSERT_TRUE(store->Apply(works).ok());
  EXPECT_EQ(this->EventsOf(1), (Strings{"ShipmentCancelled", "ShipmentRefused"}));
  EXPECT_EQ(this->EventsOf(2), (Strings{"ShipmentCreated", "ShipmentCancelled"}));
  EXPECT_EQ(this->fixture_.view().Get(this->Parcel(1)).error().code, ErrorCode::kNotFound);
  EXPECT_TRUE(this->fixture_.view().Due(this->At(1000), 10)->empty());
}

TYPED_TEST_P(ShipmentStoreContract, FindsWhatIsDueLongestFirst) {
  auto store = this->fixture_.NewInstance();
  std::vector<Work> works{this->CreateWork(1, 5), this->CreateWork(2, 0), this->CreateWork(3, 50),
                          this->Do(4, ExpectReturn{"r1", "goods", std::chrono::seconds(3)}, 0)};
  ASSERT_TRUE(store->Apply(works).ok());
  const auto due = this->fixture_.view().Due(this->At(20), 10);
  ASSERT_TRUE(due.ok());
  ASSERT_EQ(due->size(), 3u);
  EXPECT_EQ((*due)[0].shipment_id, this->Parcel(2));
  EXPECT_EQ((*due)[1].shipment_id, this->Parcel(1));
  EXPECT_EQ((*due)[2].return_id, "r1");
  EXPECT_EQ(this->fixture_.view().Due(this->At(20), 1)->size(), 2u);
}

TYPED_TEST_P(ShipmentStoreContract, ReceivesAReturnOnce) {
  auto store = this->fixture_.NewInstance();
  const ExpectReturn expect{"r1", "goods", std::chrono::seconds(3)};
  ASSERT_TRUE(this->ApplyOne(*store, this->Do(1, expect, 0)).ok());
  ASSERT_TRUE(this->ApplyOne(*store, this->Do(1, expect, 1)).ok());
  ASSERT_TRUE(this->ApplyOne(*store, this->Do(1, ReturnStep{"r1"}, 3)).ok());
  ASSERT_TRUE(this->ApplyOne(*store, this->Do(1, ReturnStep{"r1"}, 4)).ok());
  EXPECT_EQ(this->EventsOf(1), Strings{"ReturnReceived"});
  ASSERT_TRUE(this->ApplyOne(*store, this->CreateWork(1, 5)).ok());
  EXPECT_EQ(this->EventsOf(1), (Strings{"ReturnReceived", "ShipmentCreated"}));
  EXPECT_EQ(this->fixture_.view().Get(this->Parcel(1))->shipment.lines, "lines");
}

TYPED_TEST_P(ShipmentStoreContract, LetsOneOfCancelAndDispatchWin) {
  constexpr int kParcels = 24;
  auto creator = this->fixture_.NewInstance();
  std::vector<Work> works;
  for (int n = 0; n < kParcels; ++n) works.push_back(this->CreateWork(n));
  ASSERT_TRUE(creator->Apply(works).ok());
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      auto store = this->fixture_.NewInstance();
      for (int n = 0; n < kParcels; ++n) {
        const Command command = t % 2 == 0 ? Command(CancelShipment{"race"}) : Command(CarrierStep{});
        Result<void> applied = this->ApplyOne(*store, this->Do(n, command, 10));
        while (!applied.ok() && applied.error().code == ErrorCode::kAborted) {
          applied = this->ApplyOne(*store, this->Do(n, command, 10));
        }
        if (!applied.ok()) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  for (int n = 0; n < kParcels; ++n) {
    const Strings events = this->EventsOf(n);
    const bool cancelled = std::count(events.begin(), events.end(), "ShipmentCancelled") > 0;
    const bool dispatched = std::count(events.begin(), events.end(), "ShipmentDispatched") > 0;
    EXPECT_NE(cancelled, dispatched) << "parcel " << n;
  }
}

TYPED_TEST_P(ShipmentStoreContract, KeepsNothingOfAnAbortedBatch) {
  auto store = this->fixture_.NewInstance();
  std::vector<Work> works{this->CreateWork(1, 0, this->Message(1)), this->fixture_.Poison(this->CreateWork(2))};
  EXPECT_FALSE(store->Apply(works).ok());
  EXPECT_TRUE(this->fixture_.Events().empty());
  this->fixture_.Heal();
  ASSERT_TRUE(this->ApplyOne(*store, this->CreateWork(1, 0, this->Message(1))).ok());
  EXPECT_EQ(this->EventsOf(1), Strings{"ShipmentCreated"});
}

REGISTER_TYPED_TEST_SUITE_P(ShipmentStoreContract, CreatesAndUpdates, AppliesAMessageOnce, DecidesABatchInItsOrder,
                            FindsWhatIsDueLongestFirst, ReceivesAReturnOnce, LetsOneOfCancelAndDispatchWin,
                            KeepsNothingOfAnAbortedBatch);

}  // namespace souk::fulfillment
