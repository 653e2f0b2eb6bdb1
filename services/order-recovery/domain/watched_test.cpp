#include "services/order-recovery/domain/watched.hpp"

#include <gtest/gtest.h>

namespace souk::recovery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const SystemTime kStart = FromUnixMicros(1'700'000'000'000'000);
const Policy kPolicy{.grace = seconds(10), .deadline_default = seconds(60), .backoff_min = seconds(1), .backoff_max = seconds(60), .failures_max = 3, .alert_after = 4};

Sighting Says(std::int64_t version, const std::string& phase, const std::string& status = "PENDING", std::optional<SystemTime> deadline = kStart + seconds(5)) {
  return {.order_id = Uuid::FromName("order", "1"), .version = version, .status = status, .phase = phase, .waiting_for = "stock",
          .deadline_at = deadline, .at = kStart, .ended = false};
}
Sighting Ends(std::int64_t version) {
  Sighting sighting = Says(version, "COMPLETED", "COMPLETED", std::nullopt);
  sighting.ended = true;
  return sighting;
}
Watched New() { return See(std::nullopt, Says(1, "RESERVING"), kPolicy, 0); }
Error Broken() { return MakeError(ErrorCode::kInternal, "the row can't be read"); }

TEST(WatchedTest, TriesAfterTheDeadlineAndTheGraceWithJitter) {
  const Watched watched = New();
  EXPECT_EQ(watched.state, State::kWatched);
  EXPECT_EQ(watched.next_try_at, kStart + seconds(15));
  const Watched other = See(std::nullopt, Says(1, "RESERVING"), kPolicy, 2'000);
  EXPECT_EQ(other.next_try_at, kStart + seconds(17));
  EXPECT_EQ(See(std::nullopt, Says(1, "RESERVING", "PENDING", std::nullopt), kPolicy, 0).next_try_at, kStart + seconds(70));
}

TEST(WatchedTest, AnOlderOrRepeatedEventChangesNothing) {
  const Watched ended = See(See(New(), Says(3, "AUTHORIZING"), kPolicy, 0), Ends(7), kPolicy, 0);
  EXPECT_EQ(ended.state, State::kEnded);
  EXPECT_FALSE(ended.next_try_at.has_value());
  for (const std::int64_t version : {1, 3, 7}) EXPECT_EQ(See(ended, Says(version, "RESERVING"), kPolicy, 5), ended);
}

TEST(WatchedTest, AnOrderThatGoesOnForgetsWhatWasTried) {
  Watched watched = AfterError(New(), Broken(), kStart + seconds(20), kPolicy, 0);
  watched = AfterAnswer(watched, {Says(4, "RESERVING", "PENDING", kStart + seconds(40)), true}, kStart + seconds(30), kPolicy, 0);
  EXPECT_EQ(watched.asks, 1);
  EXPECT_EQ(watched.failures, 0);
  watched = See(watched, Says(5, "AUTHORIZING"), kPolicy, 0);
  EXPECT_EQ(watched.asks, 0);
  EXPECT_EQ(watched.since, kStart);
}

TEST(WatchedTest, QuarantinesWhatFailsForItsOwnReasonAndOnlyThen) {
  Watched watched = New();
  for (int i = 0; i < 50; ++i) watched = AfterError(watched, MakeError(ErrorCode::kUnavailable, "away"), kStart, kPolicy, 0);
  EXPECT_EQ(watched.state, State::kWatched) << "orders being away is no fault of the order";
  EXPECT_EQ(watched.next_try_at, kStart + seconds(60)) << "the back-off has a bound";
  for (int i = 0; i < 2; ++i) watched = AfterError(watched, Broken(), kStart, kPolicy, 0);
  EXPECT_EQ(watched.state, State::kWatched);
  watched = AfterError(watched, Broken(), kStart, kPolicy, 0);
  EXPECT_EQ(watched.state, State::kQuarantined);
  EXPECT_FALSE(watched.next_try_at.has_value());
  EXPECT_EQ(watched.last_outcome, "INTERNAL: the row can't be read");
}

TEST(WatchedTest, AnEventThatShowsItGoingOnLiftsTheQuarantine) {
  Watched watched = New();
  for (int i = 0; i < 3; ++i) watched = AfterError(watched, Broken(), kStart, kPolicy, 0);
  EXPECT_EQ(See(watched, Says(2, "RESERVING"), kPolicy, 0).state, State::kQuarantined) << "still the same wait";
  const Watched free = See(watched, Says(2, "AUTHORIZING"), kPolicy, 0);
  EXPECT_EQ(free.state, State::kWatched);
  EXPECT_TRUE(free.next_try_at.has_value());
}

TEST(WatchedTest, BacksOffWhenAskingDoesNotHelpAndThenWantsAPerson) {
  Watched watched = New();
  SystemTime now = kStart + seconds(15);
  milliseconds last{0};
  for (int i = 1; i <= 6; ++i) {
    watched = AfterAnswer(watched, {Says(i + 1, "RESERVING", "PENDING", now), true}, now, kPolicy, 0);
    const auto wait = std::chrono::duration_cast<milliseconds>(*watched.next_try_at - now);
    EXPECT_GE(wait, last);
    last = wait;
    now = *watched.next_try_at;
  }
  EXPECT_EQ(watched.asks, 6);
  EXPECT_TRUE(NeedsAttention(watched, kPolicy));
  EXPECT_EQ(watched.state, State::kWatched) << "it is asked for as long as it takes";
}

TEST(WatchedTest, WhatAPersonHasSettledIsLeftAloneUntilItEnds) {
  Watched watched = Resolved(New());
  EXPECT_FALSE(watched.next_try_at.has_value());
  watched = See(watched, Says(2, "AUTHORIZING"), kPolicy, 0);
  EXPECT_EQ(watched.state, State::kResolved);
  EXPECT_EQ(See(watched, Ends(3), kPolicy, 0).state, State::kEnded);
  EXPECT_EQ(Retried(watched, kStart).state, State::kWatched);
}

TEST(WatchedTest, AnEndedOrderThatMustUndoSomethingIsWatchedAgain) {
  Watched watched = See(New(), Ends(2), kPolicy, 0);
  Sighting undoes = Says(3, "REJECTED", "REJECTED");
  undoes.waiting_for = "undo";
  watched = See(watched, undoes, kPolicy, 0);
  EXPECT_EQ(watched.state, State::kWatched);
  EXPECT_TRUE(watched.next_try_at.has_value());
}

TEST(WatchedTest, IsStuckOnlyPastDeadlineAndGraceOrInTrouble) {
  EXPECT_FALSE(IsStuck(New(), kStart + seconds(14), kPolicy));
  EXPECT_TRUE(IsStuck(New(), kStart + seconds(16), kPolicy));
  EXPECT_TRUE(IsStuck(AfterError(New(), Broken(), kStart, kPolicy, 0), kStart, kPolicy));
  EXPECT_FALSE(IsStuck(See(New(), Ends(2), kPolicy, 0), kStart + seconds(99), kPolicy));
}

}  // namespace
}  // namespace souk::recovery
