#pragma once

#include <functional>
#include <vector>

#include "libs/outbox/outbox.hpp"
#include "libs/sql/connection.hpp"
#include "libs/sql/pool.hpp"
#include "services/products/app/ports.hpp"

namespace souk::products {

/// Applies each batch in one SERIALIZABLE transaction: states, price history, keys and outbox. For one thread.
class SqlProductStore final : public ProductStore {
 public:
  using HandOff = std::function<void(std::vector<outbox::OutboxRecord>)>;

  /// `hand_off` gets the events of each batch right after its commit (the relay's fast path).
  SqlProductStore(sql::ConnectionConfig config, HandOff hand_off) : connection_(std::move(config)), hand_off_(std::move(hand_off)) {}

  Result<void> Transact(const std::function<Result<void>(ProductTx&)>& body) override;

 private:
  sql::Connection connection_;
  const HandOff hand_off_;
};

class SqlProductView final : public ProductView {
 public:
  explicit SqlProductView(sql::Pool& pool) : pool_(pool) {}
  Result<Product> Get(const Uuid& id) override;
  Result<std::vector<Product>> List(const ListQuery& query) override;
  Result<std::vector<PricePoint>> Prices(const Uuid& id) override;
  Result<Collection> GetCollection(const Uuid& id) override;
  Result<std::vector<Collection>> ListCollections(const std::optional<std::pair<std::string, Uuid>>& after, int limit) override;
  Result<std::optional<ImportState>> GetImport(const Uuid& id) override;

 private:
  Result<sql::Rows> Query(const sql::Statement& statement, const std::vector<sql::Param>& params);
  sql::Pool& pool_;
};

}  // namespace souk::products
