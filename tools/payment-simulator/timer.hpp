#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace souk::payment_simulator {

/// Runs functions later, on one thread of its own. They must not block. What is left when it stops, or
/// comes after, is dropped.
class Timer {
 public:
  Timer() : thread_([this] { Loop(); }) {}
  ~Timer() { Stop(); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void After(std::chrono::milliseconds delay, std::function<void()> work) {
    bool is_next = false;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      const auto added = queue_.emplace(std::chrono::steady_clock::now() + delay, std::move(work));
      is_next = added == queue_.begin();
    }
    if (is_next) wake_.notify_one();
  }
  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
    decltype(queue_) dropped;  // outside of the lock: what a function holds may call After when it goes
    const std::lock_guard lock(mutex_);
    dropped.swap(queue_);
  }

 private:
  void Loop() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
      if (queue_.empty()) {
        wake_.wait(lock);
        continue;
      }
      const auto due = queue_.begin()->first;
      if (std::chrono::steady_clock::now() < due) {
        wake_.wait_until(lock, due);
        continue;
      }
      auto work = std::move(queue_.begin()->second);
      queue_.erase(queue_.begin());
      lock.unlock();
      work();
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::multimap<std::chrono::steady_clock::time_point, std::function<void()>> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace souk::payment_simulator
