#pragma once

#include <chrono>

#include "libs/chassis/service.hpp"
#include "libs/config/config.hpp"
#include "services/orders/domain/place_order_saga.hpp"

namespace souk::orders {

struct Config {
  chassis::CommonConfig common;
  SagaTimes times;
  std::chrono::milliseconds hold{std::chrono::minutes(15)};
  bool sweep_enabled = true;
  std::chrono::milliseconds sweep_interval{1000};
  int sweep_batch_max = 500;
  int writer_batch_max = 512;
  int consumer_batch_max = 500;
};

void Declare(config::Schema& schema, Config* config);

}  // namespace souk::orders
