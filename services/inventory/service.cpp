#include "services/inventory/service.hpp"

#include <condition_variable>
#include <thread>

#include "libs/base/hash.hpp"
#include "libs/http/server.hpp"
#include "libs/kafka/consumer.hpp"
#include "libs/kafka/producer.hpp"
#include "libs/observability/log.hpp"
#include "libs/observability/metrics.hpp"
#include "libs/outbox/parking_lot.hpp"
#include "libs/outbox/relay.hpp"
#include "libs/redis/cluster.hpp"
#include "libs/rpc/grpc_server.hpp"
#include "libs/rpc/rest.hpp"
#include "services/inventory/adapters/codec.hpp"
#include "services/inventory/adapters/grpc_api.hpp"
#include "services/inventory/adapters/hot_page.hpp"
#include "services/inventory/adapters/kafka_in.hpp"
#include "services/inventory/adapters/redis_availability.hpp"
#include "services/inventory/adapters/sql_stock_reader.hpp"
#include "services/inventory/adapters/sql_stock_store.hpp"
#include "services/inventory/adapters/writer.hpp"
#include "services/inventory/app/expire_reservations.hpp"
#include "services/inventory/migrations.hpp"

namespace souk::inventory {
namespace {

constexpr char kLowStockChannel[] = "souk:low-stock";
constexpr std::chrono::milliseconds kWatchPoll{200};
constexpr std::chrono::seconds kSlowReaderPatience{30};
constexpr int kReaderThreads = 2;

sql::ConnectionConfig SqlConfig(const Config& config) {
  sql::ConnectionConfig sql;
  sql.url = config.common.sql_url;
  sql.application_name = "inventory";
  return sql;
}

/// Hears suspicions before there is somebody to care for them.
class WatchRelay final : public CountWatch {
 public:
  void Suspect(const std::string& sku) override {
    if (CountWatch* target = target_.load()) target->Suspect(sku);
  }
  void Missing(const std::string& sku) override {
    if (CountWatch* target = target_.load()) target->Missing(sku);
  }
  void SetTarget(CountWatch* target) { target_ = target; }

 private:
  std::atomic<CountWatch*> target_{nullptr};
};

}  // namespace

class Service::State {
 public:
  explicit State(const Config& config) : config_(config) {}
  ~State() { Stop(); }

  Result<void> Start(chassis::Health& health);
  void StopAccepting();
  void Stop();
  int http_port() const { return http_->port(); }
  int grpc_port() const { return grpc_->port(); }

 private:
  Result<void> StartRedis();
  Result<void> StartKafka();
  void StartLedger();
  Result<void> StartServers();
  void AddChecks(chassis::Health& health);
  void Prepare();
  Result<void> StartConsumers();
  void StartJobs();
  Result<std::unique_ptr<kafka::Consumer>> NewConsumer(std::vector<std::string> topics, kafka::Parking& parking);
  void ReportCounts();
  bool WaitUnlessStopping(std::chrono::milliseconds time);

