#include <gtest/gtest.h>

#include "services/order-recovery/app/fake_orders.hpp"
#include "services/order-recovery/app/memory_watch_store.hpp"
#include "services/order-recovery/app/operator_actions.hpp"
#include "services/order-recovery/app/resume_overdue.hpp"

namespace souk::recovery {
namespace {

using std::chrono::seconds;

class RecoveryTest : public ::testing::Test {
 protected:
  static Uuid Id(int n) { return Uuid::FromName("order", std::to_string(n)); }
  Sighting Says(int n, std::int64_t version, const std::string& phase = "AUTHORIZING") {
    return {.order_id = Id(n), .version = version, .status = "PENDING", .phase = phase, .waiting_for = "payment",
            .deadline_at = clock_.Now() + seconds(5), .at = clock_.Now(), .ended = phase == "COMPLETED"};
  }
  void See(const Sighting& sighting) { ASSERT_TRUE(one_.See(std::span(&sighting, 1)).ok()); }
  Watched Get(int n) { return **store_.Get(Id(n)); }
  std::size_t Run(ResumeOverdue& instance, int limit = 100) { return *instance.RunOnce(limit); }
  Request By(int n, const std::string& note = "because", const std::string& key = "k") { return {Id(n), "ada", note, key}; }

  ManualClock clock_{FromUnixMicros(1'700'000'000'000'000)};
  SeededRandom random_{1};
  MemoryWatchStore store_;
  testing::FakeOrders orders_{clock_};
  const Policy policy_{.grace = seconds(10), .failures_max = 3};
  ResumeOverdue one_{{.policy = policy_, .who = "one"}, store_, orders_, clock_, random_};
  ResumeOverdue two_{{.policy = policy_, .who = "two"}, store_, orders_, clock_, random_};
  OperatorActions actions_{policy_, store_, orders_, clock_};
};

TEST_F(RecoveryTest, LeavesOrdersAloneUntilDeadlineAndGraceHavePassed) {
  See(Says(1, 1));
  clock_.Advance(seconds(14));
  EXPECT_EQ(Run(one_), 0u);
  clock_.Advance(seconds(5));
  EXPECT_EQ(Run(one_), 1u);
  EXPECT_EQ(orders_.resumed[Id(1)], 1);
  EXPECT_EQ(Get(1).asks, 1);
  EXPECT_EQ(Run(one_), 0u) << "it has a new deadline";
}

TEST_F(RecoveryTest, F57TwoInstancesNeverTryTheSameOrder) {
  for (int n = 0; n < 20; ++n) See(Says(n, 1));
  clock_.Advance(seconds(30));
  EXPECT_EQ(Run(one_, 8) + Run(two_, 8) + Run(one_, 8) + Run(two_, 8), 20u);
  for (int n = 0; n < 20; ++n) EXPECT_EQ(orders_.resumed[Id(n)], 1);
}

TEST_F(RecoveryTest, F57AnInstanceThatDiesLeavesItsOrdersToTheOther) {
  See(Says(1, 1));
  clock_.Advance(seconds(30));
  ASSERT_EQ(store_.Lease(clock_.Now(), clock_.Now() + seconds(30), 10, "dies")->size(), 1u);
  EXPECT_EQ(Run(two_), 0u);
  clock_.Advance(seconds(31));
  EXPECT_EQ(Run(two_), 1u);
}

TEST_F(RecoveryTest, F59QuarantinesThePoisonOrderAloneAndTheOthersGoOn) {
  for (int n = 0; n < 5; ++n) See(Says(n, 1));
  orders_.broken.insert(Id(3));
  for (int i = 0; i < 10; ++i) {
    clock_.Advance(seconds(120));
    Run(one_);
  }
  EXPECT_EQ(Get(3).state, State::kQuarantined);
  EXPECT_EQ(Get(3).last_outcome, "INTERNAL: the row can't be read");
  EXPECT_EQ(orders_.resumed[Id(3)], 3) << "left alone from then on";
  for (const int n : {0, 1, 2, 4}) {
    EXPECT_EQ(Get(n).state, State::kWatched);
    EXPECT_GE(orders_.resumed[Id(n)], 5);
  }
}

TEST_F(RecoveryTest, TakesNoMoreThanTheRateAllows) {
  for (int n = 0; n < 50; ++n) See(Says(n, 1));
  clock_.Advance(seconds(30));
  EXPECT_EQ(Run(one_, 7), 7u);
}

TEST_F(RecoveryTest, AReplayOfTheWholeLogChangesNothingAndCallsNoOne) {
  const std::vector<Sighting> log = {Says(1, 1, "RESERVING"), Says(1, 3), Says(1, 9, "COMPLETED"), Says(2, 1)};
  ASSERT_TRUE(one_.See(log).ok());
  const Watched first = Get(1);
  const Watched second = Get(2);
  ASSERT_TRUE(one_.See(log).ok());
  EXPECT_EQ(Get(1), first);
  EXPECT_EQ(Get(2), second);
  EXPECT_TRUE(orders_.resumed.empty());
}

TEST_F(RecoveryTest, F59AnOperatorRetriesWhatIsQuarantinedAndItIsWrittenDown) {
  See(Says(1, 1));
  orders_.broken.insert(Id(1));
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(seconds(120));
    Run(one_);
  }
  ASSERT_EQ(Get(1).state, State::kQuarantined);
  orders_.broken.clear();
  const auto retried = actions_.Retry(By(1));
  ASSERT_TRUE(retried.ok());
  EXPECT_EQ(retried->order.state, State::kWatched);
  EXPECT_EQ(orders_.asked_now[Id(1)], 1);
  ASSERT_TRUE(actions_.Retry(By(1)).ok());
  EXPECT_EQ(orders_.asked_now[Id(1)], 1) << "the same call again";
  const auto explained = actions_.Explain(Id(1));
  ASSERT_EQ(explained->decisions.size(), 1u);
  EXPECT_EQ(explained->decisions[0].who, "ada");
  EXPECT_EQ(explained->decisions[0].action, "retry");
}

TEST_F(RecoveryTest, ResolvesByCancellingThroughOrdersOrByHand) {
  See(Says(1, 1));
  See(Says(2, 1));
  ASSERT_TRUE(actions_.Cancel(By(1, "customer called")).ok());
  EXPECT_NE(orders_.cancelled[Id(1)].find("operator ada: customer called"), std::string::npos);
  ASSERT_TRUE(actions_.MarkResolved(By(2, "refunded by hand")).ok());
  EXPECT_EQ(Get(2).state, State::kResolved);
  clock_.Advance(seconds(1000));
  Run(one_);
  EXPECT_EQ(orders_.resumed[Id(2)], 0);
  orders_.too_late = true;
  EXPECT_EQ(actions_.Cancel(By(1, "again", "other key")).error().reason, "TOO_LATE_TO_CANCEL");
  EXPECT_EQ(actions_.Explain(Id(1))->decisions.size(), 1u) << "what orders refused was not decided";
}

TEST_F(RecoveryTest, ExplainsWithoutOrdersToo) {
  See(Says(1, 1));
  EXPECT_NE(actions_.Explain(Id(1))->explanation.find("asked for again 2 times in all"), std::string::npos);
  orders_.away = true;
  EXPECT_NE(actions_.Explain(Id(1))->explanation.find("Orders could not say more: away"), std::string::npos);
  EXPECT_EQ(actions_.Explain(Id(9)).error().code, ErrorCode::kNotFound);
}

}  // namespace
}  // namespace souk::recovery
