#include "services/payments/adapters/sql_payment_store.hpp"

#include "libs/sql/migrate.hpp"
#include "libs/testing/test_database.hpp"
#include "services/payments/adapters/sql_payment_reader.hpp"
#include "services/payments/app/payment_store_contract.hpp"
#include "services/payments/migrations.hpp"

namespace souk::payments {
namespace {

constexpr sql::Statement kVersions{"test_versions", "SELECT aggregate_version FROM outbox WHERE aggregate_id = $1::TEXT ORDER BY aggregate_version"};
constexpr sql::Statement kBalances{"test_balances", "SELECT account, sum(amount)::INT8 FROM ledger_entries GROUP BY account"};

class SqlFixture {
 public:
  SqlFixture() {
    const auto migrated = sql::Migrate(connection_, Migrations());
    EXPECT_TRUE(migrated.ok()) << (migrated.ok() ? "" : migrated.error().message);
  }
  std::unique_ptr<PaymentStore> NewInstance() {
    return std::make_unique<SqlPaymentStore>(sql::ConnectionConfig{.url = database_.url()}, Policy{}, nullptr);
  }
  PaymentReader& reader() { return reader_; }
  std::vector<std::int64_t> EventVersions(const Uuid& id) {
    std::vector<std::int64_t> versions;
    connection_.Query(kVersions, {id.ToString()}).value().ForEach([&](const sql::Row& row) { versions.push_back(row.Int(0)); });
    return versions;
  }
  std::map<std::string, std::int64_t> Balances() {
    std::map<std::string, std::int64_t> balances;
    connection_.Query(kBalances).value().ForEach([&](const sql::Row& row) { balances[row.Text(0)] = row.Int(1); });
    return balances;
  }
  /// Bytes that are no UTF-8 can't be stored as text.
  void Poison(std::vector<Work>& works, PaymentStore&) {
    Work poison;
    poison.payment_id = Uuid::FromName("payment", "poison");
    poison.now = works[0].now;
    poison.input = Authorize{{1000, "GBP"}, "pm_\xff\xfe", ""};
    works.push_back(std::move(poison));
  }
  void Heal() {}

 private:
  testing::TestDatabase database_{"payments_store"};
  sql::Connection connection_{{.url = database_.url()}};
  sql::Pool pool_{{.url = database_.url()}, 2};
  SqlPaymentReader reader_{pool_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sql, PaymentStoreContract, SqlFixture);

}  // namespace
}  // namespace souk::payments
