#include "libs/outbox/parking_lot.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "libs/outbox/migrations.hpp"
#include "libs/sql/migrate.hpp"
#include "libs/testing/test_database.hpp"

namespace souk::outbox {
namespace {

using kafka::Place;

/// What every ParkingLot has to keep, on both.
template <class Kit>
class ParkingLotTest : public ::testing::Test {
 protected:
  Kit kit;
};

class MemoryKit {
 public:
  kafka::ParkingLot& lot() { return lot_; }
  kafka::ParkingLot& other() { return lot_; }

 private:
  kafka::MemoryParkingLot lot_;
};

class SqlKit {
 public:
  SqlKit() {
    sql::Connection connection({.url = database_.url()});
    EXPECT_TRUE(sql::Migrate(connection, Migrations()).ok());
  }
  kafka::ParkingLot& lot() { return lot_; }
  kafka::ParkingLot& other() { return other_; }

 private:
  souk::testing::TestDatabase database_{"parking"};
  SqlParkingLot lot_{{.url = database_.url()}, "g.one"};
  SqlParkingLot other_{{.url = database_.url()}, "g.one"};
};

using Kits = ::testing::Types<MemoryKit, SqlKit>;
TYPED_TEST_SUITE(ParkingLotTest, Kits);

TYPED_TEST(ParkingLotTest, KeepsTheQueueOfAKeyUntilTheLastHasLeft) {
  kafka::ParkingLot& lot = this->kit.lot();
  const Place first{"t", 2, 10}, second{"t", 2, 11};
  EXPECT_FALSE(*lot.Follow("a", second)) << "nothing to follow";
  EXPECT_TRUE(*lot.Park("a", first, "bad"));
  EXPECT_TRUE(*lot.Park("a", first, "bad")) << "again";
  EXPECT_TRUE(*this->kit.other().Follow("a", second));
  EXPECT_EQ(*lot.Keys(), std::set<std::string>{"a"});
  EXPECT_TRUE(*lot.IsFirst("a", first));
  EXPECT_FALSE(*lot.IsFirst("a", second));
  EXPECT_TRUE(*lot.IsFirst("a", Place{"other", 2, 99})) << "the order of another partition is another order";
  ASSERT_TRUE(this->kit.other().Leave("a", first).ok());
  EXPECT_TRUE(*lot.IsFirst("a", second));
  EXPECT_TRUE(*lot.Follow("a", Place{"t", 2, 12}));
  ASSERT_TRUE(lot.Leave("a", second).ok());
  ASSERT_TRUE(lot.Leave("a", Place{"t", 2, 12}).ok());
  EXPECT_TRUE(lot.Keys()->empty());
  EXPECT_FALSE(*lot.Follow("a", Place{"t", 2, 13}));
}

TYPED_TEST(ParkingLotTest, WhatHasLeftIsNotParkedAgain) {
  kafka::ParkingLot& lot = this->kit.lot();
  ASSERT_TRUE(*lot.Park("a", {"t", 0, 1}, "bad"));
  ASSERT_TRUE(lot.Leave("a", {"t", 0, 1}).ok());
  EXPECT_FALSE(*lot.Park("a", {"t", 0, 1}, "bad"));
  EXPECT_TRUE(lot.Keys()->empty());
}

TYPED_TEST(ParkingLotTest, TakesKeysAndTopicsOfAnyBytes) {
  kafka::ParkingLot& lot = this->kit.lot();
  const std::string key("\xff\0%41 'quoted'", 15);
  ASSERT_TRUE(*lot.Park(key, {"t\xfe", 0, 1}, "\xff bad"));
  ASSERT_TRUE(*lot.Park("%41", {"t", 0, 2}, "bad"));
  EXPECT_EQ(*lot.Keys(), (std::set<std::string>{key, "%41"}));
  EXPECT_FALSE(*lot.Follow("A", {"t", 0, 3})) << "two keys stay two";
  ASSERT_TRUE(lot.Leave(key, {"t\xfe", 0, 1}).ok());
  EXPECT_EQ(*lot.Keys(), std::set<std::string>{"%41"});
}

TYPED_TEST(ParkingLotTest, NobodyIsLeftBehindWhenTheLastLeavesWhileAnotherFollows) {
  for (int i = 0; i < 30; ++i) {
    const std::string key = "k" + std::to_string(i);
    const Place first{"t", 0, 2 * i}, second{"t", 0, 2 * i + 1};
    ASSERT_TRUE(*this->kit.lot().Park(key, first, "bad"));
    bool followed = false;
    std::thread follower([&] { followed = *this->kit.other().Follow(key, second); });
    ASSERT_TRUE(this->kit.lot().Leave(key, first).ok());
    follower.join();
    EXPECT_EQ(this->kit.lot().Keys()->contains(key), followed) << "parked exactly when it was told so";
    ASSERT_TRUE(this->kit.lot().Leave(key, second).ok());
  }
}

}  // namespace
}  // namespace souk::outbox
