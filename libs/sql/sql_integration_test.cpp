#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "libs/base/random.hpp"
#include "libs/sql/migrate.hpp"
#include "libs/sql/pool.hpp"

namespace souk::sql {
namespace {

// Tests run against a database of their own on the engine that SOUK_TEST_SQL names.
class SqlTest : public testing::Test {
 protected:
  void SetUp() override {
    const char* url = std::getenv("SOUK_TEST_SQL");
    ASSERT_NE(url, nullptr) << "set SOUK_TEST_SQL to the URL of a superuser, or run ./souk test";
    SystemRandom random;
    name_ = "sql_test_" + std::to_string(random.Next() % 1000000007);
    admin_ = std::make_unique<pqxx::connection>(url);
    pqxx::nontransaction(*admin_).exec("CREATE DATABASE " + name_);
    const std::string text = url;
    const std::size_t slash = text.find('/', text.find("://") + 3);
    const std::size_t query = text.find('?');
    config_.url = text.substr(0, slash) + "/" + name_ + (query == std::string::npos ? "" : text.substr(query));
  }
  void TearDown() override {
    if (admin_) pqxx::nontransaction(*admin_).exec("DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
  }

  std::string name_;
  std::unique_ptr<pqxx::connection> admin_;
  ConnectionConfig config_;
};

const std::vector<Migration> kMigrations = {
    {"0001_counter.sql", "CREATE TABLE counter (id INT8 PRIMARY KEY, value INT8 NOT NULL, data BYTEA, at TIMESTAMPTZ)"},
    {"0002_row.sql", "INSERT INTO counter (id, value) VALUES (1, 0)"}};

constexpr Statement kGet{"get", "SELECT value FROM counter WHERE id = $1"};
constexpr Statement kSet{"set", "UPDATE counter SET value = $2 WHERE id = $1"};

TEST_F(SqlTest, MigratesOnceThoughManyInstancesStartTogether) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      Connection connection(config_);
      const auto result = Migrate(connection, kMigrations);
      EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
    });
  }
  for (auto& thread : threads) thread.join();
  Connection connection(config_);
  EXPECT_EQ((*connection.Query(kGet, {1}))[0].Int(0), 0);
  auto changed = kMigrations;
  changed[1].text += " ";
  EXPECT_EQ(Migrate(connection, changed).error().reason, "MIGRATION_CHANGED");
}

