#include "services/payments/adapters/sql_finding_store.hpp"

#include "services/payments/adapters/finding_statements.hpp"

namespace souk::payments {
namespace {

Finding ReadFinding(const sql::Row& row) {
  return {.difference = {.payment_id = row.Text(0), .provider_id = row.Text(1), .kind = row.Text(2), .ours = row.Text(3), .theirs = row.Text(4),
                         .resolution = row.Text(5), .reason = row.Text(6)},
          .first_seen = row.Time(7),
          .last_seen = row.Time(8),
          .decided_by = row.Text(9),
          .note = row.Text(10)};
}

}  // namespace

Result<std::optional<Turn>> SqlFindingStore::TakeTurn(SystemTime now, std::chrono::milliseconds interval) {
  SOUK_ASSIGN_OR_RETURN(auto connection, Connection());
  std::optional<Turn> turn;
  SOUK_RETURN_IF_ERROR(connection->Run([&](sql::Tx& tx) -> Result<void> {
    turn.reset();
    const sql::Rows taken = tx.Exec(statements::kTakeTurn, {now, now + interval});
    if (!taken.empty()) turn = Turn{taken[0].OptionalTime(0)};
    return {};
  }));
  return turn;
}

Result<void> SqlFindingStore::Covered(SystemTime until) {
  SOUK_ASSIGN_OR_RETURN(auto connection, Connection());
  const auto kept = connection->Query(statements::kCovered, {until});
  if (!kept.ok()) return kept.error();
  return {};
}

Result<void> SqlFindingStore::Keep(const std::vector<Difference>& differences, SystemTime now) {
  if (differences.empty()) return {};
  sql::Array ids, payments, providers, kinds, ours, theirs, resolutions, reasons;
  std::map<Uuid, const Difference*> once;  // a row can be written once per statement
  for (const Difference& difference : differences) once[difference.id()] = &difference;
  for (const auto& [id, difference] : once) {
    ids.Add(id);
    payments.Add(difference->payment_id);
    providers.Add(difference->provider_id);
    kinds.Add(difference->kind);
    ours.Add(difference->ours);
    theirs.Add(difference->theirs);
    resolutions.Add(difference->resolution);
    reasons.Add(difference->reason);
  }
  SOUK_ASSIGN_OR_RETURN(auto connection, Connection());
  return connection->Run([&](sql::Tx& tx) -> Result<void> {
    tx.Exec(statements::kKeepFindings, {ids, payments, providers, kinds, ours, theirs, resolutions, reasons, now});
    return {};
  });
}

Result<std::vector<Finding>> SqlFindingStore::List(bool all, int limit) {
  SOUK_ASSIGN_OR_RETURN(auto connection, Connection());
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, connection->Query(statements::kListFindings, {all, limit}));
  std::vector<Finding> findings;
  rows.ForEach([&](const sql::Row& row) { findings.push_back(ReadFinding(row)); });
  return findings;
}

Result<Finding> SqlFindingStore::Accept(const Uuid& id, const std::string& who, const std::string& note) {
  SOUK_ASSIGN_OR_RETURN(auto connection, Connection());
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, connection->Query(statements::kAcceptFinding, {id, who, note}));
  if (rows.empty()) return MakeError(ErrorCode::kNotFound, "there is no such finding");
  return ReadFinding(rows[0]);
}

}  // namespace souk::payments
