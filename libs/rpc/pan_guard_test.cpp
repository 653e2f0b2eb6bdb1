#include "libs/rpc/pan_guard.hpp"

#include <gtest/gtest.h>

#include "souk/testing/v1/echo.pb.h"

namespace souk::rpc {
namespace {

TEST(PanGuardTest, B74_FindsCardNumbers) {
  for (const char* text :
       {"4242424242424242", "card: 4242424242424242.", "4242 4242 4242 4242", "4242-4242-4242-4242", "378282246310005",
        "3782 822463 10005", "4222222222222", "6304000000000000000", "5555555555554444,", "(4000056655665556)",
        "my number is 12 4242 4242 4242 4242", "a-4242424242424242"}) {
    EXPECT_TRUE(ContainsPan(text)) << text;
  }
}

TEST(PanGuardTest, LeavesOtherNumbersAlone) {
  for (const char* text :
       {"", "4242424242424241", "424242424242", "42424242424242424242", "x4242424242424242", "4242424242424242x",
        "12345678-1234-1234-1234-123456789012", "019a2f3e-4242-4242-4242-424242424242", "+4242424242424242",
        "0000000000000000", "2026-11-21 03:14:00", "tok_4242424242424242", "1Z999AA10123456784"}) {
    EXPECT_FALSE(ContainsPan(text)) << text;
  }
}

TEST(PanGuardTest, NamesTheFieldWhereverItIs) {
  testing::v1::EchoRequest request;
  EXPECT_EQ(FindPan(request), std::nullopt);
  request.set_id("fine");
  request.set_big(4242424242424242);  // a number field can hold an amount or a time, never a card
  EXPECT_EQ(FindPan(request), std::nullopt);
  request.add_lines();
  request.add_lines()->set_sku("4242424242424242");
  EXPECT_EQ(FindPan(request), "lines[1].sku");
}

}  // namespace
}  // namespace souk::rpc
