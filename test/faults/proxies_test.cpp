#include "test/faults/proxies.hpp"

#include <gtest/gtest.h>

#include "libs/testing/eventually.hpp"
#include "test/faults/sellers.hpp"
#include "test/faults/workload.hpp"

namespace souk::faults {
namespace {

constexpr int kOrders = 120;
constexpr int kRate = 60;

/// The fleet with a proxy on every edge, for all tests of this program.
class ProxiesTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    proxies_ = new Proxies(e2e::Fleet::Get());
    e2e::Fleet::Get().Souk("up --no-build");
  }
  static void TearDownTestSuite() {
    proxies_->Release(e2e::Fleet::Get());
    e2e::Fleet::Get().Souk("up --no-build");
    delete proxies_;
  }

  /// Every edge whose name ends so gets the toxic while orders are placed.
  static void Survives(const std::string& ending, Toxic toxic) {
    std::vector<std::string> edges;
    const bool of_producers = ending == "->kafka" && toxic.kind == Toxic::Kind::kCutAfterMark;
    for (const std::string& edge : proxies_->Edges()) {
      if (!edge.ends_with(ending)) continue;
      // They only listen; order-recovery's dead letters are of events that nobody sends here.
      const bool listens = edge.starts_with("gateway") || edge.starts_with("notifications") || edge.starts_with("order-recovery");
      if (of_producers && listens) continue;
      edges.push_back(edge);
    }
    ASSERT_FALSE(edges.empty());
    const auto cuts = [&](const std::string& edge) { return proxies_->Cuts(edge); };
    std::map<std::string, std::int64_t> before;
    for (const std::string& edge : edges) before[edge] = cuts(edge);
    Sellers sellers(e2e::Fleet::Get());
    const e2e::Outcome outcome = e2e::ReplayUnder(
        e2e::Fleet::Get(), kOrders, kRate,
        [&] {
          for (const std::string& edge : edges) proxies_->Set(edge, toxic);
          for (const std::string& edge : edges) {
            const auto cut = [&] {
              sellers.Offer();
              return cuts(edge) > before[edge];
            };
            EXPECT_TRUE(souk::testing::Eventually(cut)) << edge << " was never cut";
          }
          if (toxic.times == 0) Heal(edges);
        },
        OneOfEveryKind);
    Heal(edges);
    e2e::ExpectNothingOutOfPlace(outcome, kOrders);
    EXPECT_EQ(sellers.NotOnSale(), std::vector<std::string>{}) << "acknowledged to sellers, and not on sale";
  }

  /// The same for a toxic that cuts nothing, for a while.
  static void SurvivesFor(std::chrono::milliseconds time, const std::string& ending, Toxic toxic) {
    std::vector<std::string> edges;
    for (const std::string& edge : proxies_->Edges()) {
      if (edge.ends_with(ending)) edges.push_back(edge);
    }
    ASSERT_FALSE(edges.empty());
    const e2e::Outcome outcome = e2e::ReplayUnder(
        e2e::Fleet::Get(), kOrders, kRate,
        [&] {
          for (const std::string& edge : edges) proxies_->Set(edge, toxic);
          Last(time);
          Heal(edges);
        },
        OneOfEveryKind);
    e2e::ExpectNothingOutOfPlace(outcome, kOrders);
  }

  static void Heal(const std::vector<std::string>& edges) {
    for (const std::string& edge : edges) proxies_->Set(edge, {});
  }

  static inline Proxies* proxies_ = nullptr;
};

TEST_F(ProxiesTest, F22CommitWhoseAnswerIsLostIsLookedUpByEveryServiceThatWritesSql) {
  Survives("->sql", {.kind = Toxic::Kind::kCutAfterMark, .times = 8});
}
TEST_F(ProxiesTest, F22CommitThatNeverArrivesIsDoneAgainByEveryServiceThatWritesSql) {
  Survives("->sql", {.kind = Toxic::Kind::kCutBeforeMark, .times = 8});
}
TEST_F(ProxiesTest, RepliesOfSqlThatBreakOffLeaveNothingHalfDone) {
  Survives("->sql", {.kind = Toxic::Kind::kCutReplyAfter, .bytes = 7, .times = 5});
}
TEST_F(ProxiesTest, F14ProduceRequestWhoseAnswerIsLostHasNoSecondEffect) {
  Survives("->kafka", {.kind = Toxic::Kind::kCutAfterMark, .times = 5});
}
TEST_F(ProxiesTest, EveryConnectionToKafkaResetForAWhile) { Survives("->kafka", {.kind = Toxic::Kind::kReset}); }
TEST_F(ProxiesTest, F40ScriptsOfRedisWhoseReplyIsLostSellNoUnitTwice) {
  Survives("inventory->redis", {.kind = Toxic::Kind::kCutAfterMark, .times = 5});
}
TEST_F(ProxiesTest, F33EveryConnectionToRedisHeldForAWhile) {
  SurvivesFor(std::chrono::seconds(3), "inventory->redis", {.kind = Toxic::Kind::kHold});
}
TEST_F(ProxiesTest, F62AnswersOfTheProviderThatBreakOffAreUnknownAndAskedFor) {
  Survives("->provider", {.kind = Toxic::Kind::kCutReplyAfter, .bytes = 11, .times = 10});
}
TEST_F(ProxiesTest, F06AnswersThatTheGatewayLosesAreGivenAgainForTheSameKey) {
  Survives("gateway->orders", {.kind = Toxic::Kind::kCutReplyAfter, .bytes = 3, .times = 10});
}

TEST_F(ProxiesTest, F79SqlThatStandsStillForAWhileLosesNoCommit) {
  SurvivesFor(std::chrono::seconds(4), "->sql", {.kind = Toxic::Kind::kHold});
}
TEST_F(ProxiesTest, F85RequestsReachSqlAndAnswersDoNot) {
  SurvivesFor(std::chrono::seconds(3), "->sql", {.kind = Toxic::Kind::kHold, .to_server = false, .to_client = true});
}
TEST_F(ProxiesTest, F85RequestsReachOrdersAndAnswersDoNot) {
  SurvivesFor(std::chrono::seconds(3), "gateway->orders", {.kind = Toxic::Kind::kHold, .to_server = false, .to_client = true});
}
TEST_F(ProxiesTest, SlowEngines) {
  SurvivesFor(std::chrono::seconds(3), "->sql", {.kind = Toxic::Kind::kLatency, .latency = std::chrono::milliseconds(30)});
}

}  // namespace
}  // namespace souk::faults
