#include "test/bench/fleet.hpp"

#include <unistd.h>

#include <algorithm>
#include <thread>

namespace souk::bench {
namespace {

constexpr auto kLook = std::chrono::milliseconds(400);
constexpr auto kPatience = std::chrono::seconds(30);
constexpr double kQuietCores = 0.05;

// Engines tidy up long after the work; only the services say whether there is any left.
bool IsService(const std::string& group) { return group != "sql" && group != "redis" && group != "kafka" && group != "client"; }

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Fleet::Fleet(std::vector<Process> processes) : processes_(std::move(processes)) { processes_.push_back({"client", getpid()}); }

void Fleet::MeasureIdle(std::chrono::milliseconds time) {
  const auto start = std::chrono::steady_clock::now();
  const CpuSeconds before = ReadCpu(processes_);
  std::this_thread::sleep_for(time);
  idle_ = CpuSpent(before, ReadCpu(processes_), {}, 0);
  const double seconds = SecondsSince(start);
  for (auto& [name, used] : idle_) used /= seconds;
}

double Fleet::ServicesCpu() const {
  double sum = 0;
  for (const auto& [name, seconds] : ReadCpu(processes_)) sum += IsService(name) ? seconds : 0;
  return sum;
}

void Fleet::AwaitQuiet(std::chrono::milliseconds least) const {
  std::this_thread::sleep_for(least);
  double idle = 0;
  for (const auto& [name, used] : idle_) idle += IsService(name) ? used : 0;
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < give_up) {
    const auto start = std::chrono::steady_clock::now();
    const double before = ServicesCpu();
    std::this_thread::sleep_for(kLook);
    if ((ServicesCpu() - before) / SecondsSince(start) < 1.5 * idle + kQuietCores) return;
  }
}

CpuSeconds Fleet::Cost(const std::function<void()>& work) const {
  const auto start = std::chrono::steady_clock::now();
  const CpuSeconds before = ReadCpu(processes_);
  work();
  return CpuSpent(before, ReadCpu(processes_), idle_, SecondsSince(start));
}

std::map<std::string, double> Fleet::Memory() const {
  std::map<std::string, double> megabytes;
  for (const Process& process : processes_) {
    double& most = megabytes[GroupOf(process.name)];
    most = std::max(most, ResidentMb(process.pid));
  }
  return megabytes;
}

}  // namespace souk::bench
