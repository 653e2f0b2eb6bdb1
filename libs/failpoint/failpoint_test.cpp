#include "libs/failpoint/failpoint.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace souk::failpoint {
namespace {

Point passing("test.passing", Kind::kPassOnly);
Point failing("test.failing", Kind::kMayFail);

Status StatusOf(const std::string& name) {
  const std::vector<Status> list = List();
  const auto found = std::find_if(list.begin(), list.end(), [&](const Status& status) { return status.name == name; });
  return found == list.end() ? Status{} : *found;
}

class FailpointTest : public testing::Test {
 protected:
  void TearDown() override {
    DisarmAll();
    ASSERT_TRUE(Configure("shop", "").ok());
  }
};

TEST_F(FailpointTest, DoesNothingAndCountsNothingUnlessEnabled) {
  ASSERT_TRUE(Configure("shop", "").ok());
  ASSERT_TRUE(Arm("shop.test.failing=error").ok());
  const std::int64_t before = StatusOf("shop.test.failing").passages;
  EXPECT_TRUE(failing.Try().ok());
  EXPECT_EQ(StatusOf("shop.test.failing").passages, before);
}

TEST_F(FailpointTest, FailsAtThePassagesThatWereOrdered) {
  ASSERT_TRUE(Configure("shop", "shop.test.failing=error:2x2").ok());
  EXPECT_TRUE(failing.Try().ok());
  const Result<void> second = failing.Try();
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(second.error().reason, "FAILPOINT");
  EXPECT_FALSE(failing.Try().ok());
  EXPECT_TRUE(failing.Try().ok());
  EXPECT_EQ(StatusOf("shop.test.failing").fired, 2);
}

TEST_F(FailpointTest, CountsPassagesOnceEnabled) {
  ASSERT_TRUE(Configure("shop", "on").ok());
  const std::int64_t before = StatusOf("shop.test.passing").passages;
  passing.Pass();
  passing.Pass();
  EXPECT_EQ(StatusOf("shop.test.passing").passages, before + 2);
}

TEST_F(FailpointTest, LeavesOrdersForOtherProcessesAlone) {
  EXPECT_TRUE(Configure("shop", "bank.sql.before_commit=kill,shop.test.failing=error").ok());
  EXPECT_FALSE(failing.Try().ok());
}

TEST_F(FailpointTest, RefusesWhatItDoesNotUnderstandAndThenArmsNothing) {
  ASSERT_TRUE(Configure("shop", "on").ok());
  for (const char* wrong :
       {"shop.test.failing", "shop.test.nowhere=kill", "shop.test.failing=explode", "shop.test.failing=pause", "shop.test.failing=pause:5h",
        "shop.test.failing=error:0", "shop.test.failing=error:1x", "shop.test.failing=error:1:2", "shop.test.passing=error"}) {
    const Result<void> armed = Arm(std::string("shop.test.failing=error,") + wrong);
    ASSERT_FALSE(armed.ok()) << wrong;
    EXPECT_EQ(armed.error().code, ErrorCode::kInvalidArgument);
    EXPECT_TRUE(failing.Try().ok()) << wrong;
  }
}

TEST_F(FailpointTest, DelaysOnlyWhoPasses) {
  ASSERT_TRUE(Configure("shop", "shop.test.passing=delay:1ms").ok());
  passing.Pass();
  EXPECT_EQ(StatusOf("shop.test.passing").fired, 1);
}

TEST_F(FailpointTest, PausesTheWholeProcessAndGoesOn) {
  ASSERT_TRUE(Configure("shop", "shop.test.passing=pause:10ms").ok());
  passing.Pass();
  EXPECT_EQ(StatusOf("shop.test.passing").fired, 1);
}

using FailpointDeathTest = FailpointTest;

TEST_F(FailpointDeathTest, KillsWithoutAnyCleanUp) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_EXIT(
      {
        (void)Configure("shop", "shop.test.passing=kill:3").ok();
        passing.Pass();
        passing.Pass();
        passing.Pass();
      },
      testing::KilledBySignal(SIGKILL), "failpoint shop.test.passing: kill");
}

TEST_F(FailpointTest, SaysInJsonHowEveryPointStands) {
  ASSERT_TRUE(Configure("shop", "shop.test.failing=error:5").ok());
  const std::string json = ToJson();
  EXPECT_NE(json.find(R"("process":"shop")"), std::string::npos);
  EXPECT_NE(json.find(R"({"name":"shop.test.failing","mayFail":true,"action":"error")"), std::string::npos);
}

}  // namespace
}  // namespace souk::failpoint
