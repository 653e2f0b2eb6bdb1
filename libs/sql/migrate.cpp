#include "libs/sql/migrate.hpp"

#include <map>
#include <thread>

#include "libs/base/hash.hpp"
#include "libs/base/random.hpp"
#include "libs/observability/log.hpp"

namespace souk::sql {
namespace {

constexpr const char* kSchema = R"(
CREATE TABLE IF NOT EXISTS schema_migrations (
  name TEXT PRIMARY KEY,
  checksum TEXT NOT NULL,
  applied_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS schema_migration_lease (
  id INT8 PRIMARY KEY,
  holder TEXT NOT NULL,
  until TIMESTAMPTZ NOT NULL
);
)";

constexpr Statement kApplied{"migrations_applied", "SELECT name, checksum FROM schema_migrations"};
constexpr Statement kRecord{"migrations_record", "INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)"};
// A table holds the lease, not an advisory lock: CockroachDB's advisory locks do nothing.
constexpr Statement kTakeLease{"migrations_lease",
                               "INSERT INTO schema_migration_lease (id, holder, until) VALUES (1, $1, now() + INTERVAL '30 seconds') "
                               "ON CONFLICT (id) DO UPDATE SET holder = excluded.holder, until = excluded.until "
                               "WHERE schema_migration_lease.until < now() OR schema_migration_lease.holder = excluded.holder "
                               "RETURNING holder"};
constexpr Statement kDropLease{"migrations_release", "DELETE FROM schema_migration_lease WHERE holder = $1"};

Result<void> CreateTables(Connection& connection) {
  Result<void> created;
  for (int attempt = 0; attempt < 20; ++attempt) {
    created = connection.Script(kSchema);
    // Two instances that create the same table at once: PostgreSQL lets one fail in spite of IF NOT EXISTS.
    if (created.ok() || created.error().code == ErrorCode::kUnavailable) return created;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return created;
}

Result<void> TakeLease(Connection& connection, const std::string& holder) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < give_up) {
    SOUK_ASSIGN_OR_RETURN(const Rows rows, connection.Query(kTakeLease, {holder}));
    if (!rows.empty()) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return MakeError(ErrorCode::kUnavailable, "another instance has held the migration lease for 60 s; delete the row of schema_migration_lease if that instance is gone");
}

Result<void> RunOne(Connection& connection, const Migration& migration, const std::string& checksum) {
  log::Info("migrating", {{"file", migration.name}});
  return connection.Run([&](Tx& tx) -> Result<void> {
    tx.ExecScript(migration.text);
    tx.Exec(kRecord, {migration.name, checksum});
    return {};
  });
}

Result<void> RunAll(Connection& connection, const std::vector<Migration>& migrations) {
  SOUK_ASSIGN_OR_RETURN(const Rows rows, connection.Query(kApplied));
  std::map<std::string, std::string> applied;
  rows.ForEach([&](const Row& row) { applied[row.Text(0)] = row.Text(1); });
  for (const Migration& migration : migrations) {
    const std::string checksum = Sha256Hex(migration.text);
    const auto found = applied.find(migration.name);
    if (found == applied.end()) {
      SOUK_RETURN_IF_ERROR(RunOne(connection, migration, checksum));
    } else if (found->second != checksum) {
      return MakeError(ErrorCode::kFailedPrecondition, "migration " + migration.name +
                           " was changed after it had been applied; write a new file instead", "MIGRATION_CHANGED");
    }
  }
  return {};
}

}  // namespace

Result<void> Migrate(Connection& connection, const std::vector<Migration>& migrations) {
  SOUK_RETURN_IF_ERROR(CreateTables(connection));
  SystemRandom random;
  const std::string holder = NewUuidV7(SystemClock(), random).ToString();
  SOUK_RETURN_IF_ERROR(TakeLease(connection, holder));
  const Result<void> result = RunAll(connection, migrations);
  if (auto dropped = connection.Query(kDropLease, {holder}); !dropped.ok()) {
    log::Warn("the migration lease was not given back and ends by itself in 30 s", {log::Why(dropped.error())});
  }
  return result;
}

}  // namespace souk::sql
