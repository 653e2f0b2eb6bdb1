#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace souk::faults {

/// What is done to whom. Every fault ends by itself or is ended after `lasts`.
enum class FaultKind {
  kKill,       ///< kill -9 of a service or an engine; its supervisor starts it again after a second
  kPause,      ///< SIGSTOP, later SIGCONT
  kStop,       ///< stopped in order, later started: long enough for a Redis replica to take over
  kFlush,      ///< every count in Redis gone
  kSlow,       ///< each batch of Kafka records is handled late, for a while
  kRefuse,     ///< a library call of the service fails again and again, for a while
  kCut,        ///< connections to an engine are reset while COMMIT, a produce request or a reply is on its way
  kPartition,  ///< bytes to an engine vanish, in one direction or both
};

struct Fault {
  std::chrono::milliseconds at{0};  ///< since the load began
  FaultKind kind = FaultKind::kKill;
  std::string target;  ///< process, or fail point, or "service->engine"
  std::chrono::milliseconds lasts{0};
};

struct Schedule {
  std::uint64_t seed = 0;
  bool duplicates = false;    ///< the whole run: every Kafka record is handled twice
  bool shuffles = false;      ///< the whole run: out of order across keys
  std::vector<Fault> faults;  ///< sorted by time; all have ended before `length`
};

/// The same seed, length and choice of proxies give the same schedule. About one fault a second and a half, none in the last fifth.
Schedule MakeSchedule(std::uint64_t seed, std::chrono::milliseconds length, bool with_proxies);

/// "  3.250 s  kill payments"
std::string ToText(const Fault& fault);
std::string ToText(const Schedule& schedule);

}  // namespace souk::faults
