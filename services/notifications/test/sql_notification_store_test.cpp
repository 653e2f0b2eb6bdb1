#include "services/notifications/adapters/sql_notification_store.hpp"

#include "libs/sql/migrate.hpp"
#include "libs/testing/test_database.hpp"
#include "services/notifications/app/notification_store_contract.hpp"
#include "services/notifications/migrations.hpp"

namespace souk::notifications {
namespace {

class SqlFixture {
 public:
  SqlFixture() : database_("notifications"), pool_({.url = database_.url()}, 2), view_(pool_) {
    sql::Connection connection({.url = database_.url()});
    const Result<void> migrated = sql::Migrate(connection, Migrations());
    EXPECT_TRUE(migrated.ok()) << (migrated.ok() ? "" : migrated.error().message);
  }

  std::unique_ptr<NotificationStore> NewInstance() {
    return std::make_unique<SqlNotificationStore>(sql::ConnectionConfig{.url = database_.url()});
  }
  NotificationView& view() { return view_; }
  /// Text that no SQL engine takes as UTF-8.
  Work Poison(Work work) {
    std::get<Announce>(work.command).notice.subject = "\xff\xfe";
    return work;
  }
  void Heal() {}

 private:
  testing::TestDatabase database_;
  sql::Pool pool_;
  SqlNotificationView view_;
};

INSTANTIATE_TYPED_TEST_SUITE_P(Sql, NotificationStoreContract, SqlFixture);

}  // namespace
}  // namespace souk::notifications
