#pragma once

#include <functional>

#include "test/bench/fleet.hpp"
#include "test/bench/options.hpp"
#include "test/bench/report.hpp"

namespace souk::bench {

/// P1, P3, P13, P15, P16. Takes the fleet as it runs.
Result<BenchReport> BenchOrders(const Options& options);
/// P4, P5, and P15 and P16 of inventory.
Result<BenchReport> BenchInventory(const Options& options);

/// One line of progress with the time since the start.
void Say(const std::string& text);
/// P15 and P16 of those services; `loaded` is what they took under load, MB.
Result<void> AddStarts(const Options& options, const std::vector<std::string>& services, const std::map<std::string, double>& loaded, BenchReport* report);
/// One remark per kind of failure of a load.
void AddFailures(const std::map<std::string, std::int64_t>& failures, const std::string& load, BenchReport* report);
/// The larger of both, name by name.
void KeepLarger(const std::map<std::string, double>& now, std::map<std::string, double>* most);
/// Adds `more` to `sum`, name by name.
void AddUp(const CpuSeconds& more, CpuSeconds* sum);

}  // namespace souk::bench
