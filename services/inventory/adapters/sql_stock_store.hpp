#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libs/outbox/outbox.hpp"
#include "libs/sql/connection.hpp"
#include "services/inventory/app/ports.hpp"

namespace souk::inventory {

/// The ledger in SQL. One batch is one transaction: inbox, lock what is touched, decide in memory, save by one statement
/// per table, outbox. Owned by the writer's thread; has a connection of its own.
class SqlStockStore final : public StockStore {
 public:
  using HandOff = std::function<void(std::vector<outbox::OutboxRecord>)>;
  /// `hand_off` gets the events of each committed batch. `preference` tells instances apart, so that they take units from
  /// different buckets.
  SqlStockStore(sql::ConnectionConfig config, sql::Isolation isolation, std::uint64_t preference, HandOff hand_off);

  Result<Applied> Apply(std::span<Work> works) override;

 private:
  struct Batch;
  Result<void> RunOnce(sql::Tx& tx, std::span<Work> works, Batch& batch);

  sql::Connection connection_;
  const sql::Isolation isolation_;
  const std::uint64_t preference_;
  const HandOff hand_off_;
};

}  // namespace souk::inventory
