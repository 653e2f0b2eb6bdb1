#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "libs/outbox/outbox.hpp"
#include "services/inventory/app/ports.hpp"

/// What every StockStore keeps, whatever it stands on. A Traits gives: NewStore() (one writer of the same ledger, each call another
/// instance), LevelOf(sku), EventTypes() (of what was committed, in order) and FailNext-like aborts through Abort().
namespace souk::inventory {

template <class Traits>
class StockStoreContract : public ::testing::Test {
 protected:
  void SetUp() override { store_ = traits_.NewStore(); }

  static Uuid Name(const std::string& name) { return Uuid::FromName("contract", name); }
  static SystemTime Now() { return FromUnixMicros(1'800'000'000'000'000); }

  static Work Call(Command command) {
    Work work;
    work.command = std::move(command);
    work.cause.now = Now();
    return work;
  }
  static Work Message(const std::string& id, Command command) {
    Work work = Call(std::move(command));
    work.cause.is_message = true;
    work.cause.message_id = Name(id);
    work.consumer = "inventory.commands";
    return work;
  }
  static Command ReserveOf(const std::string& name, const std::string& sku, std::int64_t quantity) {
    return Reserve{Name(name), {{sku, quantity}}, Now() + std::chrono::minutes(15)};
  }

  Outcome One(Work work) {
    std::vector<Work> works;
    works.push_back(std::move(work));
    const auto applied = store_->Apply(works);
    EXPECT_TRUE(applied.ok()) << (applied.ok() ? "" : applied.error().message);
    return works[0].outcome;
  }
  void Stock(const std::string& sku, std::int64_t units) {
    EXPECT_FALSE(One(Call(Receive{"stock-" + sku, {{sku, units}}})).error);
  }

  Traits traits_;
  std::shared_ptr<StockStore> store_;
};

TYPED_TEST_SUITE_P(StockStoreContract);

TYPED_TEST_P(StockStoreContract, KeepsWhatABatchDid) {
  this->Stock("A", 10);
  std::vector<Work> works;
  works.push_back(this->Call(this->ReserveOf("r1", "A", 4)));
  works.push_back(this->Call(this->ReserveOf("r2", "A", 7)));
  works.push_back(this->Call(this->ReserveOf("r3", "A", 6)));
  const auto applied = this->store_->Apply(works);
  ASSERT_TRUE(applied.ok());
  EXPECT_TRUE(works[0].outcome.took_units);
  EXPECT_EQ(works[1].outcome.error->reason, "OUT_OF_STOCK");
  EXPECT_TRUE(works[2].outcome.took_units) << "the earlier in the queue wins, the later gets what is left";
  ASSERT_EQ(applied->levels.size(), 1U);
  EXPECT_EQ(applied->levels[0].available_delta, -10);
  EXPECT_FALSE(this->One(this->Call(Commit{this->Name("r1")})).error);
  EXPECT_FALSE(this->One(this->Call(Release{this->Name("r3"), ""})).error);
  const Level level = *this->traits_.LevelOf("A");
  EXPECT_EQ(level.received, 10);
  EXPECT_EQ(level.sold, 4);
  EXPECT_EQ(level.reserved, 0);
}

TYPED_TEST_P(StockStoreContract, AnswersARepeatedReservationFromItsState) {
  this->Stock("A", 10);
  this->Stock("B", 10);
  const Command reserve = Reserve{this->Name("r"), {{"A", 1}, {"B", 2}}, this->Now() + std::chrono::minutes(1)};
  const Outcome first = this->One(this->Call(reserve));
  const Outcome again = this->One(this->Call(reserve));
  ASSERT_TRUE(again.reservation);
  EXPECT_EQ(again.reservation->lines, first.reservation->lines);
  EXPECT_EQ(again.reservation->expires_at, first.reservation->expires_at);
  EXPECT_FALSE(again.took_units);
  EXPECT_EQ(this->One(this->Call(this->ReserveOf("r", "A", 2))).error->code, ErrorCode::kAlreadyExists);
}

TYPED_TEST_P(StockStoreContract, AppliesAMessageOnceAndItsAnswerOnce) {
  this->Stock("A", 10);
  std::vector<Work> works;
  works.push_back(this->Message("m", this->ReserveOf("r", "A", 4)));
  works.push_back(this->Message("m", this->ReserveOf("r", "A", 4)));
  ASSERT_TRUE(this->store_->Apply(works).ok());
  EXPECT_FALSE(works[0].outcome.duplicate);
  EXPECT_TRUE(works[1].outcome.duplicate);
  EXPECT_TRUE(this->One(this->Message("m", this->ReserveOf("r", "A", 4))).duplicate);
  EXPECT_FALSE(this->One(this->Message("m2", this->ReserveOf("r", "A", 4))).duplicate);
  EXPECT_EQ(this->traits_.LevelOf("A")->reserved, 4);
  EXPECT_EQ(this->traits_.Count("souk.inventory.v1.StockReserved"), 2) << "another message is answered again";
}

TYPED_TEST_P(StockStoreContract, ForgetsAMessageThatIsPutAside) {
  const Outcome outcome = this->One(this->Message("m", Restock{this->Name("nobody"), "r", {{"A", 1}}}));
  EXPECT_EQ(outcome.error->code, ErrorCode::kNotFound);
  EXPECT_FALSE(this->One(this->Message("m", Restock{this->Name("nobody"), "r", {{"A", 1}}})).duplicate)
      << "its redrive must be heard";
}

TYPED_TEST_P(StockStoreContract, RemembersARejectedMessageWithItsShortLines) {
  this->Stock("A", 1);
  const Outcome first = this->One(this->Message("m1", this->ReserveOf("r", "A", 2)));
  this->One(this->Call(Receive{"more", {{"A", 5}}}));
  const Outcome again = this->One(this->Message("m2", this->ReserveOf("r", "A", 2)));
  ASSERT_TRUE(again.error);
  EXPECT_EQ(again.error->details_json, first.error->details_json);
  EXPECT_EQ(this->traits_.Count("souk.inventory.v1.StockRejected"), 2);
}

TYPED_TEST_P(StockStoreContract, RefusesTheDoAfterTheUndoF44) {
  this->Stock("A", 1);
  EXPECT_FALSE(this->One(this->Message("m1", Release{this->Name("r"), "cancelled"})).error);
  EXPECT_TRUE(this->One(this->Message("m2", this->ReserveOf("r", "A", 1))).error);
  EXPECT_EQ(this->traits_.LevelOf("A")->reserved, 0);
}

TYPED_TEST_P(StockStoreContract, BooksAMovementOnce) {
  this->Stock("A", 10);
  const Outcome first = this->One(this->Call(Adjust{"fix", "A", -3, "broken"}));
  const Outcome again = this->One(this->Call(Adjust{"fix", "A", -3, "broken"}));
  EXPECT_EQ(first.levels, again.levels);
  EXPECT_EQ(this->One(this->Call(Adjust{"fix", "A", -2, "broken"})).error->code, ErrorCode::kAlreadyExists);
  EXPECT_EQ(this->traits_.LevelOf("A")->received, 7);
  this->One(this->Call(this->ReserveOf("r", "A", 5)));
  this->One(this->Call(Commit{this->Name("r")}));
  EXPECT_FALSE(this->One(this->Message("m1", Restock{this->Name("r"), "back", {{"A", 2}}})).error);
  EXPECT_FALSE(this->One(this->Message("m2", Restock{this->Name("r"), "back", {{"A", 2}}})).error);
  EXPECT_EQ(this->One(this->Call(Restock{this->Name("r"), "again", {{"A", 4}}})).error->reason, "RESTOCK_EXCEEDS_SOLD");
  EXPECT_EQ(this->traits_.LevelOf("A")->received, 9);
}

TYPED_TEST_P(StockStoreContract, SpreadsASkuOverBucketsAndSellsTheLastUnitF46) {
  this->Stock("A", 10);
  EXPECT_FALSE(this->One(this->Call(Spread{"A", 4})).error);
  EXPECT_EQ(this->traits_.LevelOf("A")->Available(), 10);
  EXPECT_TRUE(this->One(this->Call(this->ReserveOf("r1", "A", 9))).took_units) << "one claim may span buckets";
  EXPECT_TRUE(this->One(this->Call(this->ReserveOf("r2", "A", 1))).took_units);
  EXPECT_TRUE(this->One(this->Call(this->ReserveOf("r3", "A", 1))).error);
  EXPECT_FALSE(this->One(this->Call(Release{this->Name("r1"), ""})).error);
  EXPECT_EQ(this->traits_.LevelOf("A")->Available(), 9);
  EXPECT_EQ(this->traits_.LevelOf("A")->received, 10);
}

TYPED_TEST_P(StockStoreContract, TellsLowStockOncePerFall) {
  this->Stock("A", 10);
  this->One(this->Message("c", Catalogue{SkuInfo{"A", "Apple", "seller", 3, 1, false, false, 0}}));
  this->One(this->Call(this->ReserveOf("r1", "A", 8)));
  this->One(this->Call(this->ReserveOf("r2", "A", 1)));
  EXPECT_EQ(this->traits_.Count("souk.inventory.v1.StockLow"), 1);
  this->One(this->Call(Release{this->Name("r1"), ""}));
  this->One(this->Call(this->ReserveOf("r3", "A", 8)));
  EXPECT_EQ(this->traits_.Count("souk.inventory.v1.StockLow"), 2);
}

TYPED_TEST_P(StockStoreContract, LeavesNothingBehindWhenABatchIsAborted) {
  this->Stock("A", 10);
  const int events = this->traits_.Count("souk.inventory.v1.StockChanged");
  this->traits_.AbortNext();
  std::vector<Work> works;
  works.push_back(this->Message("m", this->ReserveOf("r", "A", 4)));
  auto applied = this->store_->Apply(works);
  EXPECT_FALSE(applied.ok());
  EXPECT_EQ(this->traits_.LevelOf("A")->reserved, 0);
  this->traits_.AllowAll();
  EXPECT_EQ(this->traits_.Count("souk.inventory.v1.StockChanged"), events);
  applied = this->store_->Apply(works);
  ASSERT_TRUE(applied.ok());
  EXPECT_FALSE(works[0].outcome.duplicate);
  EXPECT_EQ(this->traits_.LevelOf("A")->reserved, 4);
}

TYPED_TEST_P(StockStoreContract, NeverOversellsWhenManyWritersRace) {
  constexpr int kWriters = 6;
  constexpr int kEach = 20;
  this->Stock("A", 50);
  this->Stock("B", 1000);
  std::atomic<int> won{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kWriters; ++t) {
    threads.emplace_back([this, t, &won] {
      const auto store = this->traits_.NewStore();
      for (int i = 0; i < kEach; i += 4) {
        std::vector<Work> works;
        for (int k = i; k < i + 4; ++k) {
          const std::string name = std::to_string(t) + "/" + std::to_string(k);
          works.push_back(this->Call(Reserve{this->Name(name), {{"A", 1}, {"B", 1}}, this->Now() + std::chrono::minutes(1)}));
        }
        Result<Applied> applied = MakeError(ErrorCode::kAborted, "");
        while (!applied.ok() && applied.error().code == ErrorCode::kAborted) applied = store->Apply(works);
        ASSERT_TRUE(applied.ok()) << applied.error().message;
        for (const Work& work : works) won += work.outcome.took_units ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 50);
  EXPECT_EQ(this->traits_.LevelOf("A")->Available(), 0);
  EXPECT_EQ(this->traits_.LevelOf("B")->Available(), 950);
}

TYPED_TEST_P(StockStoreContract, F43DecidesOneIdOnceWhenWritersRaceForIt) {
  this->Stock("A", 100);
  std::atomic<int> fresh{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([this, &fresh] {
      const auto store = this->traits_.NewStore();
      for (int i = 0; i < 10; ++i) {
        std::vector<Work> works;
        works.push_back(this->Call(this->ReserveOf("same" + std::to_string(i), "A", 1)));
        Result<Applied> applied = MakeError(ErrorCode::kAborted, "");
        while (!applied.ok() && applied.error().code == ErrorCode::kAborted) applied = store->Apply(works);
        ASSERT_TRUE(applied.ok()) << applied.error().message;
        EXPECT_FALSE(works[0].outcome.error);
        fresh += works[0].outcome.took_units ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(fresh, 10);
  EXPECT_EQ(this->traits_.LevelOf("A")->reserved, 10);
}

REGISTER_TYPED_TEST_SUITE_P(StockStoreContract, KeepsWhatABatchDid, AnswersARepeatedReservationFromItsState,
                            AppliesAMessageOnceAndItsAnswerOnce, ForgetsAMessageThatIsPutAside,
                            RemembersARejectedMessageWithItsShortLines, RefusesTheDoAfterTheUndoF44, BooksAMovementOnce,
                            SpreadsASkuOverBucketsAndSellsTheLastUnitF46, TellsLowStockOncePerFall,
                            LeavesNothingBehindWhenABatchIsAborted, NeverOversellsWhenManyWritersRace,
                            F43DecidesOneIdOnceWhenWritersRaceForIt);

}  // namespace souk::inventory
