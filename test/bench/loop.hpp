#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "test/bench/histogram.hpp"

namespace souk::bench {

/// Told once per operation how it went: empty = as it should, else a word for what went wrong. From any thread.
using OperationDone = std::function<void(std::string)>;
/// Starts one operation and returns at once.
using Operation = std::function<void(OperationDone)>;

struct LoopResult {
  std::int64_t in_window = 0;  ///< good ends after the warm-up and before the end
  std::int64_t good = 0;       ///< all good ends, with warm-up and the last ones
  double seconds = 0;          ///< length of the window
  Histogram latency;           ///< of good ones within the window; in an open loop of all, from the intended start
  std::map<std::string, std::int64_t> failures;

  double PerSecond() const { return seconds > 0 ? static_cast<double>(in_window) / seconds : 0; }
};

struct ClosedLoop {
  int in_flight = 1;  ///< the next operation starts when one ends
  std::chrono::milliseconds warm_up{500};
  std::chrono::milliseconds window{4000};
};
/// Blocks until the last operation has ended.
LoopResult RunClosedLoop(const ClosedLoop& plan, const Operation& operation);

/// Starts operations at a constant rate, whatever became of the earlier ones, and times each from when it should have started: an answer that
/// is late makes its followers late too, as customers would see it.
LoopResult RunOpenLoop(double per_second, std::chrono::milliseconds length, const Operation& operation);

}  // namespace souk::bench
