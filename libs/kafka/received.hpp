#pragma once

// For tests.

#include <mutex>
#include <vector>

#include "libs/kafka/ports.hpp"

namespace souk::kafka {

/// What a consumer's handler received, for looking at from the test's thread.
class Received {
 public:
  void Add(const std::vector<Record>& batch) {
    const std::lock_guard lock(mutex_);
    records_.insert(records_.end(), batch.begin(), batch.end());
  }
  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return records_.size();
  }
  std::vector<Record> All() const {
    const std::lock_guard lock(mutex_);
    return records_;
  }
  BatchHandler Handler() {
    return [this](std::vector<Record>& batch) -> Result<void> {
      Add(batch);
      return {};
    };
  }

 private:
  mutable std::mutex mutex_;
  std::vector<Record> records_;
};

}  // namespace souk::kafka
