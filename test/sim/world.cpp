#include "test/sim/world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

namespace souk::sim {
namespace {

constexpr std::size_t kLastLines = 80;
const SystemTime kStart{std::chrono::seconds(1'800'000'000)};

}  // namespace

World::World(WorldOptions options)
    : clock_(kStart), random_(options.seed), bug_(options.bug), print_trace_(options.print_trace), faults_(Faults::Of(random_)), settings_(Settings::Of(random_)) {}

void World::After(microseconds delay, std::function<void()> run) {
  events_.push_back({clock_.Now() + std::max(delay, microseconds(0)), ++number_, std::move(run)});
  std::push_heap(events_.begin(), events_.end(), Later);
}

bool World::RunNext(SystemTime until) {
  if (events_.empty() || events_.front().at > until) return false;
  std::pop_heap(events_.begin(), events_.end(), Later);
  const Event event = std::move(events_.back());
  events_.pop_back();
  clock_.Advance(event.at - clock_.Now());
  ++steps_;
  event.run();
  return true;
}

microseconds World::Between(microseconds low, microseconds high) {
  return low + microseconds(static_cast<std::int64_t>(Below(static_cast<std::uint64_t>((high - low).count()) + 1)));
}

void World::Trace(std::string_view who, std::string_view what) {
  std::string line = fmt::format("{:>11.6f} {:<15} {}", static_cast<double>((Now() - kStart).count()) / 1e6, who, what);
  for (const char c : line) hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
  if (print_trace_) std::puts(line.c_str());
  last_lines_.push_back(std::move(line));
  if (last_lines_.size() > kLastLines) last_lines_.pop_front();
}

void World::Fail(std::string what) {
  Trace("INVARIANT", what);
  if (!failure_) failure_ = std::move(what);
}

}  // namespace souk::sim
