#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <pqxx/pqxx>

#include "libs/base/clock.hpp"
#include "libs/base/money.hpp"
#include "libs/base/result.hpp"
#include "libs/base/uuid.hpp"

namespace souk::sql {

/// A PostgreSQL array literal being built: one column of an UNNEST statement.
/// Text form, because libpqxx 6 has no binary parameters.
class Array {
 public:
  Array() { text_ = "{"; }
  void Add(std::int64_t value);
  void Add(int value) { Add(static_cast<std::int64_t>(value)); }
  void Add(bool value);
  void Add(const Uuid& value);
  void Add(std::string_view value);  ///< text, quoted and escaped
  void Add(const char* value) { Add(std::string_view(value)); }
  void Add(const std::string& value) { Add(std::string_view(value)); }
  void Add(SystemTime value);
  void AddBytes(std::string_view value);  ///< bytea, in hex
  void AddNull();
  template <class T>
  void Add(const std::optional<T>& value) {
    if (value) {
      Add(*value);
    } else {
      AddNull();
    }
  }
  std::string Text() const { return text_ + "}"; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  void Separate();
  std::string text_;
  std::size_t size_ = 0;
};

/// One parameter of a statement, in text form.
class Param {
 public:
  Param(const Array& array) : text_(array.Text()) {}              // NOLINT: implicit by design
  Param(std::string_view text) : text_(text) {}                   // NOLINT
  Param(const std::string& text) : text_(text) {}                 // NOLINT
  Param(const char* text) : text_(text) {}                        // NOLINT
  Param(std::int64_t value) : text_(std::to_string(value)) {}     // NOLINT
  Param(int value) : text_(std::to_string(value)) {}              // NOLINT
  Param(bool value) : text_(value ? "true" : "false") {}          // NOLINT
  Param(const Uuid& value) : text_(value.ToString()) {}           // NOLINT
  Param(SystemTime value);                                        // NOLINT
  Param(std::nullopt_t) : null_(true) {}                          // NOLINT
  static Param Bytes(std::string_view value);  ///< bytea
  bool null() const { return null_; }
  const std::string& text() const { return text_; }

 private:
  Param() = default;
  std::string text_;
  bool null_ = false;
};

/// Typed reads of one row, by column number. A NULL in a non-optional read is a defect (CHECK).
class Row {
 public:
  explicit Row(pqxx::row row) : row_(std::move(row)) {}
  std::int64_t Int(int column) const;
  bool Bool(int column) const;
  std::string Text(int column) const;
  std::string_view View(int column) const;
  Uuid Id(int column) const;
  SystemTime Time(int column) const;
  std::string Bytes(int column) const;
  bool IsNull(int column) const;
  std::optional<SystemTime> OptionalTime(int column) const;

 private:
  pqxx::row row_;
};

class Rows {
 public:
  explicit Rows(pqxx::result result) : result_(std::move(result)) {}
  std::size_t size() const { return static_cast<std::size_t>(result_.size()); }
  bool empty() const { return result_.empty(); }
  std::int64_t affected() const { return static_cast<std::int64_t>(result_.affected_rows()); }
  Row operator[](std::size_t i) const { return Row(result_[static_cast<pqxx::result::size_type>(i)]); }
  template <class F>
  void ForEach(F&& f) const {
    for (std::size_t i = 0; i < size(); ++i) f((*this)[i]);
  }

 private:
  pqxx::result result_;
};

/// A statement with a name of its own: prepared once per connection, on first use. Keep them as constants in the
/// adapter's statements file, so that the dialect test sees every SQL text.
struct Statement {
  const char* name;
  const char* text;
};

class Connection;

/// One open transaction. Throws pqxx exceptions; RunTransaction converts them.
class Tx {
 public:
  Rows Exec(const Statement& statement, const std::vector<Param>& params = {});

  /// Several statements in one text, without parameters.
  void ExecScript(const std::string& text);

 private:
  friend class Connection;
  Tx(Connection& connection, pqxx::transaction_base& transaction)
      : connection_(connection), transaction_(transaction) {}
  Connection& connection_;
  pqxx::transaction_base& transaction_;
};

enum class Isolation { kSerializable, kReadCommitted };

struct ConnectionConfig {
  std::string url;  ///< postgres URL or key=value string; the only place that knows where the engine is
  std::string application_name;
  std::chrono::milliseconds connect_timeout{2000};
  std::chrono::milliseconds statement_timeout{10000};
  int attempts_max = 12;  ///< of one transaction, on 40001 and its kin
  /// Keeps the planner from sequential scans: under SERIALIZABLE they lock the whole table against every writer.
  bool index_scans_only = true;
  /// Plans each execution for its values. Dear for a statement of one row; for one that names hundreds of keys in an array it pays: only a constant
  /// array is hashed, a parameter is compared one by one with every row.
  bool plans_for_values = false;
};

/// One connection, used by one thread at a time. Reconnects by itself when it was lost.
class Connection {
 public:
  explicit Connection(ConnectionConfig config);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Runs `body` inside a transaction and commits. `body` must be pure but for its Tx: it runs again, with back-off
  /// and jitter, on serialization failures (40001, 40P01). Errors: kUnavailable (engine away, reason "SQL_UNAVAILABLE"),
  /// kAborted (attempts used up), kInternal (SQL is wrong, constraint violated); reason "COMMIT_UNKNOWN" (kUnavailable) when the
  /// connection broke during COMMIT: the caller must look up whether its effect is there, by its unique key.
  /// An Error returned by `body` rolls back and is returned as it is.
  Result<void> Run(const std::function<Result<void>(Tx&)>& body, Isolation isolation = Isolation::kSerializable);

  /// One statement in its own READ COMMITTED transaction.
  Result<Rows> Query(const Statement& statement, const std::vector<Param>& params = {});

  /// Many statements separated by semicolons, as in a migration file, in one transaction.
  Result<void> Script(const std::string& text);

  bool Connected() const;

 private:
  friend class Tx;
  Result<void> Ensure();
  Rows ExecPrepared(pqxx::transaction_base& transaction, const Statement& statement, const std::vector<Param>& params);
  ConnectionConfig config_;
  std::unique_ptr<pqxx::connection> connection_;
  std::unordered_set<std::string> prepared_;
};

}  // namespace souk::sql
