#include "libs/chassis/thread_pool.hpp"

namespace souk::chassis {

ThreadPool::ThreadPool(std::size_t threads, std::size_t queue_max) : queue_max_(queue_max) {
  for (std::size_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Loop(); });
}

ThreadPool::~ThreadPool() { Stop(); }

Result<void> ThreadPool::Post(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return MakeError(ErrorCode::kUnavailable, "the service is stopping, try again", "STOPPING");
    if (queue_.size() >= queue_max_) {
      return MakeError(ErrorCode::kResourceExhausted, "too many requests are waiting, try again later", "QUEUE_FULL");
    }
    queue_.push_back(std::move(job));
  }
  wake_.notify_one();
  return {};
}

void ThreadPool::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (queue_.empty()) return;
    auto job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // what it holds goes away outside the lock
    lock.lock();
  }
}

void ThreadPool::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

}  // namespace souk::chassis
