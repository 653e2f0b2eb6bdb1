#include "test/faults/schedule.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "libs/base/random.hpp"

namespace souk::faults {
namespace {

using std::chrono::milliseconds;

constexpr std::array<const char*, 6> kServices = {"orders", "inventory", "payments", "fulfillment", "notifications", "gateway"};
constexpr std::array<const char*, 5> kWithSql = {"orders", "inventory", "payments", "fulfillment", "notifications"};
constexpr std::array<const char*, 8> kEngines = {"sql", "kafka-1", "redis-0", "redis-1", "redis-2", "redis-3", "redis-4", "redis-5"};
constexpr std::array<const char*, 6> kRefusals = {"sql.before_commit", "sql.after_commit",    "kafka.before_produce",
                                                  "kafka.after_ack",   "kafka.after_handler", "outbox.before_publish"};
constexpr std::array<const char*, 5> kEdges = {"sql", "kafka", "payments->provider", "gateway->orders", "inventory->redis"};

template <std::size_t N>
std::string Pick(const std::array<const char*, N>& from, Random& random) {
  return from[random.Below(N)];
}

milliseconds Between(int from, int to, Random& random) {
  return milliseconds(from + static_cast<int>(random.Below(static_cast<std::uint64_t>(to - from))));
}

std::string Edge(Random& random) {
  const std::string edge = Pick(kEdges, random);
  if (edge.find("->") != std::string::npos) return edge;
  return Pick(kWithSql, random) + "->" + edge;
}

// Engines rest more often than they die: one second without SQL is a second without everything.
Fault Draw(Random& random, bool with_proxies) {
  Fault fault;
  const std::uint64_t lot = random.Below(with_proxies ? 100 : 70);
  if (lot < 25) {
    fault = {{}, FaultKind::kKill, Pick(kServices, random), milliseconds(0)};
  } else if (lot < 35) {
    fault = {{}, FaultKind::kPause, Pick(kServices, random), Between(300, 3000, random)};
  } else if (lot < 43) {
    fault = {{}, FaultKind::kKill, Pick(kEngines, random), milliseconds(0)};
  } else if (lot < 48) {
    fault = {{}, FaultKind::kPause, Pick(kEngines, random), Between(300, 2000, random)};
  } else if (lot < 52) {
    fault = {{}, FaultKind::kStop, "redis-" + std::to_string(random.Below(6)), Between(2500, 4000, random)};
  } else if (lot < 55) {
    fault = {{}, FaultKind::kFlush, "redis", milliseconds(0)};
  } else if (lot < 62) {
    fault = {{}, FaultKind::kSlow, Pick(kWithSql, random) + ".kafka.before_handler", Between(500, 2500, random)};
  } else if (lot < 70) {
    fault = {{}, FaultKind::kRefuse, Pick(kWithSql, random) + "." + Pick(kRefusals, random), Between(200, 1500, random)};
  } else if (lot < 88) {
    fault = {{}, FaultKind::kCut, Edge(random), Between(200, 1500, random)};
  } else {
    fault = {{}, FaultKind::kPartition, Edge(random), Between(500, 2500, random)};
  }
  return fault;
}

const char* Verb(FaultKind kind) {
  switch (kind) {
    case FaultKind::kKill:
      return "kill";
    case FaultKind::kPause:
      return "pause";
    case FaultKind::kStop:
      return "stop";
    case FaultKind::kFlush:
      return "flush";
    case FaultKind::kSlow:
      return "slow";
    case FaultKind::kRefuse:
      return "refuse";
    case FaultKind::kCut:
      return "cut";
    case FaultKind::kPartition:
      return "partition";
  }
  return "?";
}

}  // namespace

Schedule MakeSchedule(std::uint64_t seed, milliseconds length, bool with_proxies) {
  SeededRandom random(seed);
  Schedule schedule;
  schedule.seed = seed;
  schedule.duplicates = random.Below(2) == 0;
  schedule.shuffles = random.Below(2) == 0;
  const milliseconds end = length * 4 / 5;
  for (milliseconds at = Between(300, 1500, random); at < end; at += Between(500, 2500, random)) {
    Fault fault = Draw(random, with_proxies);
    fault.at = at;
    fault.lasts = std::min(fault.lasts, length - at);
    schedule.faults.push_back(std::move(fault));
  }
  return schedule;
}

std::string ToText(const Fault& fault) {
  char text[160];
  const int lasts = static_cast<int>(fault.lasts.count());
  std::snprintf(text, sizeof text, "%8.3f s  %s %s", static_cast<double>(fault.at.count()) / 1000, Verb(fault.kind), fault.target.c_str());
  return lasts == 0 ? std::string(text) : std::string(text) + " for " + std::to_string(lasts) + " ms";
}

std::string ToText(const Schedule& schedule) {
  std::string text = "seed " + std::to_string(schedule.seed) + (schedule.duplicates ? ", every record twice" : "") +
                     (schedule.shuffles ? ", out of order across keys" : "") + "\n";
  for (const Fault& fault : schedule.faults) text += ToText(fault) + "\n";
  return text;
}

}  // namespace souk::faults
