#include "services/payments/adapters/sql_payment_reader.hpp"

#include "services/payments/adapters/sql_rows.hpp"
#include "services/payments/adapters/statements.hpp"

namespace souk::payments {
namespace {
constexpr std::chrono::seconds kPatience{5};
}  // namespace

Result<sql::Rows> SqlPaymentReader::Query(const sql::Statement& statement, const std::vector<sql::Param>& params) {
  SOUK_ASSIGN_OR_RETURN(auto lease, pool_.Acquire(std::chrono::steady_clock::now() + kPatience));
  return lease->Query(statement, params);
}

Result<std::vector<Aggregate>> SqlPaymentReader::Get(const std::vector<Uuid>& ids) {
  sql::Array wanted;
  for (const Uuid& id : ids) wanted.Add(id);
  std::vector<Aggregate> found;
  SOUK_ASSIGN_OR_RETURN(auto lease, pool_.Acquire(std::chrono::steady_clock::now() + kPatience));
  const auto load = [&](sql::Tx& tx) -> Result<void> {
    found = LoadAggregates([&tx](const auto& statement, const auto& params) { return tx.Exec(statement, params); }, wanted);
    return {};
  };
  SOUK_RETURN_IF_ERROR(lease->Run(load, sql::Isolation::kReadCommitted));
  return found;
}

Result<std::vector<Payment>> SqlPaymentReader::Changed(SystemTime since, const Uuid& after, int limit) {
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, Query(statements::kChangedSince, {after, since, limit}));
  std::vector<Payment> found;
  rows.ForEach([&](const sql::Row& row) { found.push_back(ReadPayment(row)); });
  return found;
}

Result<std::vector<Uuid>> SqlPaymentReader::Due(SystemTime now, int limit) {
  std::vector<Uuid> found;
  for (const sql::Statement* statement : {&statements::kDuePayments, &statements::kDueRefunds}) {
    SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, Query(*statement, {now, limit}));
    rows.ForEach([&](const sql::Row& row) { found.push_back(row.Id(0)); });
  }
  return found;
}

Result<std::vector<ParkedWebhook>> SqlPaymentReader::Parked(SystemTime oldest, int limit) {
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, Query(statements::kParkedKnown, {limit}));
  std::vector<ParkedWebhook> found;
  rows.ForEach([&](const sql::Row& row) { found.push_back({row.Id(0), row.Text(1), row.Bytes(2)}); });
  SOUK_ASSIGN_OR_RETURN(const sql::Rows gone, Query(statements::kForgetParked, {oldest}));
  (void)gone;
  return found;
}

Result<std::vector<StatusCount>> SqlPaymentReader::Stats() {
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, Query(statements::kStats, {}));
  std::vector<StatusCount> counts;
  rows.ForEach([&](const sql::Row& row) {
    counts.push_back({row.Text(0), row.Bool(1), row.Int(2), row.Int(3), row.Int(4), row.Int(5)});
  });
  return counts;
}

}  // namespace souk::payments
