#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.hpp"

namespace souk::bench {

/// One process whose CPU time and memory are watched.
struct Process {
  std::string name;
  pid_t pid = 0;
};

/// "orders=123,redis-0=124". kInvalidArgument names the bad part.
Result<std::vector<Process>> ParseProcesses(const std::string& text);

/// The name under which a process's figures are added up: "redis-3" -> "redis", "orders-2" -> "orders".
std::string GroupOf(const std::string& name);

/// The fields of /proc/<pid>/stat that matter here, in clock ticks.
struct ProcessTimes {
  pid_t parent = 0;
  std::int64_t own = 0;     ///< user + system
  std::int64_t reaped = 0;  ///< of children that have ended
};
/// Nothing when the text isn't such a line. The program's name in it may hold blanks and brackets.
std::optional<ProcessTimes> ParseStat(std::string_view text);

/// CPU seconds used so far, by group. Of "sql", which makes a process for each client, its children count too, living and ended.
using CpuSeconds = std::map<std::string, double>;
CpuSeconds ReadCpu(const std::vector<Process>& processes);

/// after - before - seconds * idle_per_second, by group; never below 0.
CpuSeconds CpuSpent(const CpuSeconds& before, const CpuSeconds& after, const CpuSeconds& idle_per_second, double seconds);

/// Resident memory in MB (10^6 bytes); 0 when the process is gone.
double ResidentMb(pid_t pid);

}  // namespace souk::bench
