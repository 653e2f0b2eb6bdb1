#pragma once

#include <chrono>
#include <functional>

#include "test/bench/processes.hpp"

namespace souk::bench {

/// The fleet's processes and this client as consumers of CPU.
class Fleet {
 public:
  explicit Fleet(std::vector<Process> processes);

  /// What everything uses while nobody asks for anything.
  void MeasureIdle(std::chrono::milliseconds time);
  /// Rests at least `least`, then until the services have nothing left to do; gives up waiting after 30 s more.
  void AwaitQuiet(std::chrono::milliseconds least) const;

  /// CPU seconds that `work` cost, with the work that followed from it, by process; what runs anyway is taken off.
  CpuSeconds Cost(const std::function<void()>& work) const;

  /// Resident memory of each process now, MB.
  std::map<std::string, double> Memory() const;
  const std::vector<Process>& processes() const { return processes_; }
  void Watch(Process process) { processes_.push_back(std::move(process)); }

 private:
  double ServicesCpu() const;

  std::vector<Process> processes_;
  CpuSeconds idle_;
};

}  // namespace souk::bench
