#include "services/products/service.hpp"

#include <thread>

#include "libs/base/clock.hpp"
#include "libs/base/random.hpp"
#include "libs/chassis/thread_pool.hpp"
#include "libs/http/router.hpp"
#include "libs/http/server.hpp"
#include "libs/kafka/producer.hpp"
#include "libs/outbox/relay.hpp"
#include "libs/rpc/grpc_server.hpp"
#include "libs/rpc/rest.hpp"
#include "services/products/adapters/importer.hpp"
#include "services/products/adapters/products_api.hpp"
#include "services/products/adapters/sql_product_store.hpp"
#include "services/products/migrations.hpp"

namespace souk::products {
namespace {

constexpr std::size_t kReadConnections = 3;
constexpr std::size_t kReadsWaitingMax = 2000;
constexpr std::chrono::seconds kSqlWait{30};

sql::ConnectionConfig SqlConfig(const Config& config, bool index_scans_only) {
  sql::ConnectionConfig sql;
  sql.url = config.common.sql_url;
  sql.application_name = "products";
  sql.index_scans_only = index_scans_only;
  return sql;
}

/// Engines and services start in any order.
Result<void> MigrateWhenSqlIsThere(const Config& config) {
  sql::Connection connection(SqlConfig(config, false));
  const SteadyTime give_up = std::chrono::steady_clock::now() + kSqlWait;
  while (true) {
    const Result<void> migrated = sql::Migrate(connection, Migrations());
    if (migrated.ok() || migrated.error().code != ErrorCode::kUnavailable) return migrated;
    if (std::chrono::steady_clock::now() > give_up) return migrated;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
}

}  // namespace

// Declared in the order of dependence: destroyed, and stopped, in the reverse.
struct Service::Parts {
  Parts(const Config& c, std::unique_ptr<kafka::Producer> p)
      : config(c),
        producer(std::move(p)),
        relay({}, SqlConfig(c, true), *producer),
        store(SqlConfig(c, true), [this](std::vector<outbox::OutboxRecord> records) { relay.HandOff(std::move(records)); }),
        writer(store, clock, static_cast<std::size_t>(c.writer_batch_max)),
        pool(SqlConfig(c, false), kReadConnections),
        view(pool),
        readers(kReadConnections, kReadsWaitingMax),
        api(writer, view, readers, clock, random),
        importer(writer, view, clock, random, static_cast<std::size_t>(c.import_lines_per_part)) {
    api.AddMethods(table);
    importer.AddMethods(table);
  }

  Result<void> StartServers();

  const Config config;
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<kafka::Producer> producer;
  outbox::Relay relay;
  SqlProductStore store;
  Writer writer;
  sql::Pool pool;
  SqlProductView view;
  chassis::ThreadPool readers;
  ProductsApi api;
  Importer importer;
  rpc::MethodTable table;
  std::unique_ptr<rpc::GrpcServer> grpc;
  std::unique_ptr<http::Server> http;
  bool stopped = false;
};

Result<void> Service::Parts::StartServers() {
  rpc::GrpcServerConfig grpc_config;
  grpc_config.host = config.common.host;
  grpc_config.port = config.common.grpc_port;
  SOUK_ASSIGN_OR_RETURN(grpc, rpc::GrpcServer::Start(grpc_config, table));
  const auto router = std::make_shared<http::Router>();
  rpc::MountRest(*router, table);
  rpc::MountOpenApi(*router, table, "Souk products");
  importer.AddRoutes(*router);
  http::ServerConfig http_config;
  http_config.host = config.common.host;
  http_config.port = config.common.http_port;
  SOUK_ASSIGN_OR_RETURN(http, http::Server::Start(http_config, http::ToHandler(router)));
  grpc->SetServing(true);
  return {};
}

Service::Service(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Service::~Service() { Stop(); }

Result<std::unique_ptr<Service>> Service::Start(const Config& config, chassis::Health& health) {
  if (config.common.migrate) SOUK_RETURN_IF_ERROR(MigrateWhenSqlIsThere(config));
  kafka::ProducerConfig producer_config;
  producer_config.brokers = config.common.kafka_brokers;
  producer_config.client_id = "products-" + config.common.instance;
  SOUK_ASSIGN_OR_RETURN(auto producer, kafka::Producer::Create(producer_config));
  std::unique_ptr<Service> service(new Service(std::make_unique<Parts>(config, std::move(producer))));
  SOUK_RETURN_IF_ERROR(service->parts_->StartServers());
  service->parts_->relay.Start();
  // Kafka is not asked for: sellers' changes are taken without it, the outbox keeps the events.
  health.AddReadinessCheck("sql", [parts = service->parts_.get()] { return parts->pool.Ping(); });
  return service;
}

int Service::http_port() const { return parts_->http->port(); }
int Service::grpc_port() const { return parts_->grpc->port(); }

void Service::StopAccepting() {
  parts_->grpc->SetServing(false);
  parts_->http->StopAccepting();
}

void Service::Stop() {
  Parts& p = *parts_;
  if (std::exchange(p.stopped, true)) return;
  if (p.http) p.http->Stop(p.config.common.grace);
  if (p.grpc) p.grpc->Stop(p.config.common.grace);
  p.importer.Stop();
  p.writer.Stop();
  p.relay.Stop();
  p.readers.Stop();
}

}  // namespace souk::products
