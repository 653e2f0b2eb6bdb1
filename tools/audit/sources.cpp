#include "tools/audit/sources.hpp"

#include "libs/chassis/service.hpp"

namespace souk::audit {
namespace {

sql::ConnectionConfig Reader(const std::string& url) {
  sql::ConnectionConfig config;
  config.url = url;
  config.application_name = "souk-audit";
  config.statement_timeout = std::chrono::seconds(60);
  config.index_scans_only = false;  // an audit reads whole tables, in READ COMMITTED: it locks nobody
  return config;
}

}  // namespace

void DeclareSources(config::Schema& schema, Config* config) {
  using std::chrono::milliseconds;
  schema.Text("orders.sql", &config->orders_sql, "", "Database of orders").Secret().Required();
  schema.Text("inventory.sql", &config->inventory_sql, "", "Database of inventory").Secret().Required();
  schema.Text("payments.sql", &config->payments_sql, "", "Database of payments").Secret().Required();
  schema.Text("fulfillment.sql", &config->fulfillment_sql, "", "Database of fulfillment").Secret().Required();
  schema.Text("notifications.sql", &config->notifications_sql, "", "Database of notifications").Secret().Required();
  schema.Text("redis.nodes", &config->redis_nodes, "127.0.0.1:17000", "Redis Cluster nodes, host:port,host:port");
  schema.Text("kafka.brokers", &config->kafka_brokers, "127.0.0.1:19092", "Kafka bootstrap servers");
  schema.Text("provider.url", &config->provider_url, "http://127.0.0.1:3090", "The card provider's API");
  schema.Text("provider.key", &config->provider_key, "sk_test_souk", "Key for the card provider").Secret();
  schema.Text("logs.dir", &config->logs_dir, "", "Folder of log files to search for card numbers; empty = none");
  schema.Duration("open.max", &config->open_max, milliseconds(60'000), milliseconds(0), milliseconds(86'400'000),
                  "An accepted order older than this must have ended or be with the carrier");
  schema.Int("rechecks", &config->rechecks, 4, 0, 100, "How often an offence must be seen again to count");
  schema.Duration("recheck.interval", &config->recheck_interval, milliseconds(700), milliseconds(1), milliseconds(60'000), "Time between two looks");
}

Sources::Sources(const Config& c)
    : config(c),
      orders(Reader(c.orders_sql)),
      inventory(Reader(c.inventory_sql)),
      payments(Reader(c.payments_sql)),
      fulfillment(Reader(c.fulfillment_sql)),
      notifications(Reader(c.notifications_sql)) {
  redis::ClusterConfig cluster;
  if (const auto endpoints = chassis::ParseEndpoints(c.redis_nodes); endpoints.ok()) {
    for (const auto& [host, port] : *endpoints) cluster.seeds.push_back({host, port});
  }
  if (auto connected = redis::Cluster::Connect(cluster); connected.ok()) redis = std::move(*connected);
}

}  // namespace souk::audit
