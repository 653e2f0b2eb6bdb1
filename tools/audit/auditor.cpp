#include "tools/audit/auditor.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <thread>

namespace souk::audit {
namespace {

struct Check {
  const char* id;
  const char* name;
  Result<Invariant> (*run)(Sources&);
};

constexpr std::array kChecks = {
    Check{"I1", "no oversell", &CheckNoOversell},
    Check{"I2", "money matches orders", &CheckMoneyMatchesOrders},
    Check{"I3", "every effect once", &CheckOnce},
    Check{"I4", "every accepted order ends", &CheckEveryOrderEnds},
    Check{"I5", "no leaked reservation", &CheckNoLeakedReservation},
    Check{"I7", "ledger = counters", &CheckLedgerEqualsCounters},
    Check{"I8", "one key, one order, one answer", &CheckIdempotency},
    Check{"I9", "stock is a sum of movements", &CheckStockIsSumOfMovements},
    Check{"I10", "no card number anywhere", &CheckNoCardNumber},
};

Invariant RunCheck(const Check& check, Sources& sources) {
  auto result = check.run(sources);
  Invariant invariant;
  if (result.ok()) {
    invariant = std::move(*result);
  } else {
    invariant.not_checked = result.error().message;
  }
  invariant.id = check.id;
  invariant.name = check.name;
  return invariant;
}

void KeepCommon(std::vector<std::string>& offenders, const std::vector<std::string>& again) {
  const std::set<std::string> still(again.begin(), again.end());
  std::erase_if(offenders, [&](const std::string& one) { return !still.contains(one); });
}

}  // namespace

Auditor::Auditor(Config config) : config_(std::move(config)), sources_(config_) {}

Report Auditor::Run() {
  const auto start = std::chrono::steady_clock::now();
  Report report;
  for (const Check& check : kChecks) {
    Invariant invariant = RunCheck(check, sources_);
    for (int look = 0; look < config_.rechecks && !invariant.ok(); ++look) {
      std::this_thread::sleep_for(config_.recheck_interval);
      Invariant again = RunCheck(check, sources_);
      if (invariant.not_checked.empty() && again.not_checked.empty()) KeepCommon(again.offenders, invariant.offenders);
      invariant = std::move(again);
    }
    report.invariants.push_back(std::move(invariant));
  }
  if (auto figures = ReadFigures(sources_); figures.ok()) report.figures = std::move(*figures);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace souk::audit
