#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "libs/base/result.hpp"

namespace souk::bench {

/// CPU seconds used so far by the servers of the cluster that are primaries now. `nodes` is "host:port,...".
Result<double> PrimariesCpu(const std::string& nodes);

/// What a reservation costs Redis when each is one script call of its own: redis-benchmark -P 1 against one primary.
class RedisCeiling {
 public:
  /// Finds a primary and a key that lives there; loads the script. `nodes` is "host:port,..." on this host.
  static Result<std::unique_ptr<RedisCeiling>> Create(const std::string& nodes);
  /// Removes its keys.
  ~RedisCeiling();

  struct Run {
    double cpu_us = 0;      ///< server CPU per call
    double per_second = 0;  ///< calls
  };
  Result<Run> Measure(std::int64_t calls);

 private:
  RedisCeiling(int port, std::string tag, std::string sha) : port_(port), tag_(std::move(tag)), sha_(std::move(sha)) {}

  const int port_;
  const std::string tag_;
  const std::string sha_;
};

}  // namespace souk::bench