  const Config config_;
  SystemClock clock_;
  SystemRandom random_;
  HotList hot_;
  LevelBoard board_;
  WatchRelay watch_;
  std::unique_ptr<kafka::Producer> producer_;
  std::unique_ptr<outbox::Relay> relay_;
  std::unique_ptr<redis::Cluster> redis_;
  std::unique_ptr<RedisAvailability> availability_;
  std::unique_ptr<SqlStockReader> reader_;
  std::unique_ptr<SqlStockStore> store_;
  std::unique_ptr<CountKeeper> keeper_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<ReserveGate> gate_;
  std::unique_ptr<ExpireReservations> expiry_;
  std::unique_ptr<WatchHub> watches_;
  std::unique_ptr<HotPage> hot_page_;
  std::unique_ptr<GrpcApi> api_;
  rpc::MethodTable table_;
  std::unique_ptr<rpc::GrpcServer> grpc_;
  std::unique_ptr<http::Server> http_;
  std::unique_ptr<KafkaIn> commands_in_;
  std::unique_ptr<KafkaIn> catalogue_in_;
  std::unique_ptr<outbox::SqlParkingLot> lot_;
  std::unique_ptr<kafka::Parking> commands_parking_;
  std::unique_ptr<kafka::Parking> catalogue_parking_;
  std::unique_ptr<kafka::Consumer> commands_;
  std::unique_ptr<kafka::Consumer> catalogue_;
  std::vector<std::unique_ptr<chassis::Periodic>> jobs_;
  std::thread prepare_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool stopped_ = false;
  std::atomic<bool> prepared_{false};
};

Result<void> Service::State::Start(chassis::Health& health) {
  if (config_.writer_isolation != "serializable" && config_.writer_isolation != "read_committed") {
    return InvalidArgument("writer.isolation", "must be serializable or read_committed");
  }
  if (config_.redis_enabled) SOUK_RETURN_IF_ERROR(StartRedis());
  SOUK_RETURN_IF_ERROR(StartKafka());
  StartLedger();
  SOUK_RETURN_IF_ERROR(StartServers());
  AddChecks(health);
  prepare_ = std::thread([this] { Prepare(); });
  return {};
}

Result<void> Service::State::StartRedis() {
  redis::ClusterConfig redis;
  SOUK_ASSIGN_OR_RETURN(redis.seeds, redis::ParseEndpoints(config_.common.redis_nodes));
  SOUK_ASSIGN_OR_RETURN(redis_, redis::Cluster::Connect(std::move(redis)));
  RedisAvailabilityConfig counts;
  counts.shards_max = config_.shards_max;
  availability_ = std::make_unique<RedisAvailability>(counts, *redis_, random_, watch_);
  return {};
}

Result<void> Service::State::StartKafka() {
  kafka::ProducerConfig producer;
  producer.brokers = config_.common.kafka_brokers;
  producer.client_id = "inventory-" + config_.common.instance;
  SOUK_ASSIGN_OR_RETURN(producer_, kafka::Producer::Create(std::move(producer)));
  relay_ = std::make_unique<outbox::Relay>(outbox::RelayConfig{}, SqlConfig(config_), *producer_);
  return {};
}

void Service::State::StartLedger() {
  const bool serializable = config_.writer_isolation == "serializable";
  const auto hash = Sha256(config_.common.instance);
  reader_ = std::make_unique<SqlStockReader>(SqlConfig(config_), kReaderThreads);
  store_ = std::make_unique<SqlStockStore>(
      SqlConfig(config_), serializable ? sql::Isolation::kSerializable : sql::Isolation::kReadCommitted, hash[0],
      [this](std::vector<outbox::OutboxRecord> records) { relay_->HandOff(std::move(records)); });
  WriterHooks hooks;
  hooks.listeners.push_back(&board_);
  hooks.hot = &hot_;
  if (availability_ != nullptr) {
    keeper_ = std::make_unique<CountKeeper>(CountKeeperConfig{}, *availability_, *reader_,
                                            [] { return std::chrono::steady_clock::now(); });
    watch_.SetTarget(keeper_.get());
    hooks.availability = availability_.get();
    hooks.count_watch = &watch_;
    hooks.listeners.push_back(keeper_.get());
    hooks.alert = [this](const Event& event) {
      redis_->Publish(kLowStockChannel, codec::LowStockJson(event.key, std::get<StockLow>(event.body)));
    };
  }
  WriterConfig writer;
  writer.batch_max = static_cast<std::size_t>(config_.writer_batch_max);
  writer_ = std::make_unique<Writer>(writer, *store_, std::move(hooks));
  gate_ = std::make_unique<ReserveGate>(ReserveGateConfig{}, availability_.get(), *reader_, *writer_);
  writer_->OnBatchTaken([this] { gate_->Nudge(); });
  expiry_ = std::make_unique<ExpireReservations>(*reader_, *writer_, clock_);
  watches_ = std::make_unique<WatchHub>(board_, *reader_, kSlowReaderPatience);
  hot_page_ = std::make_unique<HotPage>(hot_, *reader_, availability_.get());
}

Result<void> Service::State::StartServers() {
  api_ = std::make_unique<GrpcApi>(GrpcApi::Parts{gate_.get(), writer_.get(), reader_.get(), availability_.get(), keeper_.get(),
                                                  &board_, watches_.get(), &clock_, config_.hold_default});
  api_->Register(table_);
  rpc::GrpcServerConfig grpc;
  grpc.host = config_.common.host;
  grpc.port = config_.common.grpc_port;
  SOUK_ASSIGN_OR_RETURN(grpc_, rpc::GrpcServer::Start(grpc, table_));
  auto router = std::make_shared<http::Router>();
  rpc::MountRest(*router, table_);
  rpc::MountOpenApi(*router, table_, "Souk inventory");
  hot_page_->Mount(*router);
  http::ServerConfig http;
  http.host = config_.common.host;
  http.port = config_.common.http_port;
  SOUK_ASSIGN_OR_RETURN(http_, http::Server::Start(http, http::ToHandler(router)));
  return {};
}

void Service::State::AddChecks(chassis::Health& health) {
  const auto error = [](const char* what) { return Result<void>(MakeError(ErrorCode::kUnavailable, what)); };
  health.AddReadinessCheck("start", [this, error] { return prepared_ ? Result<void>() : error("schema or consumers are not ready"); });
  health.AddReadinessCheck("sql", [this, error] { return writer_->Healthy() ? Result<void>() : error("the ledger is away"); });
  health.AddReadinessCheck("kafka", [this, error] {
    const bool ready = prepared_ && commands_->Ready() && catalogue_->Ready();
    return ready ? Result<void>() : error("not a member of the consumer groups");
  });
  // Redis is missing on purpose: without it the service is slower, not wrong.
}

void Service::State::ReportCounts() {
  // Kept as plain counters where they happen; told as metrics here.
  static auto& refused = metrics::GetGauge("souk_inventory_refused_early_total", "Claims refused by the hot counts");
  static auto& uncounted = metrics::GetGauge("souk_inventory_uncounted_total", "Claims decided without the hot counts");
  static auto& expired = metrics::GetGauge("souk_inventory_expired_total", "Holds that ran out");
  static auto& corrected = metrics::GetGauge("souk_inventory_counts_corrected_total", "Hot counts repaired");
  static auto& seeded = metrics::GetGauge("souk_inventory_counts_seeded_total", "Hot counts set because they were missing");
  refused.Set(static_cast<double>(gate_->Counts().refused_early));
  uncounted.Set(static_cast<double>(gate_->Counts().uncounted));
  expired.Set(static_cast<double>(expiry_->Expired()));
  if (keeper_ == nullptr) return;
  corrected.Set(static_cast<double>(keeper_->Counts().corrected));
  seeded.Set(static_cast<double>(keeper_->Counts().seeded));
}

bool Service::State::WaitUnlessStopping(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [this] { return stopping_; });
}

