#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "libs/base/result.hpp"

namespace souk::chassis {

/// A few threads for work that blocks, such as SQL reads. A full queue is an error, not growth.
class ThreadPool {
 public:
  ThreadPool(std::size_t threads, std::size_t queue_max);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  /// kResourceExhausted when queue_max jobs wait, kUnavailable when stopping; then `job` will not run.
  Result<void> Post(std::function<void()> job);
  /// Runs what is queued, then ends the threads.
  void Stop();

 private:
  void Loop();
  const std::size_t queue_max_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace souk::chassis
