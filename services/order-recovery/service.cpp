#include "services/order-recovery/service.hpp"

#include <algorithm>
#include <thread>

#include "libs/base/clock.hpp"
#include "libs/base/random.hpp"
#include "libs/chassis/thread_pool.hpp"
#include "libs/http/router.hpp"
#include "libs/http/server.hpp"
#include "libs/kafka/consumer.hpp"
#include "libs/kafka/producer.hpp"
#include "libs/observability/log.hpp"
#include "libs/observability/metrics.hpp"
#include "libs/outbox/parking_lot.hpp"
#include "libs/rpc/grpc_server.hpp"
#include "libs/rpc/rest.hpp"
#include "services/order-recovery/adapters/codec.hpp"
#include "services/order-recovery/adapters/kafka_in.hpp"
#include "services/order-recovery/adapters/orders_client.hpp"
#include "services/order-recovery/adapters/recovery_api.hpp"
#include "services/order-recovery/adapters/sql_watch_store.hpp"
#include "services/order-recovery/migrations.hpp"

namespace souk::recovery {
namespace {

constexpr std::size_t kConnections = 4;
constexpr std::size_t kWorkers = 3;
constexpr std::size_t kCallsWaitingMax = 500;
constexpr std::chrono::seconds kSqlWait{30};
constexpr std::chrono::seconds kCount{5};
constexpr int kForgetMax = 5'000;
/// Nobody waits for what is seen here: records may come in larger batches.
constexpr std::chrono::milliseconds kFetchWait{500};
constexpr int kFetchBytes = 256 * 1024;

sql::ConnectionConfig SqlConfig(const Config& config) {
  sql::ConnectionConfig sql;
  sql.url = config.common.sql_url;
  sql.application_name = "order-recovery";
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

kafka::ConsumerConfig EventsConsumer(const Config& config) {
  kafka::ConsumerConfig consumer;
  consumer.brokers = config.common.kafka_brokers;
  consumer.group = std::string(kOrdersGroup);
  consumer.topics = {std::string(kOrderEvents)};
  consumer.client_id = "order-recovery-" + config.common.instance;
  consumer.batch_max = config.consumer_batch_max;
  consumer.fetch_wait_max = kFetchWait;
  consumer.fetch_bytes_min = kFetchBytes;
  consumer.chaos_duplicate = config.common.chaos_duplicate;
  consumer.chaos_shuffle = config.common.chaos_shuffle;
  return consumer;
}

ResumeConfig ResumeConfigOf(const Config& config) {
  return {.policy = config.policy, .who = config.common.instance, .lease = config.lease, .call_max = config.call_timeout + std::chrono::seconds(1)};
}

}  // namespace

// Declared in the order of dependence: destroyed, and stopped, in the reverse.
struct Service::Parts {
  Parts(const Config& c, std::unique_ptr<kafka::Producer> p)
      : config(c),
        producer(std::move(p)),
        pool(SqlConfig(c), kConnections),
        store(pool),
        orders(c.orders_grpc, c.call_timeout, clock),
        resume(ResumeConfigOf(c), store, orders, clock, random),
        actions(c.policy, store, orders, clock),
        workers(kWorkers, kCallsWaitingMax),
        kafka_in(resume),
        // Events carry versions: their order is no matter.
        parking({.group = std::string(kOrdersGroup)}, [this](auto& records) { return kafka_in.Handle(records); }, nullptr, *producer) {
    AddMethods(table, {actions, store, workers, clock, c.policy});
  }

  Result<void> StartWork();
  Result<void> StartServers();
  void AddReadiness(chassis::Health& health);
  void Sweep();
  void Count();

