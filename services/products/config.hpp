#pragma once

#include "libs/chassis/service.hpp"

namespace souk::products {

struct Config {
  chassis::CommonConfig common;
  int writer_batch_max = 256;
  int import_lines_per_part = 200;
};

/// Declares every key of the service.
void Declare(config::Schema& schema, Config* config);

}  // namespace souk::products
