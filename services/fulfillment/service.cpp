#include "services/fulfillment/service.hpp"

#include <thread>

#include "libs/base/clock.hpp"
#include "libs/chassis/thread_pool.hpp"
#include "libs/http/router.hpp"
#include "libs/http/server.hpp"
#include "libs/kafka/consumer.hpp"
#include "libs/kafka/producer.hpp"
#include "libs/outbox/parking_lot.hpp"
#include "libs/outbox/relay.hpp"
#include "libs/rpc/grpc_server.hpp"
#include "libs/rpc/rest.hpp"
#include "services/fulfillment/adapters/api.hpp"
#include "services/fulfillment/adapters/carrier_sweep.hpp"
#include "services/fulfillment/adapters/codec.hpp"
#include "services/fulfillment/adapters/kafka_in.hpp"
#include "services/fulfillment/adapters/simulated_carrier.hpp"
#include "services/fulfillment/adapters/sql_shipment_store.hpp"
#include "services/fulfillment/migrations.hpp"

namespace souk::fulfillment {
namespace {

constexpr std::size_t kReadConnections = 3;
constexpr std::size_t kReadsWaitingMax = 2000;
constexpr std::chrono::seconds kSqlWait{30};

sql::ConnectionConfig SqlConfig(const Config& config) {
  sql::ConnectionConfig sql;
  sql.url = config.common.sql_url;
  sql.application_name = "fulfillment";
  return sql;
}

/// Engines and services start in any order.
Result<void> MigrateWhenSqlIsThere(const Config& config) {
  sql::Connection connection(SqlConfig(config));
  const SteadyTime give_up = std::chrono::steady_clock::now() + kSqlWait;
  while (true) {
    const Result<void> migrated = sql::Migrate(connection, Migrations());
    if (migrated.ok() || migrated.error().code != ErrorCode::kUnavailable) return migrated;
    if (std::chrono::steady_clock::now() > give_up) return migrated;
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
}

kafka::ConsumerConfig CommandsConsumer(const Config& config) {
  kafka::ConsumerConfig consumer;
  consumer.brokers = config.common.kafka_brokers;
  consumer.group = std::string(kCommandsGroup);
  consumer.topics = {std::string(kCommandsTopic)};
  consumer.client_id = "fulfillment-" + config.common.instance;
  consumer.batch_max = config.consumer_batch_max;
  consumer.chaos_duplicate = config.common.chaos_duplicate;
  consumer.chaos_shuffle = config.common.chaos_shuffle;
  return consumer;
}

}  // namespace

// Declared in the order of dependence: destroyed, and stopped, in the reverse.
struct Service::Parts {
  Parts(const Config& c, std::unique_ptr<kafka::Producer> p)
      : config(c),
        producer(std::move(p)),
        relay({}, SqlConfig(c), *producer),
        store(SqlConfig(c), [this](std::vector<outbox::OutboxRecord> records) { relay.HandOff(std::move(records)); }),
        writer(store, static_cast<std::size_t>(c.writer_batch_max)),
        pool(SqlConfig(c), kReadConnections),
        view(pool),
        readers(kReadConnections, kReadsWaitingMax),
        carrier(c.carrier, c.return_after),
        kafka_in(writer, carrier, clock),
        lot(SqlConfig(c), std::string(kCommandsGroup)),
        parking({.group = std::string(kCommandsGroup)}, [this](auto& records) { return kafka_in.Handle(records); }, &lot, *producer),
        carrier_sweep(view, writer, clock, c.sweep_batch_max) {
    AddMethods(table, view, readers);
  }

  Result<void> StartWork();
  Result<void> StartServers();
  void AddReadiness(chassis::Health& health);

  const Config config;
  SystemClock clock;
  std::unique_ptr<kafka::Producer> producer;
  outbox::Relay relay;
  SqlShipmentStore store;
  Writer writer;
  sql::Pool pool;
  SqlShipmentView view;
  chassis::ThreadPool readers;
  SimulatedCarrier carrier;
  KafkaIn kafka_in;
  outbox::SqlParkingLot lot;
  kafka::Parking parking;
  CarrierSweep carrier_sweep;
  rpc::MethodTable table;
  std::unique_ptr<rpc::GrpcServer> grpc;
  std::unique_ptr<http::Server> http;
  std::unique_ptr<kafka::Consumer> consumer;
  std::unique_ptr<chassis::Periodic> sweep;
  bool stopped = false;
};

Result<void> Service::Parts::StartWork() {
  relay.Start();
  SOUK_ASSIGN_OR_RETURN(consumer, kafka::Consumer::Start(parking.Subscribe(CommandsConsumer(config)),
                                                         [this](auto& records) { return parking.Handle(records); }));
  sweep = std::make_unique<chassis::Periodic>("carrier", config.sweep_interval, [this] { carrier_sweep.Run(); });
  return {};
}

Result<void> Service::Parts::StartServers() {
  rpc::GrpcServerConfig grpc_config;
  grpc_config.host = config.common.host;
  grpc_config.port = config.common.grpc_port;
  SOUK_ASSIGN_OR_RETURN(grpc, rpc::GrpcServer::Start(grpc_config, table));
  const auto router = std::make_shared<http::Router>();
  rpc::MountRest(*router, table);
  rpc::MountOpenApi(*router, table, "Souk fulfillment");
  http::ServerConfig http_config;
  http_config.host = config.common.host;
  http_config.port = config.common.http_port;
  SOUK_ASSIGN_OR_RETURN(http, http::Server::Start(http_config, http::ToHandler(router)));
  grpc->SetServing(true);
  return {};
}

void Service::Parts::AddReadiness(chassis::Health& health) {
  health.AddReadinessCheck("sql", [this] { return pool.Ping(); });
  health.AddReadinessCheck("kafka", [this]() -> Result<void> {
    if (consumer->Ready()) return {};
    return MakeError(ErrorCode::kUnavailable, "not a member of group fulfillment.commands yet");
  });
}

Service::Service(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Service::~Service() { Stop(); }

Result<std::unique_ptr<Service>> Service::Start(const Config& config, chassis::Health& health) {
  if (config.common.migrate) SOUK_RETURN_IF_ERROR(MigrateWhenSqlIsThere(config));
  kafka::ProducerConfig producer_config;
  producer_config.brokers = config.common.kafka_brokers;
  producer_config.client_id = "fulfillment-" + config.common.instance;
  SOUK_ASSIGN_OR_RETURN(auto producer, kafka::Producer::Create(producer_config));
  auto parts = std::make_unique<Parts>(config, std::move(producer));
  SOUK_RETURN_IF_ERROR(parts->StartServers());
  SOUK_RETURN_IF_ERROR(parts->StartWork());
  parts->AddReadiness(health);
  return std::unique_ptr<Service>(new Service(std::move(parts)));
}

int Service::http_port() const { return parts_->http->port(); }
int Service::grpc_port() const { return parts_->grpc->port(); }

void Service::StopAccepting() {
  parts_->grpc->SetServing(false);
  parts_->http->StopAccepting();
}

void Service::Stop() {
  if (std::exchange(parts_->stopped, true)) return;
  parts_->http->Stop(parts_->config.common.grace);
  parts_->grpc->Stop(parts_->config.common.grace);
  parts_->sweep->Stop();
  parts_->consumer->Stop();
  parts_->writer.Stop();
  parts_->relay.Stop();
  parts_->readers.Stop();
}

}  // namespace souk::fulfillment