void Service::State::Prepare() {
  sql::Connection connection(SqlConfig(config_));
  while (config_.common.migrate) {
    const auto migrated = sql::Migrate(connection, Migrations());
    if (migrated.ok()) break;
    log::Warn("waiting for the schema", {log::Why(migrated.error())});
    if (!WaitUnlessStopping(std::chrono::milliseconds(500))) return;
  }
  relay_->Start();
  if (const auto started = StartConsumers(); !started.ok()) {
    log::Error("the consumers did not start", {log::Why(started.error())});
    return;
  }
  StartJobs();
  api_->Open();
  grpc_->SetServing(true);
  prepared_ = true;
}

Result<std::unique_ptr<kafka::Consumer>> Service::State::NewConsumer(std::vector<std::string> topics, kafka::Parking& parking) {
  kafka::ConsumerConfig consumer;
  consumer.brokers = config_.common.kafka_brokers;
  consumer.topics = std::move(topics);
  consumer.client_id = "inventory-" + config_.common.instance;
  consumer.batch_max = config_.writer_batch_max * 2;
  consumer.chaos_duplicate = config_.common.chaos_duplicate;
  consumer.chaos_shuffle = config_.common.chaos_shuffle;
  return kafka::Consumer::Start(parking.Subscribe(std::move(consumer)),
                                [&parking](std::vector<kafka::Record>& records) { return parking.Handle(records); });
}

