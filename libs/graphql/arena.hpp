#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace souk::graphql {

/// Memory that is given back all at once. Holds only what needs no destructor. Not thread-safe.
class Arena {
 public:
  Arena() = default;
  Arena(Arena&&) noexcept = default;
  Arena& operator=(Arena&&) noexcept = default;

  void* Allocate(std::size_t size, std::size_t align) {
    std::size_t at = (used_ + align - 1) & ~(align - 1);
    if (chunks_.empty() || at + size > capacity_) at = Grow(size);
    used_ = at + size;
    return chunks_.back().get() + at;
  }

  template <class T, class... Args>
  T* New(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>);
    return new (Allocate(sizeof(T), alignof(T))) T{std::forward<Args>(args)...};
  }

  /// `count` value-initialized elements.
  template <class T>
  T* NewArray(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    if (count == 0) return nullptr;
    T* items = static_cast<T*>(Allocate(sizeof(T) * count, alignof(T)));
    for (std::size_t i = 0; i < count; ++i) new (items + i) T{};
    return items;
  }

  std::string_view Copy(std::string_view text) {
    if (text.empty()) return {};
    char* copy = static_cast<char*>(Allocate(text.size(), 1));
    std::memcpy(copy, text.data(), text.size());
    return {copy, text.size()};
  }

  /// Bytes taken from the heap.
  std::size_t bytes() const { return bytes_; }

 private:
  static constexpr std::size_t kFirstChunk = 2048;
  static constexpr std::size_t kLargestChunk = std::size_t{1} << 18;

  std::size_t Grow(std::size_t size) {
    std::size_t next = chunks_.empty() ? kFirstChunk : capacity_ * 2;
    if (next > kLargestChunk) next = kLargestChunk;
    if (next < size) next = size;
    // Chunks come from operator new and so are aligned for anything; no byte is written before it is used.
    chunks_.emplace_back(new char[next]);
    capacity_ = next;
    bytes_ += next;
    return 0;
  }

  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t used_ = 0;
  std::size_t capacity_ = 0;
  std::size_t bytes_ = 0;
};

/// A row of elements that lies in an Arena.
template <class T>
struct List {
  const T* items = nullptr;
  std::uint32_t count = 0;

  const T* begin() const { return items; }
  const T* end() const { return items + count; }
  std::size_t size() const { return count; }
  bool empty() const { return count == 0; }
  const T& operator[](std::size_t i) const { return items[i]; }
};

}  // namespace souk::graphql
