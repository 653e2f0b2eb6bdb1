#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "libs/config/config.hpp"
#include "libs/http/client.hpp"
#include "libs/redis/cluster.hpp"
#include "libs/sql/connection.hpp"

namespace souk::audit {

/// Where the audit reads. It never writes anywhere.
struct Config {
  std::string orders_sql;
  std::string inventory_sql;
  std::string payments_sql;
  std::string fulfillment_sql;
  std::string notifications_sql;
  std::string redis_nodes;
  std::string kafka_brokers;
  std::string provider_url;
  std::string provider_key;
  std::string logs_dir;                         ///< folder whose files are searched for card numbers; empty = none
  std::chrono::milliseconds open_max{60'000};   ///< an accepted order older than this must have ended or be with the carrier
  int rechecks = 4;                             ///< an offender counts when it is there in every look
  std::chrono::milliseconds recheck_interval{700};
};
void DeclareSources(config::Schema& schema, Config* config);

/// Open connections to everything that is read.
struct Sources {
  explicit Sources(const Config& config);
  const Config& config;
  sql::Connection orders, inventory, payments, fulfillment, notifications;
  std::unique_ptr<redis::Cluster> redis;
  http::Client http;
};

}  // namespace souk::audit
