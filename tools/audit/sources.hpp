#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

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
  std::string order_events_topic = "orders.order.events.v1";  ///< no setting: tests of the audit plant in one of their own
  std::string provider_url;
  std::string provider_key;
  std::string logs_dir;                         ///< folder whose files are searched for card numbers; empty = none
  std::chrono::milliseconds open_max{60'000};   ///< an accepted order older than this must have ended or be with the carrier
  int rechecks = 4;                             ///< an offender counts when it is there in every look
  std::chrono::milliseconds recheck_interval{700};
  int search_every = 1;  ///< the search for card numbers runs in every n-th audit, from the first on
};
void DeclareSources(config::Schema& schema, Config* config);

/// How far a log that only grows has been read, so that the next audit reads what is new and nothing else.
struct TopicRead {
  std::vector<std::int64_t> offsets;
  std::int64_t records = 0;
};
struct FileRead {
  std::int64_t bytes = 0;
  std::int64_t lines = 0;
};

/// What earlier audits of this process have read.
struct Memory {
  TopicRead order_events;
  std::unordered_map<std::string, std::vector<std::string>> accepted;  ///< order id -> the different ids of its OrderAccepted events
  std::map<std::string, TopicRead> searched_topics;
  std::map<std::uint64_t, FileRead> searched_files;  ///< by inode: rotation renames them
  std::vector<std::string> card_numbers;             ///< found in topics and log files
};

/// Open connections to everything that is read.
struct Sources {
  explicit Sources(const Config& config);
  const Config& config;
  sql::Connection orders, inventory, payments, fulfillment, notifications;
  std::unique_ptr<redis::Cluster> redis;
  http::Client http;
  Memory memory;
};

}  // namespace souk::audit
