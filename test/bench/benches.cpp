#include "test/bench/benches.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "test/bench/starts.hpp"

namespace souk::bench {

void Say(const std::string& text) {
  static const auto start = std::chrono::steady_clock::now();
  fmt::print("[{:6.1f} s] {}\n", std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), text);
  std::fflush(stdout);
}

Result<void> AddStarts(const Options& options, const std::vector<std::string>& services, const std::map<std::string, double>& loaded, BenchReport* report) {
  Figure memory{"P15", "resident memory of each service after its start and at most under load, MB; goal <= 40 and <= 100", {}};
  Figure starts{"P16", fmt::format("from exec to ready, median of {} starts, ms; goal <= 500", options.starts), {}};
  for (const std::string& service : services) {
    Say(fmt::format("starting {} {} times", service, options.starts));
    SOUK_ASSIGN_OR_RETURN(const Starts measured, TimeStarts(options, service));
    memory.Set(service + "_idle_mb", measured.idle_mb.median);
    starts.Set(service + "_ms", measured.ready_ms.median).Set(service + "_max_ms", measured.ready_ms.max);
  }
  for (const auto& [name, megabytes] : loaded) {
    if (name != "sql" && name != "client" && name != "echo") memory.Set(name + "_loaded_mb", megabytes);
  }
  report->figures.push_back(std::move(memory));
  if (services.empty()) {
    report->remarks.emplace_back("starts were not timed (--starts=0 or no env.dir)");
  } else {
    report->figures.push_back(std::move(starts));
  }
  return {};
}

void AddFailures(const std::map<std::string, std::int64_t>& failures, const std::string& load, BenchReport* report) {
  for (const auto& [what, count] : failures) report->remarks.push_back(fmt::format("{}: {} x {}", load, count, what));
}

void KeepLarger(const std::map<std::string, double>& now, std::map<std::string, double>* most) {
  for (const auto& [name, value] : now) (*most)[name] = std::max((*most)[name], value);
}

void AddUp(const CpuSeconds& more, CpuSeconds* sum) {
  for (const auto& [name, seconds] : more) (*sum)[name] += seconds;
}

}  // namespace souk::bench
