#include "test/bench/histogram.hpp"

#include <gtest/gtest.h>

namespace souk::bench {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST(BenchHistogramTest, IsZeroWhenNothingWasRecorded) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0);
  EXPECT_EQ(histogram.Percentile(99), 0);
}

TEST(BenchHistogramTest, KeepsEveryValueToWithinOnePercent) {
  for (std::int64_t us = 1; us < 3'000'000'000; us += us / 3 + 1) {
    Histogram histogram;
    histogram.Record(microseconds(us));
    histogram.Record(std::chrono::hours(1));
    const double got = histogram.Percentile(50) * 1000;
    EXPECT_GE(got, static_cast<double>(us));
    EXPECT_LE(got, static_cast<double>(us) * 1.01) << us;
  }
}

TEST(BenchHistogramTest, FindsPercentilesOfAThousandValues) {
  Histogram histogram;
  for (int i = 1; i <= 1000; ++i) histogram.Record(milliseconds(i));
  EXPECT_NEAR(histogram.Percentile(50), 500, 5);
  EXPECT_NEAR(histogram.Percentile(99), 990, 10);
  EXPECT_EQ(histogram.Percentile(100), 1000);
  EXPECT_EQ(histogram.MaxMillis(), 1000);
}

TEST(BenchHistogramTest, AddsAnother) {
  Histogram one, other;
  one.Record(milliseconds(1));
  other.Record(milliseconds(9));
  one.Add(other);
  EXPECT_EQ(one.count(), 2);
  EXPECT_EQ(one.MaxMillis(), 9);
}

TEST(BenchHistogramTest, CutsWhatIsOutOfBounds) {
  Histogram histogram;
  histogram.Record(milliseconds(-5));
  histogram.Record(std::chrono::hours(9));
  EXPECT_EQ(histogram.Percentile(50), 0);
  EXPECT_EQ(histogram.MaxMillis(), 3'600'000);
}

}  // namespace
}  // namespace souk::bench
