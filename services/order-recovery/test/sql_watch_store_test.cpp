#include "services/order-recovery/adapters/sql_watch_store.hpp"

#include "libs/sql/migrate.hpp"
#include "libs/testing/test_database.hpp"
#include "services/order-recovery/app/watch_store_contract.hpp"
#include "services/order-recovery/migrations.hpp"

namespace souk::recovery::testing {
namespace {

class SqlKit {
 public:
  SqlKit() {
    sql::Connection connection({.url = database_.url()});
    const Result<void> migrated = sql::Migrate(connection, Migrations());
    EXPECT_TRUE(migrated.ok()) << (migrated.ok() ? "" : migrated.error().message);
  }
  WatchStore& store() { return store_; }
  WatchStore& second() { return second_; }

 private:
  souk::testing::TestDatabase database_{"recovery"};
  sql::Pool pool_{{.url = database_.url()}, 3};
  sql::Pool other_pool_{{.url = database_.url()}, 3};
  SqlWatchStore store_{pool_};
  SqlWatchStore second_{other_pool_};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sql, WatchStoreContract, SqlKit);

}  // namespace
}  // namespace souk::recovery::testing
