#include "test/bench/loop.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

namespace souk::bench {
namespace {

using Time = std::chrono::steady_clock::time_point;

Time Now() { return std::chrono::steady_clock::now(); }

class Loop {
 public:
  Loop(const Operation& operation, Time window_begin, Time window_end) : operation_(operation), begin_(window_begin), end_(window_end) {}

  void Start(Time intended, bool again) {
    {
      const std::lock_guard lock(mutex_);
      ++open_;
    }
    operation_([this, intended, again](std::string failure) { End(intended, again, std::move(failure)); });
  }

  LoopResult Await() {
    std::unique_lock lock(mutex_);
    idle_.wait(lock, [this] { return open_ == 0; });
    result_.seconds = std::chrono::duration<double>(end_ - begin_).count();
    return std::move(result_);
  }

 private:
  void End(Time intended, bool again, std::string failure) {
    const Time now = Now();
    const bool next = again && now < end_;
    {
      const std::lock_guard lock(mutex_);
      const bool counts = now >= begin_ && now < end_;
      if (!failure.empty()) ++result_.failures[failure];
      if (failure.empty()) ++result_.good;
      if (failure.empty() && counts) ++result_.in_window;
      if (failure.empty() && (counts || !again)) result_.latency.Record(now - intended);
      if (!next) {
        --open_;
        idle_.notify_all();  // under the lock: the loop may be gone right after it
        return;
      }
    }
    operation_([this, now, again](std::string outcome) { End(now, again, std::move(outcome)); });
  }

  const Operation& operation_;
  const Time begin_;
  const Time end_;
  std::mutex mutex_;
  std::condition_variable idle_;
  std::int64_t open_ = 0;
  LoopResult result_;
};

}  // namespace

LoopResult RunClosedLoop(const ClosedLoop& plan, const Operation& operation) {
  const Time begin = Now() + plan.warm_up;
  Loop loop(operation, begin, begin + plan.window);
  for (int i = 0; i < plan.in_flight; ++i) loop.Start(Now(), true);
  return loop.Await();
}

LoopResult RunOpenLoop(double per_second, std::chrono::milliseconds length, const Operation& operation) {
  const Time begin = Now();
  Loop loop(operation, begin, begin + length);
  const std::chrono::duration<double> step(1 / per_second);
  for (std::int64_t i = 0;; ++i) {
    const Time due = begin + std::chrono::duration_cast<std::chrono::steady_clock::duration>(step * static_cast<double>(i));
    if (due >= begin + length) break;
    std::this_thread::sleep_until(due);
    loop.Start(due, false);
  }
  return loop.Await();
}

}  // namespace souk::bench
