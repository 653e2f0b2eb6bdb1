#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "libs/outbox/outbox.hpp"
#include "libs/sql/connection.hpp"
#include "libs/sql/pool.hpp"
#include "services/fulfillment/app/batch.hpp"

namespace souk::fulfillment {

/// Applies each batch in one SERIALIZABLE transaction: message ids, states, tracking and outbox.
class SqlShipmentStore final : public ShipmentStore {
 public:
  using HandOff = std::function<void(std::vector<outbox::OutboxRecord>)>;

  /// `hand_off` gets the events of each batch right after its commit (the relay's fast path).
  SqlShipmentStore(sql::ConnectionConfig config, HandOff hand_off)
      : connection_(std::move(config)), hand_off_(std::move(hand_off)) {}

  Result<void> Apply(std::span<Work> works) override;

 private:
  std::mutex mutex_;
  sql::Connection connection_;
  const HandOff hand_off_;
};

class SqlShipmentView final : public ShipmentView {
 public:
  explicit SqlShipmentView(sql::Pool& pool) : pool_(pool) {}
  Result<ShipmentDetails> Get(ShipmentId id) override;
  Result<ShipmentDetails> Track(const std::string& tracking_code) override;
  Result<std::vector<DueStep>> Due(SystemTime now, int limit) override;

 private:
  Result<ShipmentDetails> Find(const sql::Statement& statement, const sql::Param& key);
  sql::Pool& pool_;
};

}  // namespace souk::fulfillment
