#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>

#include "libs/base/clock.hpp"
#include "libs/observability/metrics.hpp"
#include "services/orders/adapters/sql_order_store.hpp"
#include "services/orders/app/work.hpp"

namespace souk::orders {

/// What happens to the orders, counted: metrics for Prometheus and the figures of the live page.
class OrderStats {
 public:
  OrderStats(SqlOrderView& view, const Clock& clock);

  /// On the writer's thread, for every piece of work.
  void Observe(const Work& work);
  /// GET /v1/orders:stats: counts by phase, status and reason over all instances; rates and latency of this one's last 10 s; age of the oldest
  /// open order. Kept for 250 ms; SQL is asked at most each second. Blocks.
  std::string Json();

 private:
  static constexpr int kSeconds = 10;
  static constexpr int kBuckets = 256;
  /// What one second saw. Latencies in buckets that grow by 5 % from 100 us on.
  struct Second {
    std::int64_t at = -1;
    std::int64_t accepted = 0, confirmed = 0, ended = 0, transitions = 0;
    std::array<std::uint32_t, kBuckets> latencies{};
  };
  struct Snapshot {
    std::vector<SqlOrderView::Count> counts;
    double oldest_seconds = 0;
  };

  Second& Now();
  void CountEnd(const Order& order);
  std::string Build();
  void RefreshSnapshot();

  SqlOrderView& view_;
  const Clock& clock_;
  metrics::Histogram& confirm_seconds_;
  std::mutex mutex_;  // of the seconds and the counters
  std::array<Second, kSeconds + 1> seconds_;
  std::map<std::pair<Status, Reason>, metrics::Counter*> totals_;

  std::mutex json_mutex_;  // of what follows
  std::string json_;
  SteadyTime json_until_;
  SteadyTime snapshot_until_;
  Snapshot snapshot_;
};

}  // namespace souk::orders
