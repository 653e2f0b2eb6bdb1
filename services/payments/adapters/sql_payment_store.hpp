#pragma once

#include <functional>
#include <vector>

#include "libs/outbox/outbox.hpp"
#include "libs/sql/connection.hpp"
#include "services/payments/app/batch.hpp"

namespace souk::payments {

/// The SQL ledger. One connection, one thread: the group commit's.
class SqlPaymentStore final : public PaymentStore {
 public:
  /// `committed` gets the events of each committed batch, on the writer's thread: the relay's HandOff.
  using Committed = std::function<void(std::vector<outbox::OutboxRecord>)>;
  SqlPaymentStore(sql::ConnectionConfig config, Policy policy, Committed committed);

  Result<void> Apply(std::span<Work> works) override;

 private:
  Result<void> ApplyIn(sql::Tx& tx, std::span<Work> works, std::vector<outbox::OutboxRecord>& records) const;

  sql::Connection connection_;
  const Policy policy_;
  const Committed committed_;
};

}  // namespace souk::payments
