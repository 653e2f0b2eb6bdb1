#include "services/orders/adapters/sql_order_store.hpp"

#include "libs/sql/migrate.hpp"
#include "libs/testing/test_database.hpp"
#include "services/orders/app/order_store_contract.hpp"
#include "services/orders/migrations.hpp"

namespace souk::orders::testing {
namespace {

/// Loses its race as often as it is told, inside the transaction, the way SQL says so.
class UnluckyStore final : public OrderStore {
 public:
  explicit UnluckyStore(OrderStore& store) : store_(store) {}
  Result<void> Transact(const std::function<Result<void>(OrderTx&)>& body) override {
    return store_.Transact([&](OrderTx& tx) -> Result<void> {
      const Result<void> result = body(tx);
      if (aborts-- > 0) throw pqxx::serialization_failure("told to fail");
      return result;
    });
  }
  int aborts = 0;

 private:
  OrderStore& store_;
};

class SqlKit {
 public:
  SqlKit() {
    sql::Connection connection(Config());
    const Result<void> migrated = sql::Migrate(connection, Migrations());
    EXPECT_TRUE(migrated.ok()) << (migrated.ok() ? "" : migrated.error().message);
  }
  OrderStore& store() { return unlucky_; }
  std::shared_ptr<OrderStore> MakeStore() {
    return std::make_shared<SqlOrderStore>(Config(), contents_, std::chrono::seconds(900), [](std::vector<outbox::OutboxRecord>) {});
  }
  void AbortNext(int times) { unlucky_.aborts = times; }
  std::int64_t CountMessages(const Uuid& id) { return Count("SELECT count(*) FROM outbox WHERE aggregate_id = '" + id.ToString() + "'"); }
  std::int64_t CountTimeline(const Uuid& id) { return Count("SELECT count(*) FROM order_timeline WHERE order_id = '" + id.ToString() + "'"); }
  std::vector<Uuid> Due(SystemTime now) {
    sql::Pool pool(Config(), 1);
    const auto due = SqlOrderView(pool, contents_).Due(now, 100, std::chrono::steady_clock::now() + std::chrono::seconds(10));
    EXPECT_TRUE(due.ok());
    return due.ok() ? *due : std::vector<Uuid>();
  }

 private:
  sql::ConnectionConfig Config() const {
    sql::ConnectionConfig config;
    config.url = database_.url();
    config.index_scans_only = true;
    return config;
  }
  std::int64_t Count(const std::string& text) {
    pqxx::connection connection(database_.url());
    pqxx::nontransaction work(connection);
    return work.exec(text)[0][0].as<std::int64_t>();
  }

  souk::testing::TestDatabase database_{"orders_store"};
  ContentCache contents_{0};  // nothing is remembered: every read is a read
  SqlOrderStore sql_{Config(), contents_, std::chrono::seconds(900), [](std::vector<outbox::OutboxRecord>) {}};
  UnluckyStore unlucky_{sql_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sql, OrderStoreContract, SqlKit);

}  // namespace
}  // namespace souk::orders::testing
