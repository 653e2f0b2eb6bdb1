#include "services/inventory/adapters/sql_stock_store.hpp"

#include "libs/sql/migrate.hpp"
#include "libs/testing/test_database.hpp"
#include "services/inventory/migrations.hpp"
#include "services/inventory/test/stock_store_contract.hpp"

namespace souk::inventory {
namespace {

constexpr sql::Statement kLevel{"test_level",
                                "SELECT CAST(sum(received) AS INT8), CAST(sum(reserved) AS INT8), CAST(sum(sold) AS INT8), "
                                "CAST(sum(version) AS INT8) FROM stock WHERE sku = $1 HAVING count(*) > 0"};
constexpr sql::Statement kOutbox{"test_outbox", "SELECT headers FROM outbox"};
constexpr sql::Statement kDrift{"test_drift", R"(
  SELECT s.sku FROM (SELECT sku, sum(received) AS received, sum(reserved) AS reserved, sum(sold) AS sold FROM stock GROUP BY sku) s
  WHERE s.received <> (SELECT coalesce(sum(quantity), 0) FROM movements m WHERE m.sku = s.sku)
     OR s.reserved <> (SELECT coalesce(sum(l.quantity), 0) FROM reservation_lines l JOIN reservations r USING (reservation_id)
                       WHERE l.sku = s.sku AND r.status = 1)
     OR s.sold <> (SELECT coalesce(sum(l.quantity), 0) FROM reservation_lines l JOIN reservations r USING (reservation_id)
                   WHERE l.sku = s.sku AND r.status = 2))"};

template <sql::Isolation isolation>
struct SqlStoreTraits {
  SqlStoreTraits() : database("inventory_store"), connection({database.url(), "test"}) {
    const auto migrated = sql::Migrate(connection, Migrations());
    EXPECT_TRUE(migrated.ok()) << migrated.error().message;
  }
  ~SqlStoreTraits() {
    const auto drift = connection.Query(kDrift);
    EXPECT_TRUE(drift.ok() && drift->empty()) << "ledger, movements and reservations differ";
  }
  std::shared_ptr<StockStore> NewStore() {
    return std::make_shared<SqlStockStore>(sql::ConnectionConfig{database.url(), "test"}, isolation, ++instances,
                                           [](std::vector<outbox::OutboxRecord>) {});
  }
  std::optional<Level> LevelOf(const std::string& sku) {
    const auto rows = connection.Query(kLevel, {sku});
    if (!rows.ok() || rows->empty()) return std::nullopt;
    const auto row = (*rows)[0];
    return Level{sku, row.Int(0), row.Int(1), row.Int(2), row.Int(3)};
  }
  int Count(const std::string& type) {
    int count = 0;
    const auto rows = connection.Query(kOutbox);
    EXPECT_TRUE(rows.ok());
    rows->ForEach([&](const sql::Row& row) { count += row.Text(0).find(type) == std::string::npos ? 0 : 1; });
    return count;
  }
  // The outbox is written last: a batch that can't write it must take everything back.
  void AbortNext() { EXPECT_TRUE(connection.Script("ALTER TABLE outbox RENAME TO outbox_gone").ok()); }
  void AllowAll() {
    EXPECT_TRUE(connection.Script("ALTER TABLE outbox_gone RENAME TO outbox").ok());
  }
  testing::TestDatabase database;
  sql::Connection connection;
  std::uint64_t instances = 0;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Serializable, StockStoreContract, SqlStoreTraits<sql::Isolation::kSerializable>);
INSTANTIATE_TYPED_TEST_SUITE_P(ReadCommitted, StockStoreContract, SqlStoreTraits<sql::Isolation::kReadCommitted>);

}  // namespace
}  // namespace souk::inventory
