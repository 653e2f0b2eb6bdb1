#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "libs/base/clock.hpp"
#include "services/orders/adapters/sql_order_store.hpp"

namespace souk::orders {

/// Tells those who wait for an order what became of it: at once for this process's own commits, by asking SQL for orders that another
/// instance may be driving. Callbacks run on the writer's or the poll's thread and must not block. Thread-safe.
class OrderHub {
 public:
  /// A newer state of the order. Answers false when nothing more is wanted.
  using OnChange = std::function<bool(const std::shared_ptr<const Order>&)>;
  /// The time is over, or (for those without an end) it is time for a sign of life. Answers false when nothing more is wanted.
  using OnTime = std::function<bool()>;
  using Token = std::uint64_t;

  explicit OrderHub(SqlOrderView& view) : view_(view) {}

  /// `on_change` for versions above `after_version`; `on_time` at `next_time`, then each `period`.
  /// `on_stop` once, when this process stops.
  Token Subscribe(const Uuid& id, std::int64_t after_version, OnChange on_change, SteadyTime next_time,
                  std::chrono::milliseconds period, OnTime on_time, std::function<void()> on_stop);
  void Unsubscribe(const Uuid& id, Token token);

  void Publish(const std::shared_ptr<const Order>& order);
  /// Looks for changes that other instances made, at most 1,000 orders a time. Blocks.
  void Poll();
  /// Calls those whose time has come.
  void Tick();
  /// Time is over for everybody: waiting calls get their answer, watchers are sent to another instance.
  void Stop();
  std::size_t size() const { return size_.load(std::memory_order_relaxed); }

 private:
  struct Subscriber {
    Token token = 0;
    std::int64_t version = 0;  ///< the last one it heard of
    SteadyTime heard_at;
    SteadyTime next_time;
    std::chrono::milliseconds period{0};
    OnChange on_change;
    OnTime on_time;
    std::function<void()> on_stop;
  };

  std::vector<std::pair<Uuid, std::int64_t>> QuietOnes(SteadyTime before);

  SqlOrderView& view_;
  std::atomic<std::size_t> size_{0};
  std::mutex mutex_;
  Token last_token_ = 0;
  std::unordered_map<Uuid, std::vector<std::shared_ptr<Subscriber>>> subscribers_;
};

}  // namespace souk::orders