  const Config config;
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<kafka::Producer> producer;
  sql::Pool pool;
  SqlWatchStore store;
  OrdersClient orders;
  ResumeOverdue resume;
  OperatorActions actions;
  chassis::ThreadPool workers;
  KafkaIn kafka_in;
  kafka::Parking parking;
  rpc::MethodTable table;
  std::unique_ptr<rpc::GrpcServer> grpc;
  std::unique_ptr<http::Server> http;
  std::unique_ptr<kafka::Consumer> consumer;
  std::vector<std::unique_ptr<chassis::Periodic>> jobs;
  bool stopped = false;
};

/// One batch per interval, as large as the rate allows.
void Service::Parts::Sweep() {
  static auto& resumed = metrics::GetCounter("souk_recovery_taken_total", "Overdue orders that were tried");
  const std::int64_t limit = std::max<std::int64_t>(1, config.resume_rate * config.sweep_interval.count() / 1000);
  const Result<std::size_t> taken = resume.RunOnce(static_cast<int>(limit));
  if (!taken.ok()) return log::Warn("overdue orders could not be taken up, will try again", {log::Why(taken.error())});
  resumed.Increment(static_cast<double>(*taken));
}

void Service::Parts::Count() {
  const auto counts = store.Count();
  if (!counts.ok()) return;  // the sweep says why
  for (const State state : {State::kWatched, State::kQuarantined, State::kResolved}) {
    const auto found = counts->find(state);
    metrics::GetGauge("souk_recovery_orders", "Orders that have not ended, by what is done with them", {{"state", std::string(ToString(state))}})
        .Set(found == counts->end() ? 0 : static_cast<double>(found->second));
  }
  WatchFilter filter;
  filter.overdue_before = clock.Now() - config.policy.grace;
  if (const auto stuck = store.List(filter, Uuid{}, 1000); stuck.ok()) {
    metrics::GetGauge("souk_recovery_stuck", "Orders past deadline and grace, in trouble or quarantined (up to 1000)").Set(static_cast<double>(stuck->size()));
    const auto attention = std::count_if(stuck->begin(), stuck->end(), [&](const Watched& watched) { return NeedsAttention(watched, config.policy); });
    metrics::GetGauge("souk_recovery_attention", "Orders that asking has not helped: a person should look").Set(static_cast<double>(attention));
  }
  if (const auto forgotten = store.Forget(clock.Now() - config.keep_ended, kForgetMax); !forgotten.ok()) {
    log::Warn("ended orders could not be forgotten", {log::Why(forgotten.error())});
  }
}

Result<void> Service::Parts::StartWork() {
  SOUK_ASSIGN_OR_RETURN(consumer, kafka::Consumer::Start(parking.Subscribe(EventsConsumer(config)),
                                                         [this](auto& records) { return parking.Handle(records); }));
  jobs.push_back(std::make_unique<chassis::Periodic>("resume", config.sweep_interval, [this] { Sweep(); }));
  jobs.push_back(std::make_unique<chassis::Periodic>("count", kCount, [this] { Count(); }));
  return {};
}

Result<void> Service::Parts::StartServers() {
  rpc::GrpcServerConfig grpc_config;
  grpc_config.host = config.common.host;
  grpc_config.port = config.common.grpc_port;
  SOUK_ASSIGN_OR_RETURN(grpc, rpc::GrpcServer::Start(grpc_config, table));
  const auto router = std::make_shared<http::Router>();
  rpc::MountRest(*router, table);
  rpc::MountOpenApi(*router, table, "Souk order-recovery");
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
    return MakeError(ErrorCode::kUnavailable, "not a member of group order-recovery.orders yet");
  });
}

Service::Service(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Service::~Service() { Stop(); }

Result<std::unique_ptr<Service>> Service::Start(const Config& config, chassis::Health& health) {
  if (config.common.migrate) SOUK_RETURN_IF_ERROR(MigrateWhenSqlIsThere(config));
  kafka::ProducerConfig producer_config;
  producer_config.brokers = config.common.kafka_brokers;
  producer_config.client_id = "order-recovery-" + config.common.instance;
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
  if (parts_->http) parts_->http->Stop(parts_->config.common.grace);
  if (parts_->grpc) parts_->grpc->Stop(parts_->config.common.grace);
  parts_->jobs.clear();
  if (parts_->consumer) parts_->consumer->Stop();
  parts_->workers.Stop();
}

}  // namespace souk::recovery
