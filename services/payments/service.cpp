#include "services/payments/service.hpp"

#include <algorithm>
#include <future>

#include "libs/chassis/thread_pool.hpp"
#include "libs/http/server.hpp"
#include "libs/kafka/consumer.hpp"
#include "libs/kafka/producer.hpp"
#include "libs/observability/log.hpp"
#include "libs/observability/metrics.hpp"
#include "libs/outbox/parking_lot.hpp"
#include "libs/outbox/relay.hpp"
#include "libs/rpc/grpc_server.hpp"
#include "libs/rpc/rest.hpp"
#include "libs/sql/group_commit.hpp"
#include "libs/sql/migrate.hpp"
#include "services/payments/adapters/api.hpp"
#include "services/payments/adapters/codec.hpp"
#include "services/payments/adapters/kafka_in.hpp"
#include "services/payments/adapters/sql_finding_store.hpp"
#include "services/payments/adapters/sql_payment_reader.hpp"
#include "services/payments/adapters/sql_payment_store.hpp"
#include "services/payments/adapters/stripe_gateway.hpp"
#include "services/payments/adapters/webhooks.hpp"
#include "services/payments/migrations.hpp"

namespace souk::payments {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kTakeOverMax{10};
constexpr std::chrono::minutes kReconcileMax{10};

sql::ConnectionConfig SqlConfig(const Config& config, const char* what) {
  sql::ConnectionConfig sql;
  sql.url = config.common.sql_url;
  sql.application_name = std::string("payments-") + what;
  return sql;
}

Policy PolicyOf(const Config& config) {
  Policy policy;
  // Who made the call has twice its time-out to hear the answer before anybody asks again.
  policy.call_lease = 2 * config.provider_timeout;
  return policy;
}

}  // namespace

/// Members in the order of building; destroyed from the last to the first.
class Service::Parts {
 public:
  explicit Parts(Config config) : config_(std::move(config)), pool_(SqlConfig(config_, "read"), static_cast<std::size_t>(config_.readers)), reader_(pool_), findings_(pool_) {}
  ~Parts() { Stop(milliseconds(0)); }

  Result<void> Start(chassis::Health& health) {
    SOUK_RETURN_IF_ERROR(Migrate());
    SOUK_RETURN_IF_ERROR(StartKafkaOut());
    SOUK_RETURN_IF_ERROR(StartCore());
    SOUK_RETURN_IF_ERROR(StartServers());
    SOUK_RETURN_IF_ERROR(StartKafkaIn());
    StartSweeps();
    AddChecks(health);
    grpc_->SetServing(true);
    return {};
  }

  void StopAccepting() {
    if (grpc_) grpc_->SetServing(false);
    if (http_) http_->StopAccepting();
  }

  /// From the doors inwards: nothing new comes in, what is queued is written, what was written is published.
  void Stop(milliseconds grace) {
    if (stopped_) return;
    stopped_ = true;
    sweep_.reset();
    reconcile_.reset();
    if (consumer_) consumer_->Stop();
    if (grpc_) grpc_->Stop(grace);
    if (http_) http_->Stop(grace);
    expiry_.reset();
    if (payments_) payments_->Stop();
    gateway_.reset();  // ends the calls that still run; nobody listens any more
    if (reads_) reads_->Stop();
    if (writer_) writer_->Stop();
    if (relay_) relay_->Stop();
  }

  int http_port() const { return http_->port(); }
  int grpc_port() const { return grpc_->port(); }
  const Config& config() const { return config_; }

 private:
  Result<void> Migrate() {
    if (!config_.common.migrate) return {};
    sql::Connection connection(SqlConfig(config_, "migrate"));
    return sql::Migrate(connection, Migrations());
  }

  Result<void> StartKafkaOut() {
    kafka::ProducerConfig producer;
    producer.brokers = config_.common.kafka_brokers;
    producer.client_id = config_.common.instance;
    SOUK_ASSIGN_OR_RETURN(producer_, kafka::Producer::Create(producer));
    relay_ = std::make_unique<outbox::Relay>(outbox::RelayConfig{}, SqlConfig(config_, "relay"), *producer_);
    relay_->Start();
    return {};
  }

