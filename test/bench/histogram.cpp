#include "test/bench/histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace souk::bench {
namespace {

constexpr int kStepBits = 7;  // 128 steps for each doubling: at most 1/128 off
constexpr std::int64_t kSteps = 1 << kStepBits;
constexpr std::int64_t kMaxUs = std::int64_t{3600} * 1'000'000;

std::size_t BucketOf(std::int64_t us) {
  if (us < kSteps) return static_cast<std::size_t>(us);
  const int shift = std::bit_width(static_cast<std::uint64_t>(us)) - kStepBits - 1;
  return static_cast<std::size_t>((shift + 1) * kSteps + (us >> shift) - kSteps);
}

std::int64_t UpperUs(std::size_t bucket) {
  const auto index = static_cast<std::int64_t>(bucket);
  if (index < kSteps) return index;
  const std::int64_t shift = index / kSteps - 1;
  return ((index % kSteps + kSteps + 1) << shift) - 1;
}

}  // namespace

Histogram::Histogram() : counts_(BucketOf(kMaxUs) + 1) {}

void Histogram::Record(std::chrono::nanoseconds latency) {
  const std::int64_t us = std::clamp<std::int64_t>(std::chrono::duration_cast<std::chrono::microseconds>(latency).count(), 0, kMaxUs);
  ++counts_[BucketOf(us)];
  ++count_;
  max_us_ = std::max(max_us_, us);
}

void Histogram::Add(const Histogram& other) {
  for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
  count_ += other.count_;
  max_us_ = std::max(max_us_, other.max_us_);
}

double Histogram::Percentile(double percent) const {
  const auto wanted = std::max<std::int64_t>(1, static_cast<std::int64_t>(std::ceil(percent / 100 * static_cast<double>(count_))));
  std::int64_t seen = 0;
  for (std::size_t i = 0; count_ > 0 && i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= wanted) return static_cast<double>(std::min(UpperUs(i), max_us_)) / 1000;
  }
  return MaxMillis();
}

}  // namespace souk::bench
