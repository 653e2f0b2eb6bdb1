#include "services/fulfillment/adapters/sql_shipment_store.hpp"

#include "libs/kafka/envelope.hpp"
#include "libs/sql/migrate.hpp"
#include "libs/testing/test_database.hpp"
#include "services/fulfillment/app/shipment_store_contract.hpp"
#include "services/fulfillment/migrations.hpp"

namespace souk::fulfillment {
namespace {

constexpr sql::Statement kOutbox{"test_outbox", R"(
SELECT aggregate_id, headers FROM outbox ORDER BY aggregate_id, aggregate_version)"};

class SqlFixture {
 public:
  SqlFixture()
      : database_("fulfillment"),
        connection_({.url = database_.url()}),
        pool_({.url = database_.url()}, 2),
        view_(pool_) {
    const Result<void> migrated = sql::Migrate(connection_, Migrations());
    EXPECT_TRUE(migrated.ok()) << (migrated.ok() ? "" : migrated.error().message);
  }

  std::unique_ptr<ShipmentStore> NewInstance() {
    return std::make_unique<SqlShipmentStore>(sql::ConnectionConfig{.url = database_.url()}, nullptr);
  }
  ShipmentView& view() { return view_; }

  std::vector<std::pair<ShipmentId, std::string>> Events() {
    std::vector<std::pair<ShipmentId, std::string>> events;
    const auto rows = connection_.Query(kOutbox);
    EXPECT_TRUE(rows.ok());
    static const std::string kPrefix = "souk.fulfillment.v1.";
    rows->ForEach([&](const sql::Row& row) {
      const std::string headers = row.Text(1);
      const std::size_t from = headers.find(kPrefix) + kPrefix.size();
      events.emplace_back(
          *ShipmentId::Parse(row.Text(0)),
          headers.substr(
              from, headers.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", from) - from));
    });
    return events;
  }

  /// Text that no SQL engine takes as UTF-8.
  Work Poison(Work work) {
    std::get<CreateShipment>(work.command).label = std::string("\xff\xfe");
    return work;
  }
  void Heal() {}

 private:
  testing::TestDatabase database_;
  sql::Connection connection_;
  sql::Pool pool_;
  SqlShipmentView view_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sql, ShipmentStoreContract, SqlFixture);

}  // namespace
}  // namespace souk::fulfillment
