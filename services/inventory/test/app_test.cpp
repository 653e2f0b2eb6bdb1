// The use cases on memory adapters, with the real writer between them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "services/inventory/adapters/memory_availability.hpp"
#include "services/inventory/adapters/memory_stock_reader.hpp"
#include "services/inventory/adapters/writer.hpp"
#include "services/inventory/app/count_keeper.hpp"
#include "services/inventory/app/expire_reservations.hpp"
#include "services/inventory/app/level_board.hpp"
#include "services/inventory/app/reserve_gate.hpp"

namespace souk::inventory {
namespace {

const SystemTime kStart = FromUnixMicros(1'800'000'000'000'000);

class AppTest : public ::testing::Test {
 protected:
  AppTest() {
    WriterHooks hooks;
    hooks.availability = &counts_;
    hooks.count_watch = &keeper_;
    hooks.listeners = {&keeper_, &board_};
    hooks.hot = &hot_;
    hooks.alert = [this](const Event& event) { alerts_.push_back(event.key); };
    writer_ = std::make_unique<Writer>(WriterConfig{}, store_, std::move(hooks));
    gate_ = std::make_unique<ReserveGate>(ReserveGateConfig{}, &counts_, reader_, *writer_);
    writer_->OnBatchTaken([this] { gate_->Nudge(); });
  }

  static Uuid Name(int n) { return Uuid::FromName("app", std::to_string(n)); }

  struct Answer {
    Result<void> result;
    Outcome outcome;
  };
  Work Prepare(Command command, std::promise<Answer>& promise) {
    Work work;
    work.command = std::move(command);
    work.cause.now = clock_.Now();
    work.done = [&promise](const Result<void>& result, Work& done) { promise.set_value({result, done.outcome}); };
    return work;
  }
  Answer Do(Command command) {
    std::promise<Answer> promise;
    EXPECT_TRUE(writer_->Submit(Prepare(std::move(command), promise)).ok());
    return promise.get_future().get();
  }
  Answer Claim(int id, const std::string& sku, std::int64_t quantity) {
    std::promise<Answer> promise;
    gate_->Submit(Prepare(Reserve{Name(id), {{sku, quantity}}, clock_.Now() + std::chrono::minutes(1)}, promise));
    return promise.get_future().get();
  }
  void Stock(const std::string& sku, std::int64_t units) { Do(Receive{"m" + std::to_string(++movements_), {{sku, units}}}); }
  std::int64_t Counted(const std::string& sku) {
    std::int64_t total = -1;
    counts_.Read({sku}, [&](Result<std::vector<CountView>> views) { total = (*views)[0].missing ? -999 : (*views)[0].Total(); });
    return total;
  }
  void Tick(int times = 1) {
    for (int i = 0; i < times; ++i) {
      steady_ += std::chrono::seconds(2);
      keeper_.Tick();
    }
  }

  ManualClock clock_{kStart};
  SteadyTime steady_{std::chrono::hours(1)};
  MemoryStockStore store_;
  MemoryStockReader reader_{store_};
  MemoryAvailability counts_;
  LevelBoard board_;
  HotList hot_;
  CountKeeper keeper_{CountKeeperConfig{}, counts_, reader_, [this] { return steady_; }};
  std::vector<std::string> alerts_;
  int movements_ = 0;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<ReserveGate> gate_;
};

TEST_F(AppTest, CountsFollowTheLedgerThroughEveryCommand) {
  Stock("A", 10);
  EXPECT_EQ(Counted("A"), 10);
  EXPECT_TRUE(Claim(1, "A", 4).outcome.took_units);
  EXPECT_EQ(Counted("A"), 6) << "taken by the gate, not once more by the commit";
  Do(Reserve{Name(2), {{"A", 1}}, clock_.Now() + std::chrono::minutes(1)});
  EXPECT_EQ(Counted("A"), 5) << "claimed past the gate";
  Do(Release{Name(1), ""});
  EXPECT_EQ(Counted("A"), 9);
  Do(Commit{Name(2)});
  EXPECT_EQ(Counted("A"), 9);
  Do(Restock{Name(2), "r", {{"A", 1}}});
  Do(Adjust{"x", "A", -2, ""});
  EXPECT_EQ(Counted("A"), 8);
  EXPECT_EQ(board_.Get("A")->Available(), 8);
}

TEST_F(AppTest, ARefusalOfTheCountsTouchesNoLedger) {
  Stock("A", 1);
  EXPECT_TRUE(Claim(1, "A", 1).outcome.took_units);
  const auto version = store_.LevelOf("A")->version;
  const Answer answer = Claim(2, "A", 1);
  ASSERT_TRUE(answer.outcome.error);
  EXPECT_EQ(answer.outcome.error->reason, "OUT_OF_STOCK");
  EXPECT_EQ(store_.LevelOf("A")->version, version);
  EXPECT_EQ(gate_->Counts().refused_early, 1);
}

TEST_F(AppTest, ARepeatIsAnsweredTheSameThoughEverythingIsSoldB55) {
  Stock("A", 1);
  const Answer first = Claim(1, "A", 1);
  const Answer again = Claim(1, "A", 1);
  ASSERT_FALSE(again.outcome.error);
  EXPECT_EQ(again.outcome.reservation->created_at, first.outcome.reservation->created_at);
  EXPECT_EQ(Counted("A"), 0);
}

TEST_F(AppTest, NobodyIsRefusedWhoseClaimMayHaveBeenGrantedWhileTheLedgerIsAway) {
  Stock("A", 1);
  EXPECT_TRUE(Claim(1, "A", 1).outcome.took_units);
  reader_.away = true;  // the counts say "sold out", and nobody can say to whom
  const Answer again = Claim(1, "A", 1);
  ASSERT_FALSE(again.result.ok());
  EXPECT_EQ(again.result.error().code, ErrorCode::kUnavailable);
  EXPECT_FALSE(again.outcome.error);
  reader_.away = false;
  EXPECT_FALSE(Claim(1, "A", 1).outcome.error);
  EXPECT_TRUE(Claim(2, "A", 1).outcome.error);
}

TEST_F(AppTest, ARepeatWhileThereIsStockGivesItsUnitsBack) {
  Stock("A", 10);
  Claim(1, "A", 2);
  Claim(1, "A", 2);
  EXPECT_EQ(Counted("A"), 8);
  EXPECT_EQ(store_.LevelOf("A")->reserved, 2);
}

TEST_F(AppTest, F36WhatTheLedgerRefusesGoesBackToTheCounts) {
  Stock("A", 5);
  counts_.Add({{"A", 3, 0}});  // a stale replica says more than is there
  EXPECT_TRUE(Claim(1, "A", 5).outcome.took_units);
  EXPECT_EQ(Claim(2, "A", 3).outcome.error->reason, "OUT_OF_STOCK");
  EXPECT_EQ(store_.LevelOf("A")->Available(), 0);
  Tick(4);
  EXPECT_EQ(Counted("A"), 0) << "and the difference is repaired";
}

TEST_F(AppTest, AFailedBatchGivesTheUnitsBack) {
  Stock("A", 5);
  store_.FailNext(1, MakeError(ErrorCode::kUnavailable, "away"));
  EXPECT_EQ(Claim(1, "A", 5).result.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(Counted("A"), 5);
}

TEST_F(AppTest, ACommitWhoseAnswerWasLostIsLookedUpF22) {
  Stock("A", 5);
  store_.FailNext(1, MakeError(ErrorCode::kUnavailable, "broke", "COMMIT_UNKNOWN"));
  EXPECT_TRUE(Claim(1, "A", 2).outcome.reservation);
  EXPECT_EQ(store_.LevelOf("A")->reserved, 2);
}

TEST_F(AppTest, ACallThatIsLateIsNotBegunB58) {
  Stock("A", 5);
  std::promise<Answer> promise;
  Work work = Prepare(Reserve{Name(1), {{"A", 1}}, clock_.Now() + std::chrono::minutes(1)}, promise);
  work.deadline = std::chrono::steady_clock::now() - std::chrono::milliseconds(1);
  gate_->Submit(std::move(work));
  const Answer answer = promise.get_future().get();
  ASSERT_TRUE(answer.outcome.error);
  EXPECT_EQ(answer.outcome.error->code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(store_.LevelOf("A")->reserved, 0);
  EXPECT_EQ(Counted("A"), 5);
}

TEST_F(AppTest, LostCountsAreSetAgainFromTheLedgerF34) {
  for (int i = 0; i < 30; ++i) Stock("S" + std::to_string(i), i + 1);
  counts_.Forget();
  EXPECT_TRUE(Claim(1, "S7", 1).outcome.took_units) << "the ledger decides meanwhile";
  counts_.Forget();
  EXPECT_TRUE(Claim(2, "S8", 1).outcome.took_units);
  Tick(8);
  for (int i = 0; i < 30; ++i) EXPECT_EQ(Counted("S" + std::to_string(i)), store_.LevelOf("S" + std::to_string(i))->Available()) << i;
}

TEST_F(AppTest, RebuildComparesAndRepairsEverything) {
  Stock("A", 5);
  Stock("B", 5);
  Stock("C", 5);
  counts_.Forget();
  counts_.Add({{"A", 0, 5}, {"B", 0, 77}});
  Result<CountKeeper::Rebuilt> rebuilt = MakeError(ErrorCode::kInternal, "");
  keeper_.Rebuild({}, [&](Result<CountKeeper::Rebuilt> result) { rebuilt = result; });
  ASSERT_TRUE(rebuilt.ok());
  EXPECT_EQ(rebuilt->rebuilt, 3);
  EXPECT_EQ(rebuilt->differing, 2);
  EXPECT_EQ(Counted("B"), 5);
  EXPECT_EQ(Counted("C"), 5);
}

TEST_F(AppTest, ADifferenceThatMovesIsNotRepairedYet) {
  Stock("A", 5);
  Tick(4);
  counts_.Add({{"A", -1, 0}});  // as if a claim were between the counts and the ledger
  keeper_.Suspect("A");
  Tick();
  counts_.Add({{"A", 1, 0}});  // and came back
  Tick(3);
  EXPECT_EQ(Counted("A"), 5);
  EXPECT_EQ(keeper_.Counts().corrected, 0);
}

TEST_F(AppTest, HoldsThatRanOutAreEndedOnce) {
  Stock("A", 1000);
  for (int i = 0; i < 600; ++i) Claim(i, "A", 1);
  store_.TakeEvents();
  ExpireReservations expiry(reader_, *writer_, clock_);
  expiry.Tick();
  EXPECT_EQ(expiry.Expired(), 0);
  clock_.Advance(std::chrono::minutes(2));
  expiry.Tick();
  Do(Expire{Name(0)});  // queued behind the first page
  writer_->Stop();
  EXPECT_GE(expiry.Expired(), 500);
  int told = 0;
  for (const Event& event : store_.TakeEvents()) told += std::holds_alternative<ReservationExpired>(event.body) ? 1 : 0;
  EXPECT_EQ(told, expiry.Expired());
  EXPECT_EQ(Counted("A"), 400 + expiry.Expired());
}

TEST_F(AppTest, LowStockIsToldAtOnce) {
  Stock("A", 5);
  Do(Catalogue{SkuInfo{"A", "Apple", "s", 2, 1, false, false, 0}});
  Claim(1, "A", 3);
  Claim(2, "A", 1);
  EXPECT_THAT(alerts_, ::testing::ElementsAre("A"));
}

TEST_F(AppTest, WatchersHearEachNewLevelAndNeverAnOldOne) {
  Stock("A", 5);
  std::vector<std::int64_t> heard;
  auto watch = board_.Subscribe({"A"}, [&](const Level& level) { heard.push_back(level.Available()); });
  Claim(1, "A", 3);
  board_.OnLevel(Level{"A", 5, 0, 0, 1});
  EXPECT_THAT(heard, ::testing::ElementsAre(2));
  EXPECT_THAT(board_.Watched(), ::testing::ElementsAre("A"));
  watch.reset();
  EXPECT_TRUE(board_.Watched().empty());
}

TEST_F(AppTest, TheHottestSkusComeFirst) {
  Stock("A", 100);
  Stock("B", 100);
  for (int i = 0; i < 9; ++i) Claim(i, i < 3 ? "A" : "B", 1);
  const auto top = hot_.Top(5, std::chrono::steady_clock::now());
  ASSERT_EQ(top.size(), 2U);
  EXPECT_EQ(top[0].first, "B");
}

}  // namespace
}  // namespace souk::inventory
