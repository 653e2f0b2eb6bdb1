#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace souk::bench {

/// Latencies in buckets whose width grows with the value (as HdrHistogram does): 1 us to an hour, each value kept to within 1 %.
class Histogram {
 public:
  Histogram();
  /// Values below 0 count as 0, those over an hour as an hour.
  void Record(std::chrono::nanoseconds latency);
  void Add(const Histogram& other);

  std::int64_t count() const { return count_; }
  /// The smallest value that `percent` (0 to 100) of all values do not exceed, in milliseconds; 0 when empty.
  double Percentile(double percent) const;
  double MaxMillis() const { return static_cast<double>(max_us_) / 1000; }

 private:
  std::vector<std::int64_t> counts_;
  std::int64_t count_ = 0;
  std::int64_t max_us_ = 0;
};

}  // namespace souk::bench
