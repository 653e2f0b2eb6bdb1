#include "libs/sql/connection.hpp"

#include <thread>

#include "libs/base/random.hpp"
#include "libs/base/time.hpp"
#include "libs/failpoint/failpoint.hpp"
#include "libs/observability/log.hpp"
#include "libs/observability/metrics.hpp"
#include "libs/sql/bad_row.hpp"

namespace souk::sql {
namespace {

// Serializable transactions only: those that change state. Statements of their own are covered by the points of their users.
failpoint::Point before_commit("sql.before_commit", failpoint::Kind::kMayFail);
failpoint::Point after_commit("sql.after_commit", failpoint::Kind::kMayFail);

metrics::Counter& Retries() {
  static auto& counter = metrics::GetCounter("souk_sql_retries_total", "Transactions run again after 40001 or a deadlock");
  return counter;
}

int HexDigit(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

// The engine's own words name hosts and ports: they belong in the log, not in an answer.
Error Unavailable(const std::string& what) {
  log::Warn("the SQL engine can't be reached", {{"why", what}});
  return MakeError(ErrorCode::kUnavailable, "the SQL engine can't be reached, try again later", "SQL_UNAVAILABLE");
}

Error CommitUnknown() {
  return MakeError(ErrorCode::kUnavailable, "the connection broke during COMMIT: its outcome is unknown", "COMMIT_UNKNOWN");
}

Error Failed(const std::string& what) {
  log::Error("SQL failed", {{"why", what}});
  return MakeError(ErrorCode::kInternal, "a statement was refused by the SQL engine; the log has its words", "SQL_FAILED");
}

// Class 57P (server is going away), 53 (no resources left), 08 (connection): the engine is away, not our SQL wrong.
bool MeansEngineAway(const std::string& sqlstate) {
  return sqlstate.rfind("57P", 0) == 0 || sqlstate.rfind("53", 0) == 0 || sqlstate.rfind("08", 0) == 0;
}

void BackOff(int attempt) {
  static SystemRandom random;
  const std::uint64_t bound_us = std::min<std::uint64_t>(100'000, 500ULL << std::min(attempt, 10));
  std::this_thread::sleep_for(std::chrono::microseconds(random.Below(bound_us)));
}

}  // namespace

Rows Tx::Exec(const Statement& statement, const std::vector<Param>& params) {
  return connection_.ExecPrepared(transaction_, statement, params);
}

Connection::Connection(ConnectionConfig config) : config_(std::move(config)) {}
Connection::~Connection() = default;

bool Connection::Connected() const { return connection_ != nullptr && connection_->is_open(); }

Result<void> Connection::Ensure() {
  if (Connected()) return {};
  connection_.reset();
  prepared_.clear();
  try {
    const auto seconds = std::max<std::int64_t>(1, config_.connect_timeout.count() / 1000);
    const bool is_url = config_.url.find("://") != std::string::npos;
    const char* separator = !is_url ? " " : (config_.url.find('?') == std::string::npos ? "?" : "&");
    const std::string options = std::string(separator) + "connect_timeout=" + std::to_string(seconds) +
                                (is_url ? "&" : " ") + "application_name=" +
                                (config_.application_name.empty() ? "souk" : config_.application_name);
    connection_ = std::make_unique<pqxx::connection>(config_.url + options);
    pqxx::nontransaction setup(*connection_);
    setup.exec("SET default_transaction_isolation TO 'read committed'");  // serializable ones say so themselves
    setup.exec("SET statement_timeout = " + std::to_string(config_.statement_timeout.count()));
    if (config_.index_scans_only) setup.exec("SET enable_seqscan = off");
    if (config_.plans_for_values) setup.exec("SET plan_cache_mode = force_custom_plan");
    return {};
  } catch (const std::exception& error) {
    connection_.reset();
    return Unavailable(error.what());
  }
}

Rows Connection::ExecPrepared(pqxx::transaction_base& transaction, const Statement& statement,
                              const std::vector<Param>& params) {
  if (prepared_.insert(statement.name).second) connection_->prepare(statement.name, statement.text);
  std::vector<const char*> texts;
  texts.reserve(params.size());
  for (const Param& param : params) texts.push_back(param.null() ? nullptr : param.text().c_str());
  return Rows(transaction.exec_prepared(statement.name, pqxx::prepare::make_dynamic_params(texts)));
}

Result<void> Connection::Run(const std::function<Result<void>(Tx&)>& body, Isolation isolation) {
  for (int attempt = 0; attempt < config_.attempts_max; ++attempt) {
    if (attempt > 0) {
      Retries().Increment();
      BackOff(attempt);
    }
    SOUK_RETURN_IF_ERROR(Ensure());
    try {
      std::unique_ptr<pqxx::transaction_base> transaction;
      if (isolation == Isolation::kSerializable) {
        transaction = std::make_unique<pqxx::transaction<pqxx::serializable>>(*connection_);
      } else {
        transaction = std::make_unique<pqxx::transaction<pqxx::read_committed>>(*connection_);
      }
      Tx tx(*this, *transaction);
      if (auto result = body(tx); !result.ok()) return result;
      const bool writes = isolation == Isolation::kSerializable;
      if (writes) SOUK_RETURN_IF_ERROR(before_commit.Try());
      transaction->commit();
      if (writes && !after_commit.Try().ok()) {
        connection_.reset();
        return CommitUnknown();
      }
      return {};
    } catch (const pqxx::in_doubt_error& error) {
      connection_.reset();
      log::Warn("the connection broke during COMMIT", {{"why", error.what()}});
      return CommitUnknown();
    } catch (const pqxx::transaction_rollback&) {
      continue;  // 40001, 40P01 and kin: the closure is pure, run it again
    } catch (const pqxx::broken_connection& error) {
      connection_.reset();
      return Unavailable(error.what());
    } catch (const pqxx::sql_error& error) {
      if (error.sqlstate().rfind("40", 0) == 0) continue;
      if (MeansEngineAway(error.sqlstate())) {
        connection_.reset();
        return Unavailable(error.what());
      }
      return Failed(std::string(error.what()) + " [" + error.sqlstate() + "]");
    } catch (const BadRow& error) {
      return MakeError(ErrorCode::kInternal, error.what(), "BAD_ROW");
    } catch (const std::exception& error) {
      const bool broken = !Connected();
      connection_.reset();
      if (broken) return Unavailable(error.what());
      return Failed(error.what());
    }
  }
  return MakeError(ErrorCode::kAborted, "the transaction lost every race, try again", "SERIALIZATION");
}

Result<Rows> Connection::Query(const Statement& statement, const std::vector<Param>& params) {
  std::optional<Rows> rows;
  SOUK_RETURN_IF_ERROR(Run(
      [&](Tx& tx) -> Result<void> {
        rows = tx.Exec(statement, params);
        return {};
      },
      Isolation::kReadCommitted));
  return std::move(*rows);
}

Result<void> Connection::Script(const std::string& text) {
  return Run([&](Tx& tx) -> Result<void> {
    tx.ExecScript(text);
    return {};
  });
}

void Tx::ExecScript(const std::string& text) { transaction_.exec(text); }

std::int64_t Row::Int(int column) const { return row_[column].as<std::int64_t>(); }
bool Row::Bool(int column) const { return row_[column].as<bool>(); }
std::string Row::Text(int column) const { return row_[column].as<std::string>(); }
std::string_view Row::View(int column) const {
  const auto field = row_[column];
  return {field.c_str(), static_cast<std::size_t>(field.size())};
}
bool Row::IsNull(int column) const { return row_[column].is_null(); }

Uuid Row::Id(int column) const {
  const auto id = Uuid::Parse(View(column));
  SOUK_CHECK(id.has_value());
  return *id;
}

SystemTime Row::Time(int column) const {
  const auto time = ParseTime(View(column));
  SOUK_CHECK(time.has_value());
  return *time;
}

std::optional<SystemTime> Row::OptionalTime(int column) const {
  if (IsNull(column)) return std::nullopt;
  return Time(column);
}

std::string Row::Bytes(int column) const {
  const std::string_view hex = View(column);
  SOUK_CHECK(hex.size() >= 2 && hex[0] == '\\' && hex[1] == 'x');
  std::string bytes;
  bytes.reserve(hex.size() / 2);
  for (std::size_t i = 2; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(HexDigit(hex[i]) * 16 + HexDigit(hex[i + 1])));
  }
  return bytes;
}

}  // namespace souk::sql
