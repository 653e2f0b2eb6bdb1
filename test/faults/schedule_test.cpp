#include "test/faults/schedule.hpp"

#include <gtest/gtest.h>

#include <set>

namespace souk::faults {
namespace {

using std::chrono::seconds;

TEST(ScheduleTest, TheSameSeedGivesTheSameSchedule) {
  EXPECT_EQ(ToText(MakeSchedule(7, seconds(60), true)), ToText(MakeSchedule(7, seconds(60), true)));
  EXPECT_NE(ToText(MakeSchedule(7, seconds(60), true)), ToText(MakeSchedule(8, seconds(60), true)));
}

TEST(ScheduleTest, EveryFaultHasEndedBeforeTheRunDoes) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    const Schedule schedule = MakeSchedule(seed, seconds(20), true);
    ASSERT_FALSE(schedule.faults.empty());
    for (const Fault& fault : schedule.faults) {
      EXPECT_LT(fault.at, seconds(16));
      EXPECT_LE(fault.at + fault.lasts, seconds(20)) << ToText(fault);
    }
  }
}

TEST(ScheduleTest, FewSeedsTogetherMeetEveryKindOfFault) {
  std::set<FaultKind> kinds;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    for (const Fault& fault : MakeSchedule(seed, seconds(60), true).faults) kinds.insert(fault.kind);
  }
  EXPECT_EQ(kinds.size(), 8U);
}

}  // namespace
}  // namespace souk::faults
