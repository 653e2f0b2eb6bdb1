#include "libs/redis/slot_map.hpp"

#include <gtest/gtest.h>

#include "libs/redis/resp.hpp"

namespace souk::redis {
namespace {

const Endpoint kAsked{"10.0.0.9", 7000};

Reply Number(std::int64_t value) { return {.kind = Reply::Kind::kInteger, .integer = value, .text = {}, .items = {}}; }
Reply Text(std::string value) { return {.kind = Reply::Kind::kString, .integer = 0, .text = std::move(value), .items = {}}; }
Reply List(std::vector<Reply> items) { return {.kind = Reply::Kind::kArray, .integer = 0, .text = {}, .items = std::move(items)}; }
Reply NodeReply(const std::string& host, int port) { return List({Text(host), Number(port), Text("id"), List({})}); }

Reply ThreeRanges() {
  return List({List({Number(0), Number(5460), NodeReply("a", 1), NodeReply("d", 4)}),
               List({Number(5461), Number(10922), NodeReply("b", 2), NodeReply("e", 5)}),
               List({Number(10923), Number(16383), NodeReply("c", 3)})});
}

Endpoint Owner(const SlotMap& map, std::uint16_t slot) { return map.nodes().at(map.OwnerOf(slot)).endpoint; }

TEST(SlotMapTest, TakesPrimariesAndReplicasFromClusterSlots) {
  const auto map = SlotMap::Parse(ThreeRanges(), kAsked);
  ASSERT_TRUE(map.ok());
  EXPECT_TRUE(map->Complete());
  EXPECT_EQ(Owner(*map, 0), (Endpoint{"a", 1}));
  EXPECT_EQ(Owner(*map, 5460), (Endpoint{"a", 1}));
  EXPECT_EQ(Owner(*map, 5461), (Endpoint{"b", 2}));
  EXPECT_EQ(Owner(*map, 16383), (Endpoint{"c", 3}));
  EXPECT_EQ(map->nodes().size(), 5U);
  EXPECT_EQ(map->Primaries().size(), 3U);
  EXPECT_EQ(map->SlotsOf(map->OwnerOf(0)), 5461U);
}

TEST(SlotMapTest, MovedChangesOneSlotOnly) {
  auto map = *SlotMap::Parse(ThreeRanges(), kAsked);
  map.SetOwner(7, {"b", 2});
  EXPECT_EQ(Owner(map, 7), (Endpoint{"b", 2}));
  EXPECT_EQ(Owner(map, 6), (Endpoint{"a", 1}));
  EXPECT_EQ(map.nodes().size(), 5U);
}

TEST(SlotMapTest, MovedMayNameANewNodeOrPromoteAReplica) {
  auto map = *SlotMap::Parse(ThreeRanges(), kAsked);
  EXPECT_EQ(map.SetOwner(7, {"new", 9}), 5);
  map.SetOwner(8, {"d", 4});
  EXPECT_EQ(map.Primaries().size(), 5U);
}

TEST(SlotMapTest, ANodeWithoutSlotsIsNoPrimaryAnyMore) {
  auto map = *SlotMap::Parse(List({List({Number(5), Number(5), NodeReply("a", 1)}), List({Number(6), Number(6), NodeReply("b", 2)})}), kAsked);
  map.SetOwner(5, {"b", 2});
  EXPECT_EQ(map.Primaries(), (std::vector<Endpoint>{{"b", 2}}));
}

TEST(SlotMapTest, StandsIncompleteWhileSlotsAreUnserved) {
  const auto map = SlotMap::Parse(List({List({Number(0), Number(99), NodeReply("a", 1)})}), kAsked);
  ASSERT_TRUE(map.ok());
  EXPECT_FALSE(map->Complete());
  EXPECT_EQ(map->OwnerOf(100), SlotMap::kNobody);
}

TEST(SlotMapTest, PutsTheAskedHostWhereANodeDoesNotKnowItsOwn) {
  const auto empty = SlotMap::Parse(List({List({Number(0), Number(16383), NodeReply("", 1)})}), kAsked);
  EXPECT_EQ(Owner(*empty, 1), (Endpoint{"10.0.0.9", 1}));
  const auto nil = SlotMap::Parse(List({List({Number(0), Number(16383), List({Reply{}, Number(1)})})}), kAsked);
  EXPECT_EQ(Owner(*nil, 1), (Endpoint{"10.0.0.9", 1}));
}

TEST(SlotMapTest, RefusesOtherForms) {
  for (const auto& reply : {Text("OK"), List({Text("x")}), List({List({Number(0), Number(1)})}),
                            List({List({Number(-1), Number(1), NodeReply("a", 1)})}),
                            List({List({Number(0), Number(16384), NodeReply("a", 1)})}),
                            List({List({Number(0), Number(1), NodeReply("a", 0)})})}) {
    EXPECT_FALSE(SlotMap::Parse(reply, kAsked).ok());
  }
}

TEST(SlotMapTest, RefusesANodeThatKnowsNoSlots) {
  EXPECT_EQ(SlotMap::Parse(List({}), kAsked).error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace souk::redis
