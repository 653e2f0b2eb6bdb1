#pragma once

#include <string>
#include <vector>

#include "libs/sql/connection.hpp"

namespace souk::sql {

/// One numbered file of a service's migrations folder, embedded in the binary by souk_embed_sql().
struct Migration {
  std::string name;  ///< file name without folder, e.g. "0001_orders.sql"; the order of names is the order of running
  std::string text;
};

/// Brings the schema up to date: runs each migration that is not recorded yet, each in one transaction with its record. Several instances may call it at
/// once: a lease row lets one work while the others wait. kFailedPrecondition when a recorded migration's text has changed since.
Result<void> Migrate(Connection& connection, const std::vector<Migration>& migrations);

}  // namespace souk::sql
