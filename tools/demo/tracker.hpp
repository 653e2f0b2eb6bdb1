#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "libs/kafka/record.hpp"

namespace souk::demo {

/// How the orders of a run stand, learned from the order events alone.
struct Totals {
  std::int64_t accepted = 0;
  std::int64_t confirmed = 0;  ///< were confirmed at some time
  std::int64_t terminal = 0;
  std::map<std::string, std::int64_t> ends;  ///< "COMPLETED", "REJECTED out of stock", ... -> orders
  std::vector<double> confirm_ms;            ///< accepted to confirmed, by the services' clock
};

class Tracker {
 public:
  enum class Moment { kChallenged, kCompleted };
  using OnMoment = std::function<void(Moment, const std::string& order_id)>;

  explicit Tracker(OnMoment on_moment) : on_moment_(std::move(on_moment)) {}

  /// Orders of this run; events of others are ignored. Events may come before the answer that tells the id: they are kept, and the last moment is told
  /// here.
  void Expect(const std::string& order_id);
  /// Every order of the topic belongs to this run: for a report about what earlier runs placed.
  void ExpectAll();
  void Note(const kafka::Record& record);
  /// Records noted so far.
  std::int64_t Seen() const;
  Totals Summary() const;
  /// Waits until every expected order has ended, or until `deadline`. Reports progress once a second.
  bool AwaitTerminal(std::chrono::steady_clock::time_point deadline, const std::function<void(std::int64_t open)>& progress);

 private:
  struct Order {
    bool ours = false;
    bool terminal = false;
    std::optional<Moment> moment;
    std::string end;
    std::int64_t placed_us = 0;
    std::int64_t confirmed_us = 0;
  };
  std::int64_t Open() const;
  const OnMoment on_moment_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<std::string, Order> orders_;
  bool all_are_ours_ = false;
  std::int64_t seen_ = 0;
};

}  // namespace souk::demo