  Result<void> StartCore() {
    StripeConfig stripe{config_.provider_url, config_.provider_key, config_.provider_timeout, config_.provider_concurrency};
    SOUK_ASSIGN_OR_RETURN(gateway_, StripeGateway::Create(stripe));
    store_ = std::make_unique<SqlPaymentStore>(SqlConfig(config_, "write"), PolicyOf(config_),
                                               [this](auto records) { relay_->HandOff(std::move(records)); });
    PaymentsConfig limits;
    limits.concurrency = static_cast<std::size_t>(config_.provider_concurrency);
    payments_ = std::make_unique<Payments>(limits, *gateway_, clock_, [this](Work work) { return writer_->Submit(std::move(work)); });
    reconcile_job_ = std::make_unique<ReconcileJob>(*gateway_, reader_, findings_, clock_,
                                                    [this](const Uuid& id, const IntentView& theirs) { return TakeOver(id, theirs); });
    sql::GroupCommitConfig writer{"payments", static_cast<std::size_t>(config_.batch_max), static_cast<std::size_t>(config_.queue_max)};
    writer_ = std::make_unique<sql::GroupCommit<Work>>(
        writer, [this](std::span<Work> works) { return store_->Apply(works); },
        [this](Work& work, const Result<void>& result) { payments_->Committed(work, result); });
    reads_ = std::make_unique<chassis::ThreadPool>(static_cast<std::size_t>(config_.readers), 1024);
    return {};
  }

  Result<void> StartServers() {
    const ApiParts parts{*payments_, reader_, findings_, *reconcile_job_, [this](std::function<void()> job) { return reads_->Post(std::move(job)); }};
    AddMethods(table_, parts);
    auto router = std::make_shared<http::Router>();
    rpc::MountRest(*router, table_);
    rpc::MountOpenApi(*router, table_, "Souk payments");
    MountStats(*router, parts);
    MountWebhooks(*router, *payments_, config_.webhook_secret);
    http::ServerConfig http;
    http.host = config_.common.host;
    http.port = config_.common.http_port;
    SOUK_ASSIGN_OR_RETURN(http_, http::Server::Start(http, http::ToHandler(router)));
    rpc::GrpcServerConfig grpc;
    grpc.host = config_.common.host;
    grpc.port = config_.common.grpc_port;
    SOUK_ASSIGN_OR_RETURN(grpc_, rpc::GrpcServer::Start(grpc, table_));
    return {};
  }

  Result<void> StartKafkaIn() {
    kafka_in_ = std::make_unique<KafkaIn>(*payments_);
    lot_ = std::make_unique<outbox::SqlParkingLot>(SqlConfig(config_, "parking"), kCommandsGroup);
    parking_ = std::make_unique<kafka::Parking>(
        kafka::ParkingConfig{.group = kCommandsGroup}, [this](auto& records) { return kafka_in_->Handle(records); }, lot_.get(), *producer_);
    kafka::ConsumerConfig consumer;
    consumer.brokers = config_.common.kafka_brokers;
    consumer.group = kCommandsGroup;
    consumer.topics = {kCommandsTopic};
    consumer.client_id = config_.common.instance;
    consumer.chaos_duplicate = config_.common.chaos_duplicate;
    consumer.chaos_shuffle = config_.common.chaos_shuffle;
    SOUK_ASSIGN_OR_RETURN(consumer_, kafka::Consumer::Start(parking_->Subscribe(std::move(consumer)), [this](auto& records) { return parking_->Handle(records); }));
    return {};
  }

