#include "services/fulfillment/domain/carrier_plan.hpp"

#include <gtest/gtest.h>

namespace souk::fulfillment {
namespace {

using std::chrono::milliseconds;

ShipmentId Parcel(int n) { return ShipmentId{Uuid::FromName("parcel", std::to_string(n))}; }

Label LabelOf(const CarrierPolicy& policy, int n, const Destination& to) {
  return std::get<Label>(PlanParcel(policy, Parcel(n), to));
}

// F70: the carrier is asked again after a time-out.
TEST(CarrierPlanTest, GivesTheSameLabelWhenAskedAgainF70) {
  const CarrierPolicy policy{milliseconds(1000), milliseconds(2000), 3};
  EXPECT_EQ(LabelOf(policy, 1, {"GB", ""}), LabelOf(policy, 1, {"GB", ""}));
  EXPECT_NE(LabelOf(policy, 1, {"GB", ""}).tracking_code, LabelOf(policy, 2, {"GB", ""}).tracking_code);
}

TEST(CarrierPlanTest, ServesNoAddressWithoutACountry) {
  for (const char* country : {"", "XX-NOWHERE"}) {
    EXPECT_EQ(std::get<std::string>(PlanParcel({}, Parcel(1), {country, ""})), "ADDRESS_NOT_SERVED");
  }
}

TEST(CarrierPlanTest, VariesTimesByHalf) {
  const CarrierPolicy policy{milliseconds(1000), milliseconds(2000), 0};
  bool differs = false;
  for (int n = 0; n < 200; ++n) {
    const Label label = LabelOf(policy, n, {"GB", ""});
    EXPECT_GE(label.dispatch_after, milliseconds(500));
    EXPECT_LE(label.dispatch_after, milliseconds(1500));
    EXPECT_GE(label.deliver_after, milliseconds(1000));
    EXPECT_LE(label.deliver_after, milliseconds(3000));
    EXPECT_FALSE(label.gets_lost);
    differs = differs || label.dispatch_after != LabelOf(policy, 0, {"GB", ""}).dispatch_after;
  }
  EXPECT_TRUE(differs);
}

TEST(CarrierPlanTest, LosesAboutOneInSoMany) {
  const CarrierPolicy policy{milliseconds(1), milliseconds(1), 10};
  int lost = 0;
  for (int n = 0; n < 2000; ++n) lost += LabelOf(policy, n, {"GB", ""}).gets_lost ? 1 : 0;
  EXPECT_GT(lost, 120);
  EXPECT_LT(lost, 280);
}

TEST(CarrierPlanTest, ObeysTheWordsForDemos) {
  const CarrierPolicy policy{milliseconds(1000), milliseconds(1000), 0};
  EXPECT_TRUE(LabelOf(policy, 1, {"GB", "LOSE"}).gets_lost);
  EXPECT_EQ(LabelOf(policy, 1, {"GB", "SLOW"}).dispatch_after, 20 * LabelOf(policy, 1, {"GB", ""}).dispatch_after);
}

}  // namespace
}  // namespace souk::fulfillment
