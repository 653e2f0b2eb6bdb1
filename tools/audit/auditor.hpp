#pragma once

#include "tools/audit/report.hpp"
#include "tools/audit/sources.hpp"

namespace souk::audit {

/// Holds the databases, Redis, Kafka and the provider against each other. The system runs on meanwhile: what offends is looked at again, and counts only
/// when the very same offence is there every time.
class Auditor {
 public:
  explicit Auditor(Config config);
  /// What earlier runs of the same auditor have read of Kafka and of log files is not read again.
  Report Run();

 private:
  void LookAgain(Report& report);

  const Config config_;
  Sources sources_;
  std::int64_t runs_ = 0;
  Invariant last_search_;
};

// One function per invariant; each may be called alone. kUnavailable and the like when a source can't be read.
Result<Invariant> CheckNoOversell(Sources& sources);
Result<Invariant> CheckMoneyMatchesOrders(Sources& sources);
Result<Invariant> CheckOnce(Sources& sources);
Result<Invariant> CheckEveryOrderEnds(Sources& sources);
Result<Invariant> CheckNoLeakedReservation(Sources& sources);
Result<Invariant> CheckLedgerEqualsCounters(Sources& sources);
Result<Invariant> CheckIdempotency(Sources& sources);
Result<Invariant> CheckStockIsSumOfMovements(Sources& sources);
Result<Invariant> CheckNoCardNumber(Sources& sources);
Result<Figures> ReadFigures(Sources& sources);

}  // namespace souk::audit
