#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "test/e2e/fleet.hpp"
#include "test/faults/history.hpp"
#include "test/faults/schedule.hpp"

namespace souk::faults {

struct FaultRunOptions {
  std::uint64_t seed = 1;
  std::chrono::milliseconds length{60'000};
  int rate = 40;             ///< orders per second, open loop
  bool proxies = false;      ///< services speak to engines through proxies that cut and partition
  std::string history_file;  ///< JSON lines; empty: not written
};

struct FaultRunResult {
  Schedule schedule;
  std::int64_t calls = 0, ok = 0, failed = 0, unknown = 0;
  std::int64_t accepted = 0;
  double quiet_seconds = 0;  ///< from the last order to the last end
  std::vector<std::string> problems;
  std::string audit;  ///< verdict

  bool clean() const { return problems.empty(); }
};

/// Load, a seeded schedule of faults, quiet, audit, history checkers. `say` hears the schedule and each fault.
FaultRunResult RunFaults(e2e::Fleet& fleet, const FaultRunOptions& options, const std::function<void(const std::string&)>& say);

/// One JSON object on one line: seed, verdict and figures.
std::string ToJson(const FaultRunResult& result);

}  // namespace souk::faults
