#pragma once

#include <string>

#include "libs/chassis/service.hpp"

namespace souk::gateway {

/// Everything the gateway can be told.
struct Config {
  chassis::CommonConfig common;
  std::string orders_url;         ///< several instances: "http://a:3001,http://b:3001"
  std::string inventory_url;
  std::string payments_url;
  std::string fulfillment_url;
  std::string notifications_url;
  std::string products_url;
  std::string recovery_url;
  std::string audit_url;          ///< empty: the page shows no invariants
  std::string processes;          ///< "orders=127.0.0.1:5001,...": whose /readyz the page shows
  std::string groups;             ///< consumer groups whose lag the page shows, "group=topic+topic,..."
  std::chrono::milliseconds live_interval{500};
  int streams_max = 0;
};

void Declare(config::Schema& schema, Config* config);

}  // namespace souk::gateway
