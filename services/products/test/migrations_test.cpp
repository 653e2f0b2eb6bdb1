#include <gtest/gtest.h>

#include "libs/sql/migrate.hpp"
#include "libs/testing/test_database.hpp"
#include "services/products/adapters/codec.hpp"
#include "services/products/adapters/sql_product_store.hpp"
#include "services/products/app/apply_batch.hpp"
#include "services/products/migrations.hpp"

namespace souk::products {
namespace {

// What a version that only knew the first migration has written.
constexpr sql::Statement kOldProduct{"test_old_product", R"(
INSERT INTO products (product_id, sku, seller_id, name, price_minor, currency, document, version, created_at, updated_at)
VALUES ($1, 'OLD-1', '', 'Old thing', 250, 'GBP', $2, 3, '2026-01-01T00:00:00Z', '2026-02-01T00:00:00Z'))"};
constexpr sql::Statement kOldSku{"test_old_sku", "INSERT INTO skus (sku, product_id, version) VALUES ('OLD-1', $1, 3)"};

/// The number of migrations that an earlier version had.
class MigrationsTest : public ::testing::TestWithParam<std::size_t> {};

TEST_P(MigrationsTest, BringsEveryEarlierVersionUpWithItsData) {
  const testing::TestDatabase database("products_up");
  sql::Connection connection({.url = database.url()});
  const std::vector<sql::Migration>& all = Migrations();
  const std::vector<sql::Migration> earlier(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(GetParam()));
  ASSERT_TRUE(sql::Migrate(connection, earlier).ok());
  Content content;
  content.sku = "OLD-1";
  content.name = "Old thing";
  content.price = {250, "GBP"};
  const Uuid id = Uuid::FromName("test", "old");
  ASSERT_TRUE(connection.Query(kOldProduct, {id, sql::Param::Bytes(EncodeContent(content))}).ok());
  ASSERT_TRUE(connection.Query(kOldSku, {id}).ok());
  const Result<void> migrated = sql::Migrate(connection, all);
  ASSERT_TRUE(migrated.ok()) << migrated.error().message;
  ASSERT_TRUE(sql::Migrate(connection, all).ok());

  sql::Pool pool({.url = database.url()}, 1);
  SqlProductView view(pool);
  const auto product = view.Get(id);
  ASSERT_TRUE(product.ok());
  EXPECT_EQ(product->content, content);
  // Before there was a history the price that a product has is where it starts.
  if (GetParam() == 1) {
    const auto prices = view.Prices(id);
    ASSERT_TRUE(prices.ok());
    EXPECT_EQ(prices->at(0).price, content.price);
    EXPECT_EQ(prices->at(0).version, 3);
  }
  // And the old version, still running beside the new one, goes on writing.
  ASSERT_TRUE(connection.Script("UPDATE skus SET version = 4 WHERE sku = 'OLD-1'; UPDATE products SET version = 4 WHERE sku = 'OLD-1'").ok());
  SqlProductStore store({.url = database.url()}, nullptr);
  Work work;
  work.job = DeleteProductWork{id, 4};
  ASSERT_TRUE(ApplyBatch(store, SystemClock(), std::span<Work>(&work, 1)).ok());
  ASSERT_FALSE(work.outcome.error) << work.outcome.error->message;
  EXPECT_EQ(work.outcome.product->version, 5);
}
INSTANTIATE_TEST_SUITE_P(FromEach, MigrationsTest, ::testing::Range<std::size_t>(1, 6));

}  // namespace
}  // namespace souk::products
