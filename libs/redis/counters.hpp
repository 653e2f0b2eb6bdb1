#pragma once

#include <atomic>
#include <cstdint>

namespace souk::redis {

/// Behind ClusterStats. Written on the I/O thread (commands, in_flight: also by callers), read anywhere.
struct Counters {
  std::atomic<std::uint64_t> commands{0}, in_flight{0}, moved{0}, asked{0}, waits{0}, refreshes{0}, timeouts{0},
      replies_lost{0}, refused{0}, script_loads{0}, reconnects{0};
};

}  // namespace souk::redis
