#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace souk {

using SystemTime = std::chrono::sys_time<std::chrono::microseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

/// The only source of time. Domain code never sees it: time arrives inside the command.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual SystemTime Now() const = 0;
};

class SystemClock final : public Clock {
 public:
  SystemTime Now() const override;
};

/// A clock that stands still until it is told to move. For tests and the simulator.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(SystemTime start) : micros_(start.time_since_epoch().count()) {}
  SystemTime Now() const override { return SystemTime(std::chrono::microseconds(micros_.load())); }
  void Advance(std::chrono::microseconds by) { micros_ += by.count(); }

 private:
  std::atomic<std::int64_t> micros_;
};

inline std::int64_t ToUnixMicros(SystemTime time) { return time.time_since_epoch().count(); }
inline std::int64_t ToUnixMillis(SystemTime time) { return time.time_since_epoch().count() / 1000; }
inline SystemTime FromUnixMicros(std::int64_t micros) { return SystemTime(std::chrono::microseconds(micros)); }

}  // namespace souk
