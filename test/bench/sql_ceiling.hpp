#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <pqxx/pqxx>

#include "libs/base/result.hpp"

namespace souk::bench {

/// What an order costs at least when it is written the plain way: BEGIN, order, two lines, outbox row, COMMIT; five messages and five answers for
/// each transaction, so many clients, one database of its own on the fleet's SQL engine with the same durability. READ COMMITTED, the cheapest.
class SqlCeiling {
 public:
  /// Creates the scratch database, replacing one that an earlier run left behind.
  static Result<std::unique_ptr<SqlCeiling>> Create(const std::string& admin_url, int clients);
  /// Drops it.
  ~SqlCeiling();

  struct Run {
    std::int64_t in_window = 0;
    std::int64_t transactions = 0;  ///< with the warm-up
    double seconds = 0;
    double PerSecond() const { return seconds > 0 ? static_cast<double>(in_window) / seconds : 0; }
  };
  /// All clients at once, as fast as each gets its answers.
  Result<Run> Measure(std::chrono::milliseconds warm_up, std::chrono::milliseconds window);

 private:
  explicit SqlCeiling(std::string admin_url) : admin_url_(std::move(admin_url)) {}
  Result<void> Connect(int clients);

  const std::string admin_url_;
  std::vector<std::unique_ptr<pqxx::connection>> clients_;
};

}  // namespace souk::bench
