#pragma once

#include "libs/sql/pool.hpp"
#include "services/payments/app/ports.hpp"

namespace souk::payments {

/// Reads outside of the writer, READ COMMITTED, through a small pool.
class SqlPaymentReader final : public PaymentReader {
 public:
  explicit SqlPaymentReader(sql::Pool& pool) : pool_(pool) {}
  Result<std::vector<Aggregate>> Get(const std::vector<Uuid>& ids) override;
  Result<std::vector<Payment>> Changed(SystemTime since, const Uuid& after, int limit) override;
  Result<std::vector<Uuid>> Due(SystemTime now, int limit) override;
  Result<std::vector<ParkedWebhook>> Parked(SystemTime oldest, int limit) override;
  Result<std::vector<StatusCount>> Stats() override;

 private:
  Result<sql::Rows> Query(const sql::Statement& statement, const std::vector<sql::Param>& params);
  sql::Pool& pool_;
};

}  // namespace souk::payments
