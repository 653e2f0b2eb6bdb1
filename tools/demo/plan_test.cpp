#include "tools/demo/plan.hpp"

#include <gtest/gtest.h>

#include <map>

namespace souk::demo {
namespace {

RetailData Sample() { return *ReadRetailCsv({MakeSampleCsv(1, 2000)}); }

TEST(PlanTest, IsTheSameForTheSameDataAndStopsAtTheNumberAskedFor) {
  const RetailData data = Sample();
  const Plan a = MakePlan(data, 100, "id");
  const Plan b = MakePlan(data, 2000, "id");
  EXPECT_EQ(a.orders.size(), 100U);
  for (std::size_t i = 0; i < a.orders.size(); ++i) {
    EXPECT_EQ(a.orders[i].key, b.orders[i].key);
    EXPECT_EQ(a.orders[i].card, b.orders[i].card);
  }
}

TEST(PlanTest, HoldsEveryKindOfEndAndSomeShortStock) {
  const Plan plan = MakePlan(Sample(), 2000, "id");
  std::map<Card, int> cards;
  int cancels = 0, lost = 0, returns = 0;
  std::map<std::string, std::int64_t> demand;
  for (const PlannedOrder& order : plan.orders) {
    ++cards[order.card];
    cancels += order.cancel_after ? 1 : 0;
    lost += order.gets_lost ? 1 : 0;
    returns += order.returns.empty() ? 0 : 1;
    for (const Line& line : order.invoice.lines) demand[line.sku] += line.quantity;
  }
  EXPECT_EQ(cards.size(), 13U);
  EXPECT_GT(cancels, 50);
  EXPECT_GT(lost, 5);
  EXPECT_GT(returns, 5);
  EXPECT_EQ(plan.returns_matched + plan.returns_unmatched > 0, true);
  int short_products = 0;
  for (const Line& line : plan.stock) short_products += line.quantity < demand[line.sku] ? 1 : 0;
  EXPECT_GT(short_products, 0);
}

TEST(PlanTest, NeverReturnsMoreThanAnOrderHeld) {
  for (const PlannedOrder& order : MakePlan(Sample(), 2000, "id").orders) {
    std::map<std::string, std::int64_t> held;
    for (const Line& line : order.invoice.lines) held[line.sku] += line.quantity;
    for (const ReturnedLine& line : order.returns) EXPECT_LE(line.quantity, held[line.sku]);
  }
}

}  // namespace
}  // namespace souk::demo
