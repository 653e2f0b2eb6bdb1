#include "test/bench/processes.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace souk::bench {
namespace {

TEST(BenchProcessesTest, ReadsNamesAndIds) {
  const auto processes = ParseProcesses("orders=12,redis-0=13");
  ASSERT_TRUE(processes.ok());
  ASSERT_EQ(processes->size(), 2U);
  EXPECT_EQ((*processes)[1].name, "redis-0");
  EXPECT_EQ((*processes)[1].pid, 13);
}

TEST(BenchProcessesTest, RefusesWhatIsNoProcess) {
  for (const char* text : {"orders", "orders=", "=12", "orders=x", "orders=-1", "orders=12z"}) EXPECT_FALSE(ParseProcesses(text).ok()) << text;
  EXPECT_TRUE(ParseProcesses("")->empty());
}

TEST(BenchProcessesTest, AddsUpWhatIsNumbered) {
  EXPECT_EQ(GroupOf("redis-3"), "redis");
  EXPECT_EQ(GroupOf("payment-simulator"), "payment-simulator");
  EXPECT_EQ(GroupOf("orders"), "orders");
}

TEST(BenchProcessesTest, ReadsALineOfProcEvenWithBracketsInTheName) {
  const auto times = ParseStat("12 (a ) (b) S 7 1 1 0 -1 4194560 2 0 0 0 100 20 3 4 20 0 1 0 5 6 7\n");
  ASSERT_TRUE(times.has_value());
  EXPECT_EQ(times->parent, 7);
  EXPECT_EQ(times->own, 120);
  EXPECT_EQ(times->reaped, 7);
  EXPECT_FALSE(ParseStat("").has_value());
  EXPECT_FALSE(ParseStat("12 (a) S 7").has_value());
}

TEST(BenchProcessesTest, TakesOffWhatRunsAnyway) {
  const CpuSeconds spent = CpuSpent({{"a", 1}, {"b", 5}}, {{"a", 4}, {"b", 5.1}, {"c", 2}}, {{"a", 0.5}, {"b", 1}}, 2);
  EXPECT_DOUBLE_EQ(spent.at("a"), 2);
  EXPECT_DOUBLE_EQ(spent.at("b"), 0);
  EXPECT_DOUBLE_EQ(spent.at("c"), 2);
}

TEST(BenchProcessesTest, SeesItself) {
  EXPECT_GT(ResidentMb(getpid()), 0);
  EXPECT_EQ(ReadCpu({{"self", getpid()}}).size(), 1U);
  EXPECT_EQ(ResidentMb(0), 0);
}

}  // namespace
}  // namespace souk::bench
