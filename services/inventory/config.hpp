#pragma once

#include <chrono>
#include <string>

#include "libs/chassis/service.hpp"

namespace souk::inventory {

struct Config {
  chassis::CommonConfig common;
  std::chrono::milliseconds hold_default{};
  std::chrono::milliseconds expiry_interval{};
  bool redis_enabled = true;
  int writer_batch_max = 0;
  std::string writer_isolation;
  int shards_max = 0;
  std::chrono::milliseconds reconcile_interval{};
};

/// Declares every key of the service.
void Declare(config::Schema& schema, Config* config);

}  // namespace souk::inventory
