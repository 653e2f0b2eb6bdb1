#pragma once

#include <chrono>
#include <string>

#include "libs/chassis/service.hpp"
#include "services/order-recovery/domain/watched.hpp"

namespace souk::recovery {

struct Config {
  chassis::CommonConfig common;
  std::string orders_grpc = "127.0.0.1:4001";
  Policy policy;
  std::chrono::milliseconds sweep_interval{250};
  std::chrono::milliseconds call_timeout{5'000};
  std::chrono::milliseconds lease{30'000};
  std::chrono::milliseconds keep_ended{std::chrono::hours(24 * 8)};
  int resume_rate = 100;
  int consumer_batch_max = 2'000;
};

/// Declares every key of the service.
void Declare(config::Schema& schema, Config* config);

}  // namespace souk::recovery
