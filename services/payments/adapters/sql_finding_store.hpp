#pragma once

#include "libs/sql/pool.hpp"
#include "services/payments/app/findings.hpp"

namespace souk::payments {

class SqlFindingStore final : public FindingStore {
 public:
  explicit SqlFindingStore(sql::Pool& pool) : pool_(pool) {}

  Result<std::optional<Turn>> TakeTurn(SystemTime now, std::chrono::milliseconds interval) override;
  Result<void> Covered(SystemTime until) override;
  Result<void> Keep(const std::vector<Difference>& differences, SystemTime now) override;
  Result<std::vector<Finding>> List(bool all, int limit) override;
  Result<Finding> Accept(const Uuid& id, const std::string& who, const std::string& note) override;

 private:
  Result<sql::Pool::Lease> Connection() { return pool_.Acquire(std::chrono::steady_clock::now() + std::chrono::seconds(10)); }
  sql::Pool& pool_;
};

}  // namespace souk::payments
