#include <gtest/gtest.h>

#include "test/sim/campaign.hpp"

namespace souk::sim {
namespace {

// A sanitizer makes a seed ten to thirty times as slow, and looks at the code, not at the shop: the deliberate bugs are left to the other builds.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kSeeds = 20;
constexpr bool kHunts = false;
#else
constexpr int kSeeds = 500;
constexpr bool kHunts = true;
#endif

TEST(SimTest, TheSameSeedGivesTheSameTrace) {
  for (const std::uint64_t seed : {1U, 7U, 42U}) {
    const Report first = Simulate({.seed = seed});
    const Report second = Simulate({.seed = seed});
    EXPECT_EQ(first.trace_hash, second.trace_hash) << "seed " << seed;
    EXPECT_EQ(first.steps, second.steps) << "seed " << seed;
  }
}

TEST(SimTest, AnotherSeedGivesAnotherTrace) {
  EXPECT_NE(Simulate({.seed = 1}).trace_hash, Simulate({.seed = 2}).trace_hash);
}

TEST(SimTest, FiveHundredSeedsKeepEveryInvariant) {
  const Totals totals = RunSeeds(1, kSeeds, 1, Bug::kNone, [](const Report& report) { ADD_FAILURE() << Explain(report, Bug::kNone); });
  EXPECT_EQ(totals.seeds, kSeeds);
  // Runs in which nothing happens would keep every invariant, too.
  for (const char* end : {"COMPLETED", "REJECTED", "CANCELLED", "RETURNED"}) EXPECT_GT(totals.ends.at(end), kSeeds / 10) << end;
}

class SimBitesTest : public ::testing::TestWithParam<BugInfo> {};

TEST_P(SimBitesTest, FindsTheDeliberateBug) {
  constexpr std::uint64_t kSeedsMax = 300;
  if (!kHunts) GTEST_SKIP() << "too slow under a sanitizer";
  const Report report = Find(GetParam().bug, kSeedsMax);
  EXPECT_FALSE(report.ok) << kSeedsMax << " seeds did not show that " << GetParam().what;
  RecordProperty("seed", static_cast<int>(report.seed));
  RecordProperty("steps", static_cast<int>(report.steps));
}

std::string TestName(const ::testing::TestParamInfo<BugInfo>& info) {
  std::string name;
  bool upper = true;
  for (const char c : info.param.name) {
    if (c != '-') name += static_cast<char>(upper ? c - 'a' + 'A' : c);
    upper = c == '-';
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(Bugs, SimBitesTest, ::testing::ValuesIn(kBugs), TestName);

}  // namespace
}  // namespace souk::sim
