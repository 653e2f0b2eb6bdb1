#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace souk::graphql::internal {

/// Shared values by name, bounded by the bytes that they say they keep; the least recently used go first. Safe to use from any thread.
template <class T>
class LruCache {
 public:
  explicit LruCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  std::shared_ptr<T> Find(std::string_view key) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(key);
    if (found == entries_.end()) return nullptr;
    order_.splice(order_.begin(), order_, found->second);
    return found->second->value;
  }

  /// A value larger than the whole cache is not kept.
  void Insert(std::string_view key, std::shared_ptr<T> value, std::size_t bytes) {
    bytes += key.size();
    if (bytes > bytes_max_) return;
    const std::lock_guard lock(mutex_);
    if (entries_.count(key) > 0) return;
    order_.push_front({std::string(key), std::move(value), bytes});
    entries_.emplace(order_.front().key, order_.begin());
    bytes_ += bytes;
    while (bytes_ > bytes_max_) {
      bytes_ -= order_.back().bytes;
      entries_.erase(order_.back().key);
      order_.pop_back();
    }
  }

  std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
  }
  std::size_t bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
  }

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<T> value;
    std::size_t bytes;
  };

  const std::size_t bytes_max_;
  mutable std::mutex mutex_;
  std::list<Entry> order_;  // most recently used first
  std::unordered_map<std::string_view, typename std::list<Entry>::iterator> entries_;
  std::size_t bytes_ = 0;
};

}  // namespace souk::graphql::internal
