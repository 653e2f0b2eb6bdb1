#include <unistd.h>

#include <charconv>

#include "libs/chassis/service.hpp"

namespace souk::chassis {

using std::chrono::milliseconds;

void DeclareCommon(config::Schema& schema, CommonConfig* config, int http_port) {
  char host[256] = "localhost";
  gethostname(host, sizeof host - 1);
  const std::string instance = std::string(host) + "-" + std::to_string(getpid());
  schema.Text("instance", &config->instance, instance, "Name of this process among several of one service");
  schema.Text("log.level", &config->log_level, "info", "debug, info, warn or error");
  schema.Text("host", &config->host, "127.0.0.1", "Address to listen on");
  schema.Int("http.port", &config->http_port, http_port, 0, 65535, "Port of the REST API; 0 picks one");
  schema.Int("grpc.port", &config->grpc_port, http_port + 1000, 0, 65535, "Port of the gRPC API; 0 picks one");
  schema.Int("admin.port", &config->admin_port, http_port + 2000, 0, 65535, "Port of health, metrics and configuration; 0 picks one");
  schema.Text("sql.url", &config->sql_url, "", "Where the SQL engine is, as a postgresql:// URL with user and password").Secret();
  schema.Bool("migrate", &config->migrate, true, "Bring the schema up to date at start");
  schema.Text("kafka.brokers", &config->kafka_brokers, "127.0.0.1:19092", "Kafka bootstrap servers, host:port,host:port");
  schema.Text("redis.nodes", &config->redis_nodes, "127.0.0.1:17000", "Redis Cluster nodes to start from, host:port,host:port");
  schema.Duration("drain", &config->drain, milliseconds(500), milliseconds(0), milliseconds(60'000),
                  "Time between 'not ready' and the end of accepting, for load balancers to notice");
  schema.Duration("grace", &config->grace, milliseconds(10'000), milliseconds(0), milliseconds(120'000),
                  "Time for requests in flight at a stop");
  schema.Bool("chaos.duplicate", &config->chaos_duplicate, false, "Tests only: handle every Kafka record twice").DevelopmentOnly();
  schema.Bool("chaos.shuffle", &config->chaos_shuffle, false, "Tests only: handle records out of order across keys").DevelopmentOnly();
  schema.Text("failpoints", &config->failpoints, "",
              "Tests only: \"on\" counts passages of fail points and lets the admin port arm them; NAME=ACTION[:DURATION][:N],... arms some at once; "
              "\"list\" prints their names and ends").DevelopmentOnly();
}

Result<std::vector<std::pair<std::string, int>>> ParseEndpoints(const std::string& text) {
  std::vector<std::pair<std::string, int>> endpoints;
  std::size_t from = 0;
  while (from <= text.size()) {
    const std::size_t comma = std::min(text.find(',', from), text.size());
    const std::string part = text.substr(from, comma - from);
    const std::size_t colon = part.rfind(':');
    int port = 0;
    const char* begin = part.data() + (colon == std::string::npos ? part.size() : colon + 1);
    const auto [end, error] = std::from_chars(begin, part.data() + part.size(), port);
    if (colon == std::string::npos || colon == 0 || error != std::errc{} || end != part.data() + part.size() || port < 1 || port > 65535) {
      return MakeError(ErrorCode::kInvalidArgument, "'" + part + "' is not host:port");
    }
    endpoints.emplace_back(part.substr(0, colon), port);
    from = comma + 1;
  }
  return endpoints;
}

}  // namespace souk::chassis
