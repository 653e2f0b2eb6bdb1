#include "services/products/adapters/sql_product_store.hpp"

#include "libs/sql/migrate.hpp"
#include "libs/testing/test_database.hpp"
#include "services/products/app/product_store_contract.hpp"
#include "services/products/migrations.hpp"

namespace souk::products {
namespace {

constexpr sql::Statement kOutbox{"test_outbox", R"(
SELECT aggregate_version FROM outbox WHERE aggregate_id = $1 AND topic = 'products.product.events.v1' ORDER BY aggregate_version)"};

class SqlFixture {
 public:
  SqlFixture() : database_("products"), connection_({.url = database_.url()}), pool_({.url = database_.url()}, 2), view_(pool_) {
    const Result<void> migrated = sql::Migrate(connection_, Migrations());
    EXPECT_TRUE(migrated.ok()) << (migrated.ok() ? "" : migrated.error().message);
  }

  std::unique_ptr<ProductStore> NewInstance() { return std::make_unique<SqlProductStore>(sql::ConnectionConfig{.url = database_.url()}, nullptr); }
  ProductView& view() { return view_; }
  std::vector<std::int64_t> EventVersions(const std::string& sku) {
    std::vector<std::int64_t> versions;
    const auto rows = connection_.Query(kOutbox, {sku});
    EXPECT_TRUE(rows.ok());
    rows->ForEach([&](const sql::Row& row) { versions.push_back(row.Int(0)); });
    return versions;
  }
  Content Poison(Content content) {
    EXPECT_TRUE(connection_.Script("ALTER TABLE products ADD CONSTRAINT poison CHECK (sku <> '" + content.sku + "')").ok());
    return content;
  }

 private:
  testing::TestDatabase database_;
  sql::Connection connection_;
  sql::Pool pool_;
  SqlProductView view_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sql, ProductStoreContract, SqlFixture);

}  // namespace
}  // namespace souk::products
