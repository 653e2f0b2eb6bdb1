#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <vector>

#include "libs/base/result.hpp"

namespace souk {

/// Collects the answers to many pieces of work that others finish, each exactly once, from any thread. Share it by
/// shared_ptr with whoever settles: a waiter that gave up may be gone before the last answer.
class Settlement {
 public:
  explicit Settlement(std::size_t count) : errors_(count), open_(count) {}

  void Settle(std::size_t index, const Result<void>& result) {
    const std::lock_guard lock(mutex_);
    if (!result.ok()) errors_[index] = result.error();
    if (--open_ == 0) settled_.notify_all();
  }

  /// Every error by index, or nothing when not all have settled in time.
  std::optional<std::vector<std::optional<Error>>> Wait(std::chrono::milliseconds timeout) {
    std::unique_lock lock(mutex_);
    if (!settled_.wait_for(lock, timeout, [this] { return open_ == 0; })) return std::nullopt;
    return errors_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable settled_;
  std::vector<std::optional<Error>> errors_;
  std::size_t open_;
};

}  // namespace souk
