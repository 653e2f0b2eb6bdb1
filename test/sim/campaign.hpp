#pragma once

#include <functional>
#include <map>
#include <string>

#include "test/sim/shop.hpp"

namespace souk::sim {

/// What many simulations came to.
struct Totals {
  std::int64_t seeds = 0;
  std::int64_t failed = 0;
  std::int64_t steps = 0;
  std::int64_t orders = 0;
  std::map<std::string, std::int64_t> ends;  ///< orders by phase
  void Add(const Report& report);
  void Add(const Totals& other);
  std::string ToString() const;
};

/// Why a seed failed and how to see it again: the last lines of its trace, the invariant, the command.
std::string Explain(const Report& report, Bug bug);

/// Simulates first, first + stride ... up to last, and tells each failure.
Totals RunSeeds(std::uint64_t first, std::uint64_t last, std::uint64_t stride, Bug bug, const std::function<void(const Report&)>& failed);

/// The first seed from 1 to `seeds_max` that shows this bug; the report is ok when none does.
Report Find(Bug bug, std::uint64_t seeds_max);

/// The table of docs/simulator.md: each deliberate bug with the seed, the steps and the invariant that found it.
std::string BugTable(std::uint64_t seeds_max);

}  // namespace souk::sim