// F21: a lost race is run again and its effect is there once.
TEST_F(SqlTest, F21RunsSerializationFailuresAgainWithoutLosingAnUpdate) {
  Connection setup(config_);
  ASSERT_TRUE(Migrate(setup, kMigrations).ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([this] {
      auto config = config_;
      config.attempts_max = 200;
      Connection connection(config);
      for (int n = 0; n < 25; ++n) {
        const auto result = connection.Run([](Tx& tx) -> Result<void> {
          const std::int64_t value = tx.Exec(kGet, {1})[0].Int(0);
          tx.Exec(kSet, {1, value + 1});
          return {};
        });
        EXPECT_TRUE(result.ok());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ((*setup.Query(kGet, {1}))[0].Int(0), 100);
}

/// The engine fails with `sqlstate` while it commits: a deferred trigger raises it.
Result<void> CommitFailingWith(Connection& connection, const std::string& sqlstate) {
  SOUK_RETURN_IF_ERROR(connection.Script("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'as told' USING ERRCODE = '" + sqlstate +
                                         "'; END $$; CREATE CONSTRAINT TRIGGER at_commit AFTER UPDATE ON counter DEFERRABLE INITIALLY DEFERRED "
                                         "FOR EACH ROW EXECUTE FUNCTION fail()"));
  return connection.Run([](Tx& tx) -> Result<void> {
    tx.Exec(kSet, {1, 7});
    return {};
  });
}

/// The engine fails with `sqlstate` in the middle of a transaction.
Result<void> StatementFailingWith(Connection& connection, const std::string& sqlstate) {
  return connection.Run([&](Tx& tx) -> Result<void> {
    tx.ExecScript("DO $$ BEGIN RAISE EXCEPTION 'as told' USING ERRCODE = '" + sqlstate + "'; END $$");
    return {};
  });
}

TEST_F(SqlTest, F22AnAmbiguousCommitIsUnknownAndNotRunAgain) {
  Connection connection(config_);
  ASSERT_TRUE(Migrate(connection, kMigrations).ok());
  const auto result = CommitFailingWith(connection, "40003");
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().reason, "COMMIT_UNKNOWN");
}

TEST_F(SqlTest, F79AnEngineThatGoesAwayIsUnavailable) {
  Connection connection(config_);
  ASSERT_TRUE(Migrate(connection, kMigrations).ok());
  EXPECT_EQ(StatementFailingWith(connection, "57P01").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(CommitFailingWith(connection, "57P01").error().code, ErrorCode::kUnavailable);
  EXPECT_TRUE(connection.Query(kGet, {1}).ok()) << "connects again by itself";
}

TEST_F(SqlTest, F81ADiskFullOfTheEngineIsUnavailableAndLeavesNothing) {
  Connection connection(config_);
  ASSERT_TRUE(Migrate(connection, kMigrations).ok());
  EXPECT_EQ(StatementFailingWith(connection, "53100").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(CommitFailingWith(connection, "53100").error().code, ErrorCode::kUnavailable);
  EXPECT_EQ((*connection.Query(kGet, {1}))[0].Int(0), 0);
}

TEST_F(SqlTest, RoundTripsEveryTypeThroughUnnest) {
  Connection connection(config_);
  ASSERT_TRUE(Migrate(connection, kMigrations).ok());
  static constexpr Statement kInsert{
      "insert", "INSERT INTO counter (id, value, data, at) SELECT * FROM unnest($1::INT8[], $2::INT8[], $3::BYTEA[], $4::TIMESTAMPTZ[])"};
  static constexpr Statement kRead{"read", "SELECT id, data, at FROM counter WHERE id = ANY($1::INT8[]) ORDER BY id"};
  const SystemTime time = SystemClock().Now();
  const std::string bytes("\0\x01\"\\,\xff", 6);
  Array ids, values, data, at;
  for (int i = 10; i < 12; ++i) {
    ids.Add(i);
    values.Add(i);
  }
  data.AddBytes(bytes);
  data.AddNull();
  at.Add(time);
  at.AddNull();
  ASSERT_TRUE(connection.Query(kInsert, {ids, values, data, at}).ok());
  const auto rows = connection.Query(kRead, {ids});
  ASSERT_TRUE(rows.ok());
  EXPECT_EQ((*rows)[0].Bytes(1), bytes);
  EXPECT_EQ((*rows)[0].Time(2), time);
  EXPECT_TRUE((*rows)[1].IsNull(1));
  EXPECT_FALSE((*rows)[1].OptionalTime(2));
}

TEST_F(SqlTest, AnErrorOfTheBodyRollsBackAndWrongSqlSaysSo) {
  Connection connection(config_);
  ASSERT_TRUE(Migrate(connection, kMigrations).ok());
  const auto refused = connection.Run([](Tx& tx) -> Result<void> {
    tx.Exec(kSet, {1, 99});
    return MakeError(ErrorCode::kFailedPrecondition, "no");
  });
  EXPECT_EQ(refused.error().message, "no");
  EXPECT_EQ((*connection.Query(kGet, {1}))[0].Int(0), 0);
  static constexpr Statement kWrong{"wrong", "SELECT nothing FROM nowhere"};
  EXPECT_EQ(connection.Query(kWrong).error().reason, "SQL_FAILED");
  EXPECT_TRUE(connection.Query(kGet, {1}).ok());
}

TEST_F(SqlTest, ReconnectsAfterTheServerEndedTheConnection) {
  Connection connection(config_);
  ASSERT_TRUE(Migrate(connection, kMigrations).ok());
  pqxx::nontransaction(*admin_).exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name_ + "'");
  const auto first = connection.Query(kGet, {1});
  EXPECT_TRUE(first.ok() || first.error().code == ErrorCode::kUnavailable);
  EXPECT_TRUE(connection.Query(kGet, {1}).ok());
}

TEST(SqlUnreachableTest, AnEngineThatIsAwayIsUnavailable) {
  Connection connection({.url = "postgresql://nobody@127.0.0.1:1/none"});
  static constexpr Statement kOne{"one", "SELECT 1"};
  EXPECT_EQ(connection.Query(kOne).error().reason, "SQL_UNAVAILABLE");
}

}  // namespace
}  // namespace souk::sql
