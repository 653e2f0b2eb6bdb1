#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.hpp"

namespace souk::failpoint {

/// What a point can do to whoever passes it.
enum class Action {
  kNone,
  kKill,   ///< SIGKILL to the own process: nothing is flushed, nobody is told
  kPause,  ///< the whole process is stopped (SIGSTOP) and goes on after the duration
  kDelay,  ///< the passing thread sleeps for the duration; the others go on
  kError,  ///< the call fails with kUnavailable, reason "FAILPOINT"
};
std::string_view ToString(Action action);

/// What to do, and at which passages: from the `first` one after arming, `times` in a row.
struct Order {
  Action action = Action::kNone;
  std::chrono::milliseconds duration{0};  ///< of a pause or delay, at most 60 s
  std::int64_t first = 1;
  std::int64_t times = 1;
};

enum class Kind {
  kPassOnly,  ///< there is nobody to give an error to
  kMayFail,   ///< the place can return a retryable error
};

/// A named place where a process may be made to die, stop, dawdle or fail. Declared at namespace scope beside the code that passes it:
///
///   failpoint::Point before_commit("sql.before_commit", failpoint::Kind::kMayFail);
///   ...
///   SOUK_RETURN_IF_ERROR(before_commit.Try());
///
/// Inert unless the process was started with the key `failpoints`: a passage then costs one relaxed load.
class Point {
 public:
  Point(const char* name, Kind kind);
  Point(const Point&) = delete;
  Point& operator=(const Point&) = delete;

  /// For places that can't fail.
  void Pass() {
    if (enabled_.load(std::memory_order_relaxed)) (void)Passed();
  }
  /// kUnavailable when the point is armed with `error` and this is the passage.
  Result<void> Try() {
    if (!enabled_.load(std::memory_order_relaxed)) return {};
    return Passed();
  }

  const char* name() const { return name_; }
  Kind kind() const { return kind_; }

 private:
  friend class Registry;
  Result<void> Passed();

  static inline std::atomic<bool> enabled_{false};
  const char* name_;
  const Kind kind_;
  // Below: guarded by the registry's mutex.
  Order order_;
  std::int64_t passages_ = 0;  ///< since the process started
  std::int64_t since_armed_ = 0;
  std::int64_t fired_ = 0;
};

/// Names the process, whose name stands in front of every point ("orders.sql.before_commit"), and obeys the key `failpoints`:
/// empty: off for the whole life of the process; "on": passages are counted and points may be armed later; otherwise "on" and orders as for
/// Arm(). kInvalidArgument with one line for what can't be understood. Orders for other processes' points are left alone.
Result<void> Configure(const std::string& process, const std::string& text);

/// "NAME=kill", "NAME=error", "NAME=pause:2s", "NAME=delay:300ms", each with ":N" (from the N-th passage from now on; default 1) and "xM"
/// (M times; default 1): "orders.kafka.before_handler=error:3x20". Several are separated by commas. All or nothing.
Result<void> Arm(const std::string& text);
void DisarmAll();
bool Enabled();

/// One point as it stands.
struct Status {
  std::string name;  ///< with the process in front
  Kind kind = Kind::kPassOnly;
  Order order;
  std::int64_t passages = 0;
  std::int64_t fired = 0;
};
/// Every point of this process, sorted by name.
std::vector<Status> List();
/// {"process","pid","enabled","points":[{"name","mayFail","action","passages","fired"}]}
std::string ToJson();

}  // namespace souk::failpoint
