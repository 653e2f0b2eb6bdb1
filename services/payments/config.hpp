#pragma once

#include <chrono>
#include <string>

#include "libs/chassis/service.hpp"
#include "libs/config/config.hpp"

namespace souk::payments {

struct Config {
  chassis::CommonConfig common;
  std::string provider_url;
  std::string provider_key;
  std::chrono::milliseconds provider_timeout{5000};
  int provider_concurrency = 64;
  std::string webhook_secret;
  std::chrono::milliseconds sweep_interval{500};
  int sweep_max = 500;
  int batch_max = 256;
  int queue_max = 8192;
  int readers = 3;
  std::chrono::milliseconds reconcile_interval{300'000};
};

/// Declares every key once.
void Declare(config::Schema& schema, Config* config);

}  // namespace souk::payments
