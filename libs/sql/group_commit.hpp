#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/observability/metrics.hpp"

namespace souk::sql {

struct GroupCommitConfig {
  std::string name;             ///< label of the metrics
  std::size_t batch_max = 256;  ///< items per transaction
  std::size_t queue_max = 8192; ///< waiting items; more are refused
};

/// Group commit (PERFORMANCE: one writer, one transaction for everything that waits). Items wait in a bounded queue; one thread takes what is there,
/// at most batch_max, and applies it in one transaction; what arrives meanwhile is the next batch. No timer: light load gives small
/// batches, heavy load large ones. One writer per process also means that a process never conflicts with itself.
///
/// `apply` runs a whole batch in one transaction and may set results inside the items. It returns ok when everything is durable. When it fails with
/// anything that is not an unavailable engine, the batch is halved until the poisonous item stands alone, so one item never fails its neighbours.
/// `done` is called once per item on the writer's thread, after the commit; it must not block.
template <class Item>
class GroupCommit {
 public:
  using Apply = std::function<Result<void>(std::span<Item>)>;
  using Done = std::function<void(Item&, const Result<void>&)>;

  GroupCommit(GroupCommitConfig config, Apply apply, Done done)
      : config_(std::move(config)),
        apply_(std::move(apply)),
        done_(std::move(done)),
        batch_size_(metrics::GetHistogram("souk_group_commit_batch_items", "Items per group commit",
                                          {{"writer", config_.name}}, {1, 2, 4, 8, 16, 32, 64, 128, 256, 512})),
        thread_([this] { Loop(); }) {}

  ~GroupCommit() { Stop(); }
  GroupCommit(const GroupCommit&) = delete;
  GroupCommit& operator=(const GroupCommit&) = delete;

  /// Queues one item. kResourceExhausted when the queue is full, kUnavailable when stopping; then `done` is not called.
  Result<void> Submit(Item item) {
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return MakeError(ErrorCode::kUnavailable, "the service is stopping, try again", "STOPPING");
      if (queue_.size() >= config_.queue_max) {
        return MakeError(ErrorCode::kResourceExhausted, "too many requests are waiting, try again later", "QUEUE_FULL");
      }
      queue_.push_back(std::move(item));
    }
    wake_.notify_one();
    return {};
  }

  std::size_t Waiting() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
  }

  /// Finishes what is queued, then ends the thread.
  void Stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
  }

 private:
  void Loop() {
    std::vector<Item> batch;
    while (Take(batch)) {
      batch_size_.Observe(static_cast<double>(batch.size()));
      ApplyOrSplit(std::span<Item>(batch));
    }
  }

  bool Take(std::vector<Item>& batch) {
    batch.clear();
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    while (!queue_.empty() && batch.size() < config_.batch_max) {
      batch.push_back(std::move(queue_.front()));
      queue_.pop_front();
    }
    return !batch.empty();
  }

  void ApplyOrSplit(std::span<Item> items) {
    const Result<void> result = apply_(items);
    const bool splits = !result.ok() && items.size() > 1 && result.error().code != ErrorCode::kUnavailable;
    if (splits) {
      ApplyOrSplit(items.first(items.size() / 2));
      ApplyOrSplit(items.subspan(items.size() / 2));
      return;
    }
    for (Item& item : items) done_(item, result);
  }

  const GroupCommitConfig config_;
  const Apply apply_;
  const Done done_;
  metrics::Histogram& batch_size_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Item> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace souk::sql
