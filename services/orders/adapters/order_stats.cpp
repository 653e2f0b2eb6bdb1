#include "services/orders/adapters/order_stats.hpp"

#include <algorithm>
#include <cmath>

#include "libs/observability/log.hpp"

namespace souk::orders {
namespace {

constexpr double kFirstBucketSeconds = 100e-6;
constexpr double kGrowth = 1.05;
constexpr int kAttemptsAlarming = 10;

int BucketOf(double seconds) {
  if (seconds <= kFirstBucketSeconds) return 0;
  return std::min(255, static_cast<int>(std::log(seconds / kFirstBucketSeconds) / std::log(kGrowth)) + 1);
}

double UpperMillis(int bucket) { return 1000 * kFirstBucketSeconds * std::pow(kGrowth, bucket); }

std::string Number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

std::string Object(const std::map<std::string, std::int64_t>& counts) {
  std::string json = "{";
  for (const auto& [name, count] : counts) {
    if (json.size() > 1) json += ',';
    json += '"' + name + "\":" + std::to_string(count);
  }
  return json + '}';
}

}  // namespace

OrderStats::OrderStats(SqlOrderView& view, const Clock& clock)
    : view_(view),
      clock_(clock),
      confirm_seconds_(metrics::GetHistogram("souk_order_confirm_seconds", "From accepted to confirmed", {}, metrics::LatencyBounds())) {}

OrderStats::Second& OrderStats::Now() {
  const std::int64_t now = ToUnixMicros(clock_.Now()) / 1'000'000;
  Second& second = seconds_[static_cast<std::size_t>(now) % seconds_.size()];
  if (second.at != now) {
    second = {};
    second.at = now;
  }
  return second;
}

void OrderStats::CountEnd(const Order& order) {
  const auto key = std::pair(StatusOf(order), order.reason);
  auto& counter = totals_[key];
  if (counter == nullptr) {
    counter = &metrics::GetCounter("souk_orders_total", "Orders by what became of them",
                                   {{"status", std::string(ToString(key.first))}, {"reason", std::string(ToString(key.second))}});
  }
  counter->Increment();
}

void OrderStats::Observe(const Work& work) {
  const Outcome& outcome = work.outcome;
  if (!outcome.order || !outcome.changed) return;
  const Order& order = *outcome.order;
  if (order.attempts == kAttemptsAlarming) {
    log::Warn("an order is asked for again and again", {{"order_id", order.id().ToString()}, {"phase", ToString(order.phase)}, {"attempts", order.attempts}});
  }
  const bool moved = !outcome.before || *outcome.before != order.phase;
  if (!moved) return;
  const std::lock_guard lock(mutex_);
  Second& second = Now();
  ++second.transitions;
  if (!outcome.before) {
    ++second.accepted;
    CountEnd(order);  // PENDING: accepted
    return;
  }
  const bool confirms = order.confirmed && order.decided_at && *order.decided_at == order.updated_at && *outcome.before == Phase::kFulfilling;
  if (confirms) {
    const double seconds = std::chrono::duration<double>(*order.decided_at - order.content->placed_at).count();
    confirm_seconds_.Observe(seconds);
    ++second.confirmed;
    ++second.latencies[static_cast<std::size_t>(BucketOf(seconds))];
  }
  if (IsTerminal(order.phase)) ++second.ended;
  if (confirms || IsTerminal(order.phase) || order.phase == Phase::kDispatched) CountEnd(order);
}

void OrderStats::RefreshSnapshot() {
  const auto started = std::chrono::steady_clock::now();
  auto counts = view_.CountByPhase(started + std::chrono::seconds(2));
  const auto oldest = view_.OldestOpen(started + std::chrono::seconds(2));
  const auto ended = std::chrono::steady_clock::now();
  if (counts.ok() && oldest.ok()) {
    snapshot_.counts = std::move(counts).value();
    snapshot_.oldest_seconds = oldest->has_value() ? std::chrono::duration<double>(clock_.Now() - **oldest).count() : 0;
    std::map<std::string, std::int64_t> phases;
    for (int phase = 0; phase < kPhaseCount; ++phase) phases[std::string(ToString(static_cast<Phase>(phase)))] = 0;
    for (const auto& count : snapshot_.counts) phases[count.phase] += count.orders;
    for (const auto& [phase, orders] : phases) {
      metrics::GetGauge("souk_orders_in_flight", "Orders by phase", {{"phase", phase}}).Set(static_cast<double>(orders));
    }
    metrics::GetGauge("souk_orders_oldest_open_seconds", "Age of the oldest order that waits for something").Set(snapshot_.oldest_seconds);
  }
  // A table that takes long to count is counted more seldom: never more than 2 % of a core.
  snapshot_until_ = ended + std::max<SteadyTime::duration>(std::chrono::seconds(1), 50 * (ended - started));
}

std::string OrderStats::Build() {
  std::map<std::string, std::int64_t> phases, statuses, reasons;
  for (const auto& count : snapshot_.counts) {
    phases[count.phase] += count.orders;
    statuses[count.status] += count.orders;
    if (!count.reason.empty()) reasons[count.reason] += count.orders;
  }
  std::int64_t accepted = 0, confirmed = 0, ended = 0, transitions = 0, samples = 0;
  std::array<std::uint32_t, kBuckets> latencies{};
  {
    const std::lock_guard lock(mutex_);
    const std::int64_t now = ToUnixMicros(clock_.Now()) / 1'000'000;
    for (const Second& second : seconds_) {
      if (second.at < now - kSeconds || second.at >= now) continue;  // whole seconds only
      accepted += second.accepted;
      confirmed += second.confirmed;
      ended += second.ended;
      transitions += second.transitions;
      for (std::size_t i = 0; i < latencies.size(); ++i) latencies[i] += second.latencies[i];
    }
  }
  for (const std::uint32_t count : latencies) samples += count;
  const auto percentile = [&](double share) {
    std::int64_t left = static_cast<std::int64_t>(std::ceil(share * static_cast<double>(samples)));
    for (int i = 0; i < kBuckets && samples > 0; ++i) {
      left -= latencies[static_cast<std::size_t>(i)];
      if (left <= 0) return UpperMillis(i);
    }
    return 0.0;
  };
  const auto rate = [](std::int64_t count) { return Number(static_cast<double>(count) / kSeconds); };
  return "{\"phases\":" + Object(phases) + ",\"statuses\":" + Object(statuses) + ",\"reasons\":" + Object(reasons) +
         ",\"ratesPerSecond\":{\"accepted\":" + rate(accepted) + ",\"confirmed\":" + rate(confirmed) + ",\"ended\":" + rate(ended) +
         ",\"transitions\":" + rate(transitions) + "},\"confirmMillis\":{\"samples\":" + std::to_string(samples) +
         ",\"p50\":" + Number(percentile(0.50)) + ",\"p95\":" + Number(percentile(0.95)) + ",\"p99\":" + Number(percentile(0.99)) +
         "},\"oldestOpenSeconds\":" + Number(snapshot_.oldest_seconds) + "}";
}

std::string OrderStats::Json() {
  const std::lock_guard lock(json_mutex_);
  const SteadyTime now = std::chrono::steady_clock::now();
  if (now < json_until_) return json_;
  if (now >= snapshot_until_) RefreshSnapshot();
  json_ = Build();
  json_until_ = now + std::chrono::milliseconds(250);
  return json_;
}

}  // namespace souk::orders
