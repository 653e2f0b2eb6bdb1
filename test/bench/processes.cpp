#include "test/bench/processes.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace souk::bench {
namespace {

constexpr std::string_view kWithChildren = "sql";

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::optional<ProcessTimes> TimesOf(pid_t pid) { return ParseStat(ReadAll("/proc/" + std::to_string(pid) + "/stat")); }

std::int64_t LivingChildren(pid_t parent) {
  std::int64_t ticks = 0;
  std::error_code gone;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", gone)) {
    const std::string name = entry.path().filename().string();
    if (name[0] < '0' || name[0] > '9') continue;
    const auto times = ParseStat(ReadAll(entry.path().string() + "/stat"));
    if (times && times->parent == parent) ticks += times->own;
  }
  return ticks;
}

}  // namespace

Result<std::vector<Process>> ParseProcesses(const std::string& text) {
  std::vector<Process> processes;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    const std::string part = text.substr(from, comma - from);
    from = comma + 1;
    const std::size_t equals = part.find('=');
    Process process{part.substr(0, equals), 0};
    const char* end = part.data() + part.size();
    const bool parsed = equals != std::string::npos && std::from_chars(part.data() + equals + 1, end, process.pid).ptr == end;
    if (!parsed || process.name.empty() || process.pid <= 0) return InvalidArgument("processes", "'" + part + "' is not name=pid");
    processes.push_back(std::move(process));
  }
  return processes;
}

std::string GroupOf(const std::string& name) {
  const std::size_t dash = name.rfind('-');
  const bool numbered = dash != std::string::npos && dash + 1 < name.size() && name.find_first_not_of("0123456789", dash + 1) == std::string::npos;
  return numbered ? name.substr(0, dash) : name;
}

std::optional<ProcessTimes> ParseStat(std::string_view text) {
  const std::size_t bracket = text.rfind(')');
  if (bracket == std::string_view::npos) return std::nullopt;
  std::istringstream rest{std::string(text.substr(bracket + 1))};
  std::string state, skipped;
  ProcessTimes times;
  rest >> state >> times.parent;
  for (int i = 0; i < 9; ++i) rest >> skipped;  // from the group to the page faults
  std::int64_t user = 0, system = 0, reaped_user = 0, reaped_system = 0;
  rest >> user >> system >> reaped_user >> reaped_system;
  if (!rest) return std::nullopt;
  times.own = user + system;
  times.reaped = reaped_user + reaped_system;
  return times;
}

CpuSeconds ReadCpu(const std::vector<Process>& processes) {
  const double tick = 1.0 / static_cast<double>(sysconf(_SC_CLK_TCK));
  CpuSeconds seconds;
  for (const Process& process : processes) {
    const auto times = TimesOf(process.pid);
    if (!times) continue;
    std::int64_t ticks = times->own;
    if (process.name == kWithChildren) ticks += times->reaped + LivingChildren(process.pid);
    seconds[GroupOf(process.name)] += static_cast<double>(ticks) * tick;
  }
  return seconds;
}

CpuSeconds CpuSpent(const CpuSeconds& before, const CpuSeconds& after, const CpuSeconds& idle_per_second, double seconds) {
  const auto value = [](const CpuSeconds& map, const std::string& name) {
    const auto found = map.find(name);
    return found == map.end() ? 0 : found->second;
  };
  CpuSeconds spent;
  for (const auto& [name, total] : after) spent[name] = std::max(0.0, total - value(before, name) - seconds * value(idle_per_second, name));
  return spent;
}

double ResidentMb(pid_t pid) {
  std::istringstream status(ReadAll("/proc/" + std::to_string(pid) + "/status"));
  for (std::string word; status >> word;) {
    double kib = 0;
    if (word == "VmRSS:" && status >> kib) return kib * 1024 / 1e6;
  }
  return 0;
}

}  // namespace souk::bench
