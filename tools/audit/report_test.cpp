#include "tools/audit/report.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace souk::audit {
namespace {

Invariant Holds(const std::string& id) {
  Invariant invariant;
  invariant.id = id;
  invariant.name = "something holds";
  invariant.compared_what = "this with that";
  invariant.compared = 7;
  return invariant;
}

Invariant Violated(const std::string& id, int offenders) {
  Invariant invariant = Holds(id);
  for (int i = 1; i <= offenders; ++i) invariant.offenders.push_back("offender " + std::to_string(i));
  return invariant;
}

Invariant Unchecked(const std::string& id) {
  Invariant invariant = Holds(id);
  invariant.not_checked = "the source is away";
  return invariant;
}

TEST(ReportTest, IsCleanWhenEveryInvariantHolds) {
  const Report report{{Holds("I1"), Holds("I2")}, {}, 0};
  EXPECT_TRUE(report.clean());
  EXPECT_EQ(report.verdict(), "clean");
}

TEST(ReportTest, IsIncompleteWhenSomethingCouldNotBeChecked) {
  const Report report{{Holds("I1"), Unchecked("I2")}, {}, 0};
  EXPECT_FALSE(report.clean());
  EXPECT_EQ(report.verdict(), "incomplete");
}

TEST(ReportTest, OneOffenderOutweighsWhatCouldNotBeChecked) {
  const Report report{{Unchecked("I1"), Violated("I2", 1)}, {}, 0};
  EXPECT_EQ(report.verdict(), "violated");
}

TEST(ReportTest, JsonIsOneLineAndSaysEverything) {
  Report report{{Holds("I1"), Violated("I2", 2), Unchecked("I3")}, {}, 1.5};
  report.figures.stock_received = 10;
  report.figures.stock_sold = 4;
  report.figures.orders_by_status = {{"COMPLETED", 3}};
  report.invariants[0].checked_at_ms = 1'700'000'000'000;
  const std::string text = ToJson(report);
  EXPECT_EQ(text.find('\n'), std::string::npos);
  const nlohmann::json json = nlohmann::json::parse(text);
  EXPECT_EQ(json["audit"], "violated");
  EXPECT_EQ(json["seconds"], 1.5);
  EXPECT_EQ(json["figures"]["stock_left"], 6);
  EXPECT_EQ(json["figures"]["orders_by_status"]["COMPLETED"], 3);
  ASSERT_EQ(json["invariants"].size(), 3u);
  EXPECT_EQ(json["invariants"][0]["ok"], true);
  EXPECT_EQ(json["invariants"][0]["compared"], 7);
  EXPECT_EQ(json["invariants"][0]["checked_at"], 1'700'000'000'000);
  EXPECT_EQ(json["invariants"][1]["offenders"], (std::vector<std::string>{"offender 1", "offender 2"}));
  EXPECT_EQ(json["invariants"][2]["skipped"], true);
  EXPECT_EQ(json["invariants"][2]["why_skipped"], "the source is away");
}

TEST(ReportTest, JsonReplacesBytesThatAreNoText) {
  Report report{{Violated("I1", 0)}, {}, 0};
  report.invariants[0].offenders.push_back("sku \xff");
  EXPECT_TRUE(nlohmann::json::accept(ToJson(report)));
}

TEST(ReportTest, TextNamesOffendersUpToTheLimitAndCountsTheRest) {
  const std::string text = ToText({{Violated("I1", 5)}, {}, 0}, 2);
  EXPECT_NE(text.find("5 OFFENDERS"), std::string::npos);
  EXPECT_NE(text.find("offender 2\n"), std::string::npos);
  EXPECT_EQ(text.find("offender 3"), std::string::npos);
  EXPECT_NE(text.find("... and 3 more"), std::string::npos);
  EXPECT_NE(text.find("audit: violated"), std::string::npos);
}

TEST(ReportTest, TextSaysWhyAnInvariantCouldNotBeChecked) {
  const std::string text = ToText({{Unchecked("I7")}, {}, 0});
  EXPECT_NE(text.find("NOT CHECKED"), std::string::npos);
  EXPECT_NE(text.find("the source is away"), std::string::npos);
  EXPECT_NE(text.find("audit: incomplete"), std::string::npos);
}

}  // namespace
}  // namespace souk::audit
