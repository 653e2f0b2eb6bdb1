#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "services/order-recovery/app/ports.hpp"

namespace souk::recovery::testing {

/// What every WatchStore has to keep. `Kit` makes one: store(), and second(): another process on the same data.
template <class Kit>
class WatchStoreContract : public ::testing::Test {
 protected:
  static SystemTime At(int second) { return FromUnixMicros(1'700'000'000'000'000) + std::chrono::seconds(second); }
  static Uuid Id(int n) { return Uuid::FromName("watched", std::to_string(n)); }
  static Watched Order(int n, int due = 10) {
    Watched watched;
    watched.order_id = Id(n);
    watched.version = 3;
    watched.status = "PENDING";
    watched.phase = "AUTHORIZING";
    watched.waiting_for = "payment";
    watched.since = At(1);
    watched.seen_at = At(2);
    watched.deadline_at = At(5);
    watched.next_try_at = At(due);
    return watched;
  }
  void Put(const Watched& watched) {
    ASSERT_TRUE(kit.store().Update({watched.order_id}, [&](WatchedOrders& orders) { orders[watched.order_id] = watched; }).ok());
  }
  std::set<Uuid> Listed(WatchFilter::Kind kind) {
    WatchFilter filter{kind, At(4)};
    std::set<Uuid> ids;
    const auto list = kit.store().List(filter, Uuid{}, 100);
    for (const Watched& watched : *list) ids.insert(watched.order_id);
    return ids;
  }

  Kit kit;
};

TYPED_TEST_SUITE_P(WatchStoreContract);

TYPED_TEST_P(WatchStoreContract, KeepsEverythingThatIsKnown) {
  Watched watched = this->Order(1);
  watched.state = State::kQuarantined;
  watched.asks = 4;
  watched.failures = 5;
  watched.unreachable = 6;
  watched.last_tried_at = this->At(7);
  watched.last_outcome = "INTERNAL: it's \"broken\"";
  watched.leased_by = "one";
  this->Put(watched);
  EXPECT_EQ(*this->kit.store().Get(watched.order_id), watched);
  watched.next_try_at.reset();
  watched.deadline_at.reset();
  this->Put(watched);
  EXPECT_EQ(*this->kit.second().Get(watched.order_id), watched);
  EXPECT_EQ(*this->kit.store().Get(this->Id(99)), std::nullopt);
}

TYPED_TEST_P(WatchStoreContract, LeasesWhatIsDueTheLongestDueFirstAndNothingTwice) {
  for (int n = 1; n <= 4; ++n) this->Put(this->Order(n, 10 - n));
  const auto first = this->kit.store().Lease(this->At(8), this->At(38), 2, "one");
  ASSERT_EQ(first->size(), 2u);
  EXPECT_EQ(std::set<Uuid>({(*first)[0].order_id, (*first)[1].order_id}), std::set<Uuid>({this->Id(4), this->Id(3)}));
  EXPECT_EQ((*first)[0].leased_by, "one");
  const auto second = this->kit.second().Lease(this->At(8), this->At(38), 10, "two");
  ASSERT_EQ(second->size(), 1u);
  EXPECT_EQ((*second)[0].order_id, this->Id(2));
  EXPECT_TRUE(this->kit.store().Lease(this->At(8), this->At(38), 10, "one")->empty()) << "order 1 is due later";
  EXPECT_EQ(this->kit.second().Lease(this->At(39), this->At(69), 10, "two")->size(), 4u) << "the leases of who died have run out";
}

TYPED_TEST_P(WatchStoreContract, GivesEachOrderToOneOfManyWhoRace) {
  constexpr int kOrders = 60;
  for (int n = 0; n < kOrders; ++n) this->Put(this->Order(n, 1));
  std::atomic<int> taken{0};
  std::mutex mutex;
  std::set<Uuid> ids;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      WatchStore& store = t % 2 == 0 ? this->kit.store() : this->kit.second();
      for (int i = 0; i < 20; ++i) {
        const auto leased = store.Lease(this->At(8), this->At(38), 5, std::to_string(t));
        if (!leased.ok()) continue;  // lost its races
        const std::lock_guard lock(mutex);
        for (const Watched& watched : *leased) ids.insert(watched.order_id);
        taken += static_cast<int>(leased->size());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(taken, static_cast<int>(ids.size())) << "somebody got an order that somebody else had";
  EXPECT_EQ(ids.size(), static_cast<std::size_t>(kOrders));
}

TYPED_TEST_P(WatchStoreContract, ListsCountsAndForgets) {
  this->Put(this->Order(1));
  Watched healthy = this->Order(2);
  Watched quarantined = this->Order(3);
  Watched resolved = this->Order(4);
  Watched ended = this->Order(5);
  Watched asked = this->Order(6);
  healthy.deadline_at = this->At(50);
  asked.deadline_at = this->At(50);
  asked.asks = 1;
  quarantined.state = State::kQuarantined;
  resolved.state = State::kResolved;
  ended.state = State::kEnded;
  for (const auto* watched : {&healthy, &quarantined, &resolved, &ended, &asked}) this->Put(*watched);
  using Kind = WatchFilter::Kind;
  using Ids = std::set<Uuid>;
  EXPECT_EQ(this->Listed(Kind::kStuck), Ids({this->Id(3), this->Id(6)})) << "At(4): the deadline of order 1 lies ahead";
  EXPECT_EQ(this->Listed(Kind::kQuarantined), Ids({this->Id(3)}));
  EXPECT_EQ(this->Listed(Kind::kResolved), Ids({this->Id(4)}));
  EXPECT_EQ(this->Listed(Kind::kOpen).size(), 5u);
  WatchFilter overdue{Kind::kStuck, this->At(6)};
  EXPECT_EQ(this->kit.store().List(overdue, Uuid{}, 100)->size(), 3u);
  const auto page = this->kit.store().List({Kind::kOpen, {}}, Uuid{}, 2);
  ASSERT_EQ(page->size(), 2u);
  EXPECT_EQ(this->kit.store().List({Kind::kOpen, {}}, (*page)[1].order_id, 10)->size(), 3u);
  EXPECT_EQ((*this->kit.store().Count())[State::kWatched], 3);
  EXPECT_EQ(*this->kit.store().Forget(this->At(2), 10), 0);
  EXPECT_EQ(*this->kit.store().Forget(this->At(3), 10), 1);
  EXPECT_EQ(*this->kit.store().Get(this->Id(5)), std::nullopt);
}

TYPED_TEST_P(WatchStoreContract, KeepsADecisionOnceWithItsChange) {
  this->Put(this->Order(1));
  const Decision decision{Uuid::FromName("d", "1"), this->Id(1), this->At(9), "ada", "mark_resolved", "talked to the customer", "left alone"};
  const auto resolve = [&](WatchedOrders& orders) { orders[this->Id(1)].state = State::kResolved; };
  const auto retry = [&](WatchedOrders& orders) { orders[this->Id(1)].state = State::kWatched; };
  EXPECT_TRUE(*this->kit.store().Decide(decision, resolve));
  EXPECT_FALSE(*this->kit.second().Decide(decision, retry)) << "the same decision again";
  EXPECT_EQ((*this->kit.store().Get(this->Id(1)))->state, State::kResolved);
  const auto kept = this->kit.store().Decisions(this->Id(1));
  ASSERT_EQ(kept->size(), 1u);
  EXPECT_EQ((*kept)[0], decision);
  EXPECT_TRUE(this->kit.store().Decisions(this->Id(2))->empty());
}

REGISTER_TYPED_TEST_SUITE_P(WatchStoreContract, KeepsEverythingThatIsKnown, LeasesWhatIsDueTheLongestDueFirstAndNothingTwice,
                            GivesEachOrderToOneOfManyWhoRace, ListsCountsAndForgets, KeepsADecisionOnceWithItsChange);

}  // namespace souk::recovery::testing
