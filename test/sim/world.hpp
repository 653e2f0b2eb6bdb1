#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/base/random.hpp"
#include "test/sim/bugs.hpp"
#include "test/sim/faults.hpp"

namespace souk::sim {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct WorldOptions {
  std::uint64_t seed = 1;
  Bug bug = Bug::kNone;
  bool print_trace = false;
};

/// Time and chance of a simulation: one queue of what happens when, one random source. Nothing in here waits; whatever takes time is
/// an event in the future, and between two events anything else may happen.
class World {
 public:
  explicit World(WorldOptions options);

  /// `run` happens `delay` from now. What is due at the same moment happens in the order of asking.
  void After(microseconds delay, std::function<void()> run);
  /// Runs the next event; false when there is none or it lies after `until`.
  bool RunNext(SystemTime until);

  const ManualClock& clock() const { return clock_; }
  SystemTime Now() const { return clock_.Now(); }
  /// For code that measures with a steady clock.
  SteadyTime Steady() const { return SteadyTime(clock_.Now().time_since_epoch()); }
  Random& random() { return random_; }
  std::uint64_t Below(std::uint64_t bound) { return random_.Below(bound); }
  microseconds Between(microseconds low, microseconds high);
  /// True `per_ten_thousand` times out of 10,000, while faults are on.
  bool Fault(int per_ten_thousand) { return quiet_ ? false : Chance(per_ten_thousand); }
  bool Chance(int per_ten_thousand) { return per_ten_thousand > 0 && random_.Below(10'000) < static_cast<std::uint64_t>(per_ten_thousand); }
  const Faults& faults() const { return faults_; }
  const Settings& settings() const { return settings_; }
  bool Has(Bug bug) const { return bug_ == bug; }
  /// From now on nothing goes wrong any more.
  void BeQuiet() { quiet_ = true; }
  bool quiet() const { return quiet_; }

  /// One line of what happened: part of the trace whose hash tells two runs apart.
  void Trace(std::string_view who, std::string_view what);
  /// An invariant is broken: the first one is kept and ends the run.
  void Fail(std::string what);
  const std::optional<std::string>& failure() const { return failure_; }
  std::uint64_t trace_hash() const { return hash_; }
  std::int64_t steps() const { return steps_; }
  const std::deque<std::string>& last_lines() const { return last_lines_; }

 private:
  struct Event {
    SystemTime at;
    std::uint64_t number;
    std::function<void()> run;
  };
  static bool Later(const Event& a, const Event& b) { return a.at != b.at ? a.at > b.at : a.number > b.number; }

  ManualClock clock_;
  SeededRandom random_;
  const Bug bug_;
  const bool print_trace_;
  Faults faults_;
  Settings settings_;
  bool quiet_ = false;
  std::vector<Event> events_;  // a heap: the next one first
  std::uint64_t number_ = 0;
  std::int64_t steps_ = 0;
  std::uint64_t hash_ = 14'695'981'039'346'656'037U;
  std::deque<std::string> last_lines_;
  std::optional<std::string> failure_;
};

}  // namespace souk::sim
