#pragma once

#include <chrono>

#include "libs/chassis/service.hpp"
#include "services/fulfillment/domain/carrier_plan.hpp"

namespace souk::fulfillment {

struct Config {
  chassis::CommonConfig common;
  CarrierPolicy carrier;
  std::chrono::milliseconds return_after{2000};
  std::chrono::milliseconds sweep_interval{200};
  int sweep_batch_max = 500;
  int writer_batch_max = 512;
  int consumer_batch_max = 500;
};

/// Declares every key of the service.
void Declare(config::Schema& schema, Config* config);

}  // namespace souk::fulfillment
