#include "libs/redis/slot.hpp"

#include <gtest/gtest.h>

namespace souk::redis {
namespace {

TEST(KeySlotTest, MatchesTheVectorsOfTheClusterSpecification) {
  EXPECT_EQ(KeySlot("123456789"), 0x31C3 % kSlotCount);
  EXPECT_EQ(KeySlot(""), 0);
  EXPECT_EQ(KeySlot("foo"), 12182);
  EXPECT_EQ(KeySlot("bar"), 5061);
  EXPECT_EQ(KeySlot("hello"), 866);
}

TEST(KeySlotTest, HashesOnlyTheFirstNonEmptyTag) {
  EXPECT_EQ(KeySlot("{user1000}.following"), KeySlot("user1000"));
  EXPECT_EQ(KeySlot("{user1000}.followers"), KeySlot("{user1000}.following"));
  EXPECT_EQ(KeySlot("foo{{bar}}zap"), KeySlot("{bar"));
  EXPECT_EQ(KeySlot("foo{bar}{zap}"), KeySlot("bar"));
  EXPECT_EQ(KeySlot("stock:{A1:0}"), KeySlot("A1:0"));
}

TEST(KeySlotTest, HashesTheWholeKeyWhenTheTagIsEmptyOrOpen) {
  EXPECT_NE(KeySlot("foo{}{bar}"), KeySlot("bar"));
  EXPECT_EQ(KeySlot("foo{}{bar}"), 8363);
  EXPECT_NE(KeySlot("foo{bar"), KeySlot("bar"));
  EXPECT_NE(KeySlot("}foo{"), KeySlot("foo"));
}

TEST(KeySlotTest, TakesAnyBytes) {
  const std::string_view bytes("\0\xff\x80{\0}\n", 7);
  EXPECT_EQ(KeySlot(bytes), KeySlot(std::string_view("\0", 1)));
}

}  // namespace
}  // namespace souk::redis
