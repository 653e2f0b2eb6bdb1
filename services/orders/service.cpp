#include "services/orders/service.hpp"

#include <thread>

#include "libs/base/random.hpp"
#include "libs/chassis/thread_pool.hpp"
#include "libs/http/router.hpp"
#include "libs/http/server.hpp"
#include "libs/kafka/consumer.hpp"
#include "libs/kafka/producer.hpp"
#include "libs/outbox/relay.hpp"
#include "libs/rpc/grpc_server.hpp"
#include "libs/rpc/rest.hpp"
#include "services/orders/adapters/codec.hpp"
#include "services/orders/adapters/deadline_sweep.hpp"
#include "services/orders/adapters/kafka_in.hpp"
#include "services/orders/adapters/orders_api.hpp"
#include "services/orders/migrations.hpp"

namespace souk::orders {
namespace {

constexpr std::size_t kReadConnections = 4;
constexpr std::size_t kReadsWaitingMax = 2000;
constexpr std::size_t kContentsKept = 50'000;
constexpr std::chrono::seconds kSqlWait{30};
constexpr std::chrono::milliseconds kTick{25};
constexpr std::chrono::milliseconds kPoll{100};
constexpr std::chrono::milliseconds kCount{5'000};

sql::ConnectionConfig SqlConfig(const Config& config, bool index_scans_only) {
  sql::ConnectionConfig sql;
  sql.url = config.common.sql_url;
  sql.application_name = "orders";
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

kafka::ConsumerConfig ConsumerOf(const Config& config, std::string_view group, std::vector<std::string> topics) {
  kafka::ConsumerConfig consumer;
  consumer.brokers = config.common.kafka_brokers;
  consumer.group = std::string(group);
  consumer.topics = std::move(topics);
  consumer.client_id = "orders-" + config.common.instance;
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
        relay({}, SqlConfig(c, true), *producer),
        contents(kContentsKept),
        // A sequential scan would lock the whole table against every other writer (SERIALIZABLE's predicate locks).
        store(SqlConfig(c, true), contents, c.hold,
              [this](std::vector<outbox::OutboxRecord> records) { relay.HandOff(std::move(records)); }),
        pool(SqlConfig(c, false), kReadConnections),
        view(pool, contents),
        hub(view),
        stats(view, clock),
        writer(store, {clock, random, c.times}, static_cast<std::size_t>(c.writer_batch_max),
               [this](const Work& work) {
                 stats.Observe(work);
                 if (work.outcome.changed) hub.Publish(work.outcome.order);
               }),
        readers(kReadConnections, kReadsWaitingMax),
        api(writer, view, hub, stats, readers),
        kafka_in(writer),
        // The saga takes replies in any order, and asks again for one that was lost: an order does not wait behind a dead letter. Prices carry versions.
        replies_parking({.group = std::string(kRepliesGroup)}, [this](auto& records) { return kafka_in.OnReplies(records); }, nullptr, *producer),
        catalogue_parking({.group = std::string(kCatalogueGroup)}, [this](auto& records) { return kafka_in.OnProducts(records); }, nullptr, *producer),
        sweep(view, writer, clock, c.sweep_batch_max) {
    api.AddMethods(table);
  }

  Result<void> StartServers();
  Result<void> StartWork();
  void AddReadiness(chassis::Health& health);

  const Config config;
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<kafka::Producer> producer;
  outbox::Relay relay;
  ContentCache contents;
  SqlOrderStore store;
  sql::Pool pool;
  SqlOrderView view;
  OrderHub hub;
  OrderStats stats;
  Writer writer;
  chassis::ThreadPool readers;
  OrdersApi api;
  KafkaIn kafka_in;
  kafka::Parking replies_parking;
  kafka::Parking catalogue_parking;
  DeadlineSweep sweep;
  rpc::MethodTable table;
  std::unique_ptr<rpc::GrpcServer> grpc;
  std::unique_ptr<http::Server> http;
  std::unique_ptr<kafka::Consumer> replies;
  std::unique_ptr<kafka::Consumer> catalogue;
  std::vector<std::unique_ptr<chassis::Periodic>> jobs;
  bool stopped = false;
};

Result<void> Service::Parts::StartServers() {
  rpc::GrpcServerConfig grpc_config;
  grpc_config.host = config.common.host;
  grpc_config.port = config.common.grpc_port;
  SOUK_ASSIGN_OR_RETURN(grpc, rpc::GrpcServer::Start(grpc_config, table));
  const auto router = std::make_shared<http::Router>();
  rpc::MountRest(*router, table);
  rpc::MountOpenApi(*router, table, "Souk orders");
  api.AddRoutes(*router);
  http::ServerConfig http_config;
  http_config.host = config.common.host;
  http_config.port = config.common.http_port;
  SOUK_ASSIGN_OR_RETURN(http, http::Server::Start(http_config, http::ToHandler(router)));
  grpc->SetServing(true);
  return {};
}

Result<void> Service::Parts::StartWork() {
  relay.Start();
  const std::vector<std::string> answers = {std::string(kStockEvents), std::string(kPaymentEvents), std::string(kShipmentEvents)};
  SOUK_ASSIGN_OR_RETURN(replies, kafka::Consumer::Start(replies_parking.Subscribe(ConsumerOf(config, kRepliesGroup, answers)),
                                                        [this](auto& records) { return replies_parking.Handle(records); }));
  SOUK_ASSIGN_OR_RETURN(catalogue,
                        kafka::Consumer::Start(catalogue_parking.Subscribe(ConsumerOf(config, kCatalogueGroup, {std::string(kProductEvents)})),
                                               [this](auto& records) { return catalogue_parking.Handle(records); }));
  if (config.sweep_enabled) jobs.push_back(std::make_unique<chassis::Periodic>("sweep", config.sweep_interval, [this] { sweep.Run(); }));
  jobs.push_back(std::make_unique<chassis::Periodic>("tick", kTick, [this] { hub.Tick(); }));
  jobs.push_back(std::make_unique<chassis::Periodic>("poll", kPoll, [this] { hub.Poll(); }));
  jobs.push_back(std::make_unique<chassis::Periodic>("count", kCount, [this] { stats.Json(); }));
  return {};
}

void Service::Parts::AddReadiness(chassis::Health& health) {
  health.AddReadinessCheck("sql", [this] { return pool.Ping(); });
  health.AddReadinessCheck("kafka", [this]() -> Result<void> {
    if (replies->Ready() && catalogue->Ready()) return {};
    return MakeError(ErrorCode::kUnavailable, "not a member of its consumer groups yet");
  });
}

Service::Service(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Service::~Service() { Stop(); }

Result<std::unique_ptr<Service>> Service::Start(const Config& config, chassis::Health& health) {
  if (config.common.migrate) SOUK_RETURN_IF_ERROR(MigrateWhenSqlIsThere(config));
  kafka::ProducerConfig producer_config;
  producer_config.brokers = config.common.kafka_brokers;
  producer_config.client_id = "orders-" + config.common.instance;
  SOUK_ASSIGN_OR_RETURN(auto producer, kafka::Producer::Create(producer_config));
  std::unique_ptr<Service> service(new Service(std::make_unique<Parts>(config, std::move(producer))));
  SOUK_RETURN_IF_ERROR(service->parts_->StartServers());
  SOUK_RETURN_IF_ERROR(service->parts_->StartWork());
  service->parts_->AddReadiness(health);
  return service;
}

int Service::http_port() const { return parts_->http->port(); }
int Service::grpc_port() const { return parts_->grpc->port(); }

void Service::StopAccepting() {
  parts_->grpc->SetServing(false);
  parts_->http->StopAccepting();
  parts_->hub.Stop();
}

void Service::Stop() {
  Parts& p = *parts_;
  if (std::exchange(p.stopped, true)) return;
  p.hub.Stop();
  if (p.http) p.http->Stop(p.config.common.grace);
  if (p.grpc) p.grpc->Stop(p.config.common.grace);
  p.jobs.clear();
  if (p.replies) p.replies->Stop();
  if (p.catalogue) p.catalogue->Stop();
  p.writer.Stop();
  p.relay.Stop();
  p.readers.Stop();
}

}  // namespace souk::orders