Result<void> Service::State::StartConsumers() {
  commands_in_ = std::make_unique<KafkaIn>(
      KafkaIn::Config{"inventory.commands", true, std::chrono::seconds(20)},
      [this](const kafka::Envelope& envelope, const std::string& payload) {
        return codec::ParseCommand(envelope.type, payload, clock_.Now(), config_.hold_default);
      },
      *writer_, clock_);
  catalogue_in_ = std::make_unique<KafkaIn>(
      KafkaIn::Config{"inventory.catalogue", false, std::chrono::seconds(20)},
      [](const kafka::Envelope& envelope, const std::string& payload) { return codec::ParseProduct(envelope.type, payload); },
      *writer_, clock_);
  lot_ = std::make_unique<outbox::SqlParkingLot>(SqlConfig(config_), "inventory.commands");
  commands_parking_ = std::make_unique<kafka::Parking>(
      kafka::ParkingConfig{.group = "inventory.commands"}, [this](auto& records) { return commands_in_->Handle(records); }, lot_.get(), *producer_);
  // A product's events carry versions: their order is no matter.
  catalogue_parking_ = std::make_unique<kafka::Parking>(
      kafka::ParkingConfig{.group = "inventory.catalogue"}, [this](auto& records) { return catalogue_in_->Handle(records); }, nullptr, *producer_);
  SOUK_ASSIGN_OR_RETURN(commands_, NewConsumer({codec::kReservationCommands, codec::kStockCommands}, *commands_parking_));
  SOUK_ASSIGN_OR_RETURN(catalogue_, NewConsumer({codec::kProductEvents}, *catalogue_parking_));
  return {};
}

void Service::State::StartJobs() {
  jobs_.push_back(std::make_unique<chassis::Periodic>("expiry", config_.expiry_interval, [this] { expiry_->Tick(); }));
  jobs_.push_back(std::make_unique<chassis::Periodic>("watch", kWatchPoll, [this] { watches_->Poll(); }));
  jobs_.push_back(std::make_unique<chassis::Periodic>("metrics", std::chrono::seconds(1), [this] { ReportCounts(); }));
  if (keeper_ == nullptr) return;
  jobs_.push_back(std::make_unique<chassis::Periodic>("counts", config_.reconcile_interval, [this] { keeper_->Tick(); }));
}

void Service::State::StopAccepting() {
  if (http_) http_->StopAccepting();
  if (grpc_) grpc_->SetServing(false);
}

void Service::State::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    if (std::exchange(stopped_, true)) return;
  }
  wake_.notify_all();
  if (prepare_.joinable()) prepare_.join();
  for (auto& job : jobs_) job->Stop();
  if (commands_) commands_->Stop();
  if (catalogue_) catalogue_->Stop();
  if (watches_) watches_->FinishAll(MakeError(ErrorCode::kUnavailable, "the service is stopping, watch again", "STOPPING"));
  if (http_) http_->Stop(config_.common.grace);
  if (grpc_) grpc_->Stop(config_.common.grace);
  if (writer_) writer_->Stop();
  if (availability_) availability_->Stop();
  if (reader_) reader_->Stop();
  if (relay_) relay_->Stop();
  redis_.reset();  // its callbacks end here, before what they use
  if (producer_) static_cast<void>(producer_->Flush(std::chrono::seconds(2)));  // what stays is in the outbox
}

Service::Service(std::unique_ptr<State> state) : state_(std::move(state)) {}
Service::~Service() = default;
int Service::http_port() const { return state_->http_port(); }
int Service::grpc_port() const { return state_->grpc_port(); }
void Service::StopAccepting() { state_->StopAccepting(); }
void Service::Stop() { state_->Stop(); }

Result<std::unique_ptr<Service>> Service::Start(const Config& config, chassis::Health& health) {
  auto state = std::make_unique<State>(config);
  SOUK_RETURN_IF_ERROR(state->Start(health));
  return std::unique_ptr<Service>(new Service(std::move(state)));
}

Result<chassis::Running> Service::Launch(const Config& config, chassis::Health& health) {
  SOUK_ASSIGN_OR_RETURN(auto started, Start(config, health));
  const std::shared_ptr<Service> service = std::move(started);
  return chassis::Running{[service] { service->StopAccepting(); }, [service] { service->Stop(); }, service};
}

}  // namespace souk::inventory
