#include "libs/kafka/memory_broker.hpp"

#include <algorithm>
#include <atomic>

namespace souk::kafka {

/// One member of a group, with a thread of its own like a real consumer.
class MemoryBroker::Member final : public Subscription {
 public:
  Member(MemoryBroker& broker, ConsumerConfig config, BatchHandler handler)
      : broker_(broker), config_(std::move(config)), handler_(std::move(handler)) {
    const std::lock_guard lock(broker_.mutex_);
    group().members.push_back(this);
    thread_ = std::thread([this] { Loop(); });
  }
  ~Member() override { Stop(); }

  void Stop() override {
    {
      const std::lock_guard lock(broker_.mutex_);
      stopping_ = true;
      std::erase(group().members, this);
    }
    broker_.changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }
  bool Ready() const override { return true; }
  bool HasAssignment() const override {
    const std::lock_guard lock(broker_.mutex_);
    return Works();
  }
  std::int64_t Lag() const override {
    const std::lock_guard lock(broker_.mutex_);
    std::size_t lag = 0;
    if (!Works()) return 0;
    for (const std::string& topic : config_.topics) lag += broker_.topics_[topic].size() - group().committed[topic];
    return static_cast<std::int64_t>(lag);
  }
  ConsumerStats Stats() const override {
    const std::lock_guard lock(broker_.mutex_);
    return stats_;
  }

 private:
  Group& group() const { return broker_.groups_[config_.group]; }
  bool Works() const { return !group().members.empty() && group().members.front() == this; }

  std::vector<Record> NextBatch(std::map<std::string, std::size_t>& next) const {
    std::vector<Record> batch;
    for (const std::string& topic : config_.topics) {
      const std::vector<Record>& records = broker_.topics_[topic];
      next[topic] = group().committed[topic];
      while (next[topic] < records.size() && batch.size() < static_cast<std::size_t>(config_.batch_max)) {
        batch.push_back(records[next[topic]++]);
      }
    }
    return batch;
  }

  void Loop() {
    std::unique_lock lock(broker_.mutex_);
    while (!stopping_) {
      std::map<std::string, std::size_t> next;
      std::vector<Record> batch;
      if (Works() && !broker_.away_) batch = NextBatch(next);
      if (batch.empty()) {
        broker_.changed_.wait(lock);
        continue;
      }
      lock.unlock();
      const auto size = static_cast<std::int64_t>(batch.size());
      const Result<void> result = handler_(batch);
      lock.lock();
      if (result.ok()) {
        group().committed = next;
        stats_.records += size;
        ++stats_.batches;
        continue;
      }
      ++stats_.retries;
      broker_.changed_.wait_for(lock, config_.retry_backoff_min);
    }
  }

  MemoryBroker& broker_;
  const ConsumerConfig config_;
  const BatchHandler handler_;
  ConsumerStats stats_;
  bool stopping_ = false;
  std::thread thread_;
};

MemoryBroker::MemoryBroker() : thread_([this] { Deliver(); }) {}

MemoryBroker::~MemoryBroker() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    failing_ = waiting_.size();
  }
  changed_.notify_all();
  thread_.join();
}

Result<void> MemoryBroker::Produce(Record record, DeliveryCallback delivered) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + delivering_ >= capacity_) {
      return MakeError(ErrorCode::kResourceExhausted, "the queue is full", "QUEUE_FULL");
    }
    waiting_.push_back({std::move(record), std::move(delivered)});
  }
  changed_.notify_all();
  return {};
}

Result<void> MemoryBroker::Flush(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  if (changed_.wait_for(lock, timeout, [this] { return waiting_.empty() && delivering_ == 0; })) return {};
  return MakeError(ErrorCode::kDeadlineExceeded, "records were not acknowledged in time");
}

std::size_t MemoryBroker::InFlight() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size() + delivering_;
}

std::unique_ptr<Subscription> MemoryBroker::Subscribe(const ConsumerConfig& config, BatchHandler handler) {
  return std::make_unique<Member>(*this, config, std::move(handler));
}

std::vector<Record> MemoryBroker::Records(const std::string& topic) const {
  const std::lock_guard lock(mutex_);
  const auto found = topics_.find(topic);
  return found == topics_.end() ? std::vector<Record>() : found->second;
}

void MemoryBroker::SetAway(bool away) {
  {
    const std::lock_guard lock(mutex_);
    away_ = away;
  }
  changed_.notify_all();
}

void MemoryBroker::SetCapacity(std::size_t records) {
  const std::lock_guard lock(mutex_);
  capacity_ = records;
}

void MemoryBroker::SetValueBytesMax(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  value_bytes_max_ = bytes;
}

void MemoryBroker::FailInFlight() {
  {
    const std::lock_guard lock(mutex_);
    failing_ = waiting_.size();
  }
  changed_.notify_all();
}

/// Callbacks run here, without the lock: never inside Produce.
void MemoryBroker::Deliver() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || failing_ > 0 || (!away_ && !waiting_.empty()); });
    if (waiting_.empty()) {
      failing_ = 0;
      if (stopping_) return;
      continue;
    }
    Waiting head = std::move(waiting_.front());
    waiting_.pop_front();
    delivering_ = 1;
    const bool fails = failing_ > 0;
    if (fails) --failing_;
    const Result<void> result = fails || stopping_
                                    ? Result<void>(MakeError(ErrorCode::kUnavailable, "the broker is away"))
                                    : Store(std::move(head.record));
    lock.unlock();
    if (head.delivered) head.delivered(result);
    head = {};
    lock.lock();
    delivering_ = 0;
    changed_.notify_all();
  }
}

Result<void> MemoryBroker::Store(Record record) {
  if (record.value.size() > value_bytes_max_) {
    return MakeError(ErrorCode::kInvalidArgument, "the record is too large", "RECORD_TOO_LARGE");
  }
  std::vector<Record>& records = topics_[record.topic];
  record.partition = 0;
  record.offset = static_cast<std::int64_t>(records.size());
  records.push_back(std::move(record));
  return {};
}

}  // namespace souk::kafka
