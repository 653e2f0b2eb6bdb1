#include "test/bench/statistics.hpp"

#include <gtest/gtest.h>

namespace souk::bench {
namespace {

TEST(BenchStatisticsTest, TakesTheMiddleOfAnOddNumber) {
  const Summary summary = Summarize({3, 1, 2});
  EXPECT_EQ(summary.median, 2);
  EXPECT_EQ(summary.min, 1);
  EXPECT_EQ(summary.max, 3);
}

TEST(BenchStatisticsTest, TakesTheMeanOfTheTwoMiddleOnesOfAnEvenNumber) { EXPECT_EQ(Summarize({4, 1, 2, 8}).median, 3); }

TEST(BenchStatisticsTest, IsZeroForNothing) { EXPECT_EQ(Summarize({}).max, 0); }

TEST(BenchStatisticsTest, PairsEachMeasurementWithItsOwnCeiling) {
  EXPECT_EQ(Ratios({1, 9}, {2, 3}), (std::vector<double>{0.5, 3}));
  EXPECT_EQ(Ratios({1, 9}, {0, 3}), (std::vector<double>{3}));
}

}  // namespace
}  // namespace souk::bench
