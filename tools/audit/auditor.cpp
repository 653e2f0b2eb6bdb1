#include "tools/audit/auditor.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <thread>

#include "libs/base/clock.hpp"
#include "libs/base/time.hpp"

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

// The costly one: it reads every row.
constexpr std::size_t kSearch = kChecks.size() - 1;

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
  invariant.checked_at_ms = ToUnixMillis(SystemClock().Now());
  return invariant;
}

void KeepCommon(std::vector<std::string>& offenders, const std::vector<std::string>& before) {
  const std::set<std::string> known(before.begin(), before.end());
  std::erase_if(offenders, [&](const std::string& one) { return !known.contains(one); });
}

}  // namespace

Auditor::Auditor(Config config) : config_(std::move(config)), sources_(config_) {}

Report Auditor::Run() {
  const auto start = std::chrono::steady_clock::now();
  Report report;
  const bool search = runs_++ % std::max(1, config_.search_every) == 0 || !last_search_.ok();
  for (std::size_t i = 0; i < kChecks.size(); ++i) {
    report.invariants.push_back(i == kSearch && !search ? last_search_ : RunCheck(kChecks[i], sources_));
  }
  for (int look = 0; look < config_.rechecks && !report.clean(); ++look) {
    std::this_thread::sleep_for(config_.recheck_interval);
    LookAgain(report);
  }
  last_search_ = report.invariants[kSearch];
  if (auto figures = ReadFigures(sources_); figures.ok()) report.figures = std::move(*figures);
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

void Auditor::LookAgain(Report& report) {
  for (std::size_t i = 0; i < kChecks.size(); ++i) {
    Invariant& invariant = report.invariants[i];
    if (invariant.ok()) continue;
    Invariant again = RunCheck(kChecks[i], sources_);
    if (invariant.not_checked.empty() && again.not_checked.empty()) KeepCommon(again.offenders, invariant.offenders);
    invariant = std::move(again);
  }
}

}  // namespace souk::audit
