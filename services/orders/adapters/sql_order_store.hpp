#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "libs/outbox/outbox.hpp"
#include "libs/sql/connection.hpp"
#include "libs/sql/pool.hpp"
#include "services/orders/adapters/order_rows.hpp"
#include "services/orders/app/ports.hpp"

namespace souk::orders {

/// The store in SQL. One connection, so one user at a time: the writer.
class SqlOrderStore final : public OrderStore {
 public:
  using HandOff = std::function<void(std::vector<outbox::OutboxRecord>)>;
  /// `hand_off` gets the messages of each committed transaction; `hold` is what a stock claim is asked for.
  SqlOrderStore(sql::ConnectionConfig sql, ContentCache& cache, std::chrono::milliseconds hold, HandOff hand_off);
  Result<void> Transact(const std::function<Result<void>(OrderTx&)>& body) override;

 private:
  sql::Connection connection_;
  ContentCache& cache_;
  const std::chrono::milliseconds hold_;
  HandOff hand_off_;
};

/// Reads beside the writer, READ COMMITTED, through a pool. Every method blocks: call them on a reader thread.
class SqlOrderView {
 public:
  SqlOrderView(sql::Pool& pool, ContentCache& cache) : pool_(pool), cache_(cache) {}

  /// kNotFound when there is none.
  Result<std::shared_ptr<const Order>> Get(const Uuid& id, SteadyTime deadline);
  Result<std::vector<std::shared_ptr<const Order>>> Get(const std::vector<Uuid>& ids, SteadyTime deadline);
  struct Position {
    SystemTime placed_at;
    Uuid order_id;
  };
  /// Newest first, after `after`.
  Result<std::vector<std::shared_ptr<const Order>>> List(const std::string& customer_id, std::int64_t limit,
                                                         const std::optional<Position>& after, SteadyTime deadline);
  Result<std::vector<TimelineEntry>> Timeline(const Uuid& id, SteadyTime deadline);
  Result<std::vector<std::pair<Uuid, std::int64_t>>> Versions(const std::vector<Uuid>& ids, SteadyTime deadline);
  /// Ids of at most `limit` orders whose time to be looked at has come.
  Result<std::vector<Uuid>> Due(SystemTime now, std::int64_t limit, SteadyTime deadline);
  Result<PriceList> Prices(const std::vector<std::string>& skus, SteadyTime deadline);
  struct Count {
    std::string phase, status, reason;
    std::int64_t orders = 0;
  };
  Result<std::vector<Count>> CountByPhase(SteadyTime deadline);
  /// When the oldest order that still waits for something was placed.
  Result<std::optional<SystemTime>> OldestOpen(SteadyTime deadline);

 private:
  Result<std::vector<std::shared_ptr<const Order>>> Read(sql::Connection& connection, const std::vector<Uuid>& ids);
  sql::Pool& pool_;
  ContentCache& cache_;
};

PriceList ReadPrices(sql::Tx& tx, const std::vector<std::string>& skus);

}  // namespace souk::orders
