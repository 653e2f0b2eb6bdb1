#include "test/sim/campaign.hpp"

#include <fmt/format.h>

#include <regex>

namespace souk::sim {

void Totals::Add(const Report& report) {
  ++seeds;
  failed += report.ok ? 0 : 1;
  steps += report.steps;
  orders += report.orders;
  for (const auto& [phase, count] : report.ends) ends[phase] += count;
}

void Totals::Add(const Totals& other) {
  seeds += other.seeds;
  failed += other.failed;
  steps += other.steps;
  orders += other.orders;
  for (const auto& [phase, count] : other.ends) ends[phase] += count;
}

std::string Totals::ToString() const {
  std::string text = fmt::format("{} seeds, {} failed: {} steps, {} orders", seeds, failed, steps, orders);
  const char* separator = ": ";
  for (const auto& [phase, count] : ends) text += fmt::format("{}{} {}", std::exchange(separator, ", "), count, phase);
  return text;
}

std::string Explain(const Report& report, Bug bug) {
  std::string text;
  for (const std::string& line : report.last_lines) text += line + "\n";
  const std::string with = bug == Bug::kNone ? "" : fmt::format(" --bug {}", NameOf(bug));
  return text + fmt::format("seed {} failed after {} steps: {}\nagain, with every step: ./souk sim --seed {} --trace{}\n", report.seed, report.steps, report.failure,
                            report.seed, with);
}

Totals RunSeeds(std::uint64_t first, std::uint64_t last, std::uint64_t stride, Bug bug, const std::function<void(const Report&)>& failed) {
  Totals totals;
  for (std::uint64_t seed = first; seed <= last; seed += stride) {
    const Report report = Simulate({.seed = seed, .bug = bug});
    totals.Add(report);
    if (!report.ok) failed(report);
  }
  return totals;
}

Report Find(Bug bug, std::uint64_t seeds_max) {
  Report report;
  for (std::uint64_t seed = 1; seed <= seeds_max; ++seed) {
    report = Simulate({.seed = seed, .bug = bug});
    if (!report.ok) break;
  }
  return report;
}

std::string BugTable(std::uint64_t seeds_max) {
  static const std::regex ids("[0-9a-f]{8}-[0-9a-f-]{27}");
  std::string table = "| bug | what is wrong | seed | steps | what broke |\n|---|---|---|---|---|\n";
  for (const BugInfo& info : kBugs) {
    const Report report = Find(info.bug, seeds_max);
    const std::string where = report.ok ? fmt::format("not in {} seeds | –", seeds_max) : fmt::format("{} | {}", report.seed, report.steps);
    table += fmt::format("| `{}` | {} | {} | {} |\n", info.name, info.what, where, std::regex_replace(report.failure, ids, "…"));
  }
  return table;
}

}  // namespace souk::sim
