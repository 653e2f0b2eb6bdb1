#include "services/payments/adapters/sql_finding_store.hpp"

#include <gtest/gtest.h>

#include "libs/sql/migrate.hpp"
#include "libs/testing/test_database.hpp"
#include "services/payments/migrations.hpp"

namespace souk::payments {
namespace {

/// The same tests on both implementations of the port.
template <class Kit>
class FindingStoreTest : public ::testing::Test {
 protected:
  static SystemTime At(int second) { return FromUnixMicros(1'700'000'000'000'000) + std::chrono::seconds(second); }
  static Difference Escalated(const std::string& theirs = "succeeded") {
    return {"p1", "pi_1", "status", "VOIDED", theirs, "escalated", "money was taken"};
  }
  Kit kit;
};

class MemoryKit {
 public:
  FindingStore& store() { return store_; }

 private:
  MemoryFindingStore store_;
};
class SqlKit {
 public:
  SqlKit() {
    sql::Connection connection({.url = database_.url()});
    const Result<void> migrated = sql::Migrate(connection, Migrations());
    EXPECT_TRUE(migrated.ok()) << (migrated.ok() ? "" : migrated.error().message);
  }
  FindingStore& store() { return store_; }

 private:
  souk::testing::TestDatabase database_{"findings"};
  sql::Pool pool_{{.url = database_.url()}, 2};
  SqlFindingStore store_{pool_};
};

using Kits = ::testing::Types<MemoryKit, SqlKit>;
TYPED_TEST_SUITE(FindingStoreTest, Kits);

TYPED_TEST(FindingStoreTest, KeepsAFindingOnceAndRenewsIt) {
  FindingStore& store = this->kit.store();
  ASSERT_TRUE(store.Keep({this->Escalated()}, this->At(1)).ok());
  ASSERT_TRUE(store.Keep({this->Escalated()}, this->At(5)).ok());
  const auto list = store.List(false, 10);
  ASSERT_EQ(list->size(), 1u);
  EXPECT_EQ((*list)[0].difference, this->Escalated());
  EXPECT_EQ((*list)[0].first_seen, this->At(1));
  EXPECT_EQ((*list)[0].last_seen, this->At(5));
  Difference settled = this->Escalated();
  settled.resolution = "agrees";
  ASSERT_TRUE(store.Keep({settled}, this->At(6)).ok());
  EXPECT_TRUE(store.List(false, 10)->empty());
  EXPECT_EQ(store.List(true, 10)->size(), 1u);
}

TYPED_TEST(FindingStoreTest, WhatWasAcceptedStaysAcceptedUntilItChanges) {
  FindingStore& store = this->kit.store();
  ASSERT_TRUE(store.Keep({this->Escalated()}, this->At(1)).ok());
  const auto accepted = store.Accept(this->Escalated().id(), "ada", "known");
  ASSERT_TRUE(accepted.ok());
  EXPECT_EQ(accepted->decided_by, "ada");
  ASSERT_TRUE(store.Keep({this->Escalated()}, this->At(2)).ok());
  EXPECT_TRUE(store.List(false, 10)->empty());
  ASSERT_TRUE(store.Keep({this->Escalated("requires_capture")}, this->At(3)).ok());
  EXPECT_EQ(store.List(false, 10)->size(), 1u);
  EXPECT_EQ(store.Accept(Uuid::FromName("no", "such"), "ada", "x").error().code, ErrorCode::kNotFound);
}

TYPED_TEST(FindingStoreTest, GivesATurnToOneInstancePerInterval) {
  FindingStore& store = this->kit.store();
  const auto first = store.TakeTurn(this->At(0), std::chrono::seconds(60));
  ASSERT_TRUE(first->has_value());
  EXPECT_FALSE((*first)->covered_until.has_value());
  EXPECT_FALSE(store.TakeTurn(this->At(1), std::chrono::seconds(60))->has_value());
  ASSERT_TRUE(store.Covered(this->At(0)).ok());
  const auto next = store.TakeTurn(this->At(61), std::chrono::seconds(60));
  ASSERT_TRUE(next->has_value());
  EXPECT_EQ((*next)->covered_until, this->At(0));
}

}  // namespace
}  // namespace souk::payments