  void StartSweeps() {
    expiry_ = std::make_unique<chassis::Periodic>("payments-waiters", milliseconds(20), [this] { payments_->ExpireWaiters(); });
    sweep_ = std::make_unique<chassis::Periodic>("payments-sweep", config_.sweep_interval, [this] { Sweep(); });
    if (config_.reconcile_interval == milliseconds(0)) return;
    const auto look = std::clamp(config_.reconcile_interval / 10, milliseconds(50), milliseconds(10'000));
    reconcile_ = std::make_unique<chassis::Periodic>("payments-reconcile", look, [this] { ReconcileWhenDue(); });
  }

  /// As if the provider's webhook had said so.
  Result<void> TakeOver(const Uuid& id, const IntentView& theirs) {
    const auto promise = std::make_shared<std::promise<Result<void>>>();
    auto durable = promise->get_future();
    Work work;
    work.payment_id = id;
    work.input = ProviderNotice{theirs};
    work.cause.causation_id = "reconciliation";
    work.done = [promise](Outcome& outcome, const Result<void>& result) {
      promise->set_value(result.ok() && outcome.refusal ? Result<void>(*outcome.refusal) : result);
    };
    SOUK_RETURN_IF_ERROR(payments_->Do(std::move(work)));
    if (durable.wait_for(kTakeOverMax) == std::future_status::ready) return durable.get();
    return MakeError(ErrorCode::kDeadlineExceeded, "what the provider says was not taken over in time");
  }

  void ReconcileWhenDue() {
    static auto& runs = metrics::GetCounter("souk_payments_reconciliations_total", "Reconciliations that this instance ran by itself");
    static auto& open = metrics::GetGauge("souk_payments_findings_open", "Differences with the provider that are not settled");
    const auto result = reconcile_job_->RunWhenDue(config_.reconcile_interval, std::chrono::steady_clock::now() + kReconcileMax);
    if (!result.ok()) return log::Warn("the reconciliation did not finish, the next turn compares the same again", {log::Why(result.error())});
    if (!*result) return;
    runs.Increment();
    std::size_t unsettled = 0;
    for (const Difference& difference : (*result)->differences) {
      unsettled += IsOpen(difference) ? 1 : 0;
      log::Warn("we and the provider differ", {{"payment_id", difference.payment_id}, {"provider_id", difference.provider_id}, {"kind", difference.kind},
                                               {"resolution", difference.resolution}, {"reason", difference.reason}});
    }
    open.Set(static_cast<double>(unsettled));
  }

  void Sweep() {
    static auto& swept = metrics::GetCounter("souk_payments_swept_total", "Payments whose provider was asked again, and parked webhooks applied");
    static auto& escalated = metrics::GetGauge("souk_payments_escalations", "Payments found that only a person can settle");
    const auto started = payments_->Sweep(reader_, NoticeOf, config_.sweep_max);
    if (!started.ok()) return log::Warn("the sweep could not look for open payments", {log::Why(started.error())});
    swept.Increment(static_cast<double>(*started));
    const std::int64_t escalations = payments_->escalations();
    if (escalations > reported_escalations_) {
      log::Error("payments need a person: the provider can't be asked about them any more", {{"count", escalations - reported_escalations_}});
      reported_escalations_ = escalations;
    }
    escalated.Set(static_cast<double>(escalations));
  }

  void AddChecks(chassis::Health& health) {
    health.AddReadinessCheck("sql", [this] { return pool_.Ping(); });
    health.AddReadinessCheck("kafka", [this]() -> Result<void> {
      if (consumer_->Ready()) return {};
      return MakeError(ErrorCode::kUnavailable, "not in the consumer group yet");
    });
  }

  const Config config_;
  SystemClock clock_;
  sql::Pool pool_;
  SqlPaymentReader reader_;
  SqlFindingStore findings_;
  rpc::MethodTable table_;
  std::unique_ptr<kafka::Producer> producer_;
  std::unique_ptr<outbox::Relay> relay_;
  std::unique_ptr<SqlPaymentStore> store_;
  std::unique_ptr<Payments> payments_;
  std::unique_ptr<sql::GroupCommit<Work>> writer_;
  std::unique_ptr<StripeGateway> gateway_;
  std::unique_ptr<ReconcileJob> reconcile_job_;
  std::unique_ptr<chassis::ThreadPool> reads_;
  std::unique_ptr<http::Server> http_;
  std::unique_ptr<rpc::GrpcServer> grpc_;
  std::unique_ptr<KafkaIn> kafka_in_;
  std::unique_ptr<outbox::SqlParkingLot> lot_;
  std::unique_ptr<kafka::Parking> parking_;
  std::unique_ptr<kafka::Consumer> consumer_;
  std::unique_ptr<chassis::Periodic> expiry_;
  std::unique_ptr<chassis::Periodic> sweep_;
  std::unique_ptr<chassis::Periodic> reconcile_;
  std::int64_t reported_escalations_ = 0;
  bool stopped_ = false;
};

Service::Service(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Service::~Service() = default;
int Service::http_port() const { return parts_->http_port(); }
int Service::grpc_port() const { return parts_->grpc_port(); }
void Service::StopAccepting() { parts_->StopAccepting(); }
void Service::Stop() { parts_->Stop(parts_->config().common.grace); }

Result<std::unique_ptr<Service>> Service::Start(Config config, chassis::Health& health) {
  auto parts = std::make_unique<Parts>(std::move(config));
  SOUK_RETURN_IF_ERROR(parts->Start(health));
  return std::unique_ptr<Service>(new Service(std::move(parts)));
}

}  // namespace souk::payments
