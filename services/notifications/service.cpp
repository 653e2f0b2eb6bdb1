#include "services/notifications/service.hpp"

#include <curl/curl.h>

#include <thread>
#include <utility>

#include "libs/base/clock.hpp"
#include "libs/base/random.hpp"
#include "libs/chassis/thread_pool.hpp"
#include "libs/http/router.hpp"
#include "libs/http/server.hpp"
#include "libs/kafka/consumer.hpp"
#include "libs/kafka/producer.hpp"
#include "libs/observability/log.hpp"
#include "libs/rpc/grpc_server.hpp"
#include "libs/rpc/rest.hpp"
#include "services/notifications/adapters/api.hpp"
#include "services/notifications/adapters/codec.hpp"
#include "services/notifications/adapters/kafka_in.hpp"
#include "services/notifications/adapters/low_stock_listener.hpp"
#include "services/notifications/adapters/sender.hpp"
#include "services/notifications/adapters/sql_notification_store.hpp"
#include "services/notifications/migrations.hpp"

namespace souk::notifications {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kReadConnections = 2;
constexpr std::size_t kReadsWaitingMax = 2000;
constexpr std::chrono::seconds kSqlWait{30};

sql::ConnectionConfig SqlConfig(const Config& config) {
  sql::ConnectionConfig sql;
  sql.url = config.common.sql_url;
  sql.application_name = "notifications";
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
    std::this_thread::sleep_for(milliseconds(300));
  }
}

kafka::ConsumerConfig ConsumerOf(const Config& config, std::string_view group, std::string_view topic) {
  kafka::ConsumerConfig consumer;
  consumer.brokers = config.common.kafka_brokers;
  consumer.group = std::string(group);
  consumer.topics = {std::string(topic)};
  consumer.client_id = "notifications-" + config.common.instance;
  consumer.batch_max = config.consumer_batch_max;
  consumer.chaos_duplicate = config.common.chaos_duplicate;
  consumer.chaos_shuffle = config.common.chaos_shuffle;
  return consumer;
}

SenderConfig MailSender(const Config& c) {
  SenderConfig sender;
  sender.channel = Channel::kEmail;
  sender.workers = c.smtp_workers;
  sender.queue_max = static_cast<std::size_t>(c.queue_max);
  sender.rate_max = c.smtp_rate_max;
  sender.retry = {c.smtp_retry_min, c.smtp_retry_max, 0};
  sender.lease_margin = c.smtp.timeout + milliseconds(1'000);
  return sender;
}

SenderConfig WebhookSender(const Config& c) {
  SenderConfig sender;
  sender.channel = Channel::kWebhook;
  sender.workers = c.webhook_workers;
  sender.queue_max = static_cast<std::size_t>(c.queue_max);
  sender.retry = {c.webhook_retry_min, c.webhook_retry_max, c.webhook_attempts_max};
  sender.lease_margin = c.webhook.timeout + milliseconds(1'000);
  return sender;
}

}  // namespace

// Declared in the order of dependence: destroyed in the reverse.
struct Service::Parts {
  Parts(const Config& c, std::unique_ptr<kafka::Producer> p)
      : config(c),
        dead_letters(std::move(p)),
        store(SqlConfig(c)),
        writer(
            store, static_cast<std::size_t>(c.writer_batch_max), [this] { return LeaseOfNew(); },
            [this](std::vector<Delivery> created) { Dispatch(std::move(created)); }),
        pool(SqlConfig(c), kReadConnections),
        view(pool),
        readers(kReadConnections, kReadsWaitingMax),
        orders_in(std::string(kOrdersGroup), c.sellers_domain, writer, clock),
        stock_in(std::string(kStockGroup), c.sellers_domain, writer, clock),
        // Each event is a notice of its own: their order is no matter.
        orders_parking({.group = std::string(kOrdersGroup)}, [this](auto& records) { return orders_in.Handle(records); }, nullptr, *dead_letters),
        stock_parking({.group = std::string(kStockGroup)}, [this](auto& records) { return stock_in.Handle(records); }, nullptr, *dead_letters) {
    const auto submit = [this](Work work) { return writer.Submit(std::move(work)); };
    mails = std::make_unique<Sender>(
        MailSender(c), [this] { return std::make_unique<SmtpTransport>(config.smtp, clock); }, submit, clock, random);
    webhooks = std::make_unique<Sender>(
        WebhookSender(c), [this] { return std::make_unique<WebhookTransport>(config.webhook, clock); }, submit, clock,
        random);
    AddMethods(table, {config.webhook.private_addresses_allowed}, view, readers, writer, clock);
  }

  /// New deliveries are sent from memory while both channels work; else they wait in SQL for the first sweep after.
  milliseconds LeaseOfNew() const { return mails->Room() > 1 && webhooks->Room() > 1 ? config.lease : milliseconds(0); }

  void Dispatch(std::vector<Delivery> created) {
    std::vector<Delivery> by_mail, by_webhook;
    for (Delivery& delivery : created)
      (delivery.channel == Channel::kEmail ? by_mail : by_webhook).push_back(std::move(delivery));
    if (!by_mail.empty()) mails->Offer(std::move(by_mail));
    if (!by_webhook.empty()) webhooks->Offer(std::move(by_webhook));
  }

  void Sweep(Channel channel, Sender& sender) {
    sender.RetryRecords();
    const int room = sender.Room();
    if (room == 0) return;
    auto claimed = store.Claim(channel, clock.Now(), config.lease, std::min(room, 500));
    if (!claimed.ok()) return log::Warn("due deliveries could not be claimed", {log::Why(claimed.error())});
    if (!claimed->empty()) sender.Offer(std::move(*claimed));
  }

  Result<void> StartWork();
  Result<void> StartServers();
  void AddReadiness(chassis::Health& health);

  const Config config;
  SystemClock clock;
  SystemRandom random;
  std::unique_ptr<kafka::Producer> dead_letters;
  SqlNotificationStore store;
  std::unique_ptr<Sender> mails;
  std::unique_ptr<Sender> webhooks;
  Writer writer;
  sql::Pool pool;
  SqlNotificationView view;
  chassis::ThreadPool readers;
  KafkaIn orders_in;
  KafkaIn stock_in;
  kafka::Parking orders_parking;
  kafka::Parking stock_parking;
  rpc::MethodTable table;
  std::unique_ptr<rpc::GrpcServer> grpc;
  std::unique_ptr<http::Server> http;
  std::unique_ptr<LowStockListener> low_stock;
  std::unique_ptr<kafka::Consumer> orders_consumer;
  std::unique_ptr<kafka::Consumer> stock_consumer;
  std::unique_ptr<chassis::Periodic> sweep;
  bool stopped = false;
};

Result<void> Service::Parts::StartWork() {
  SOUK_ASSIGN_OR_RETURN(orders_consumer,
                        kafka::Consumer::Start(orders_parking.Subscribe(ConsumerOf(config, kOrdersGroup, kOrderEventsTopic)),
                                               [this](auto& records) { return orders_parking.Handle(records); }));
  SOUK_ASSIGN_OR_RETURN(stock_consumer,
                        kafka::Consumer::Start(stock_parking.Subscribe(ConsumerOf(config, kStockGroup, kStockEventsTopic)),
                                               [this](auto& records) { return stock_parking.Handle(records); }));
  if (!config.common.redis_nodes.empty()) {
    SOUK_ASSIGN_OR_RETURN(low_stock,
                          LowStockListener::Start(config.common.redis_nodes, config.sellers_domain, writer, clock));
  }
  sweep = std::make_unique<chassis::Periodic>("deliveries", config.sweep_interval, [this] {
    Sweep(Channel::kEmail, *mails);
    Sweep(Channel::kWebhook, *webhooks);
  });
  return {};
}

Result<void> Service::Parts::StartServers() {
  rpc::GrpcServerConfig grpc_config;
  grpc_config.host = config.common.host;
  grpc_config.port = config.common.grpc_port;
  SOUK_ASSIGN_OR_RETURN(grpc, rpc::GrpcServer::Start(grpc_config, table));
  const auto router = std::make_shared<http::Router>();
  rpc::MountRest(*router, table);
  rpc::MountOpenApi(*router, table, "Souk notifications");
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
    if (orders_consumer->Ready() && stock_consumer->Ready()) return {};
    return MakeError(ErrorCode::kUnavailable, "not a member of its consumer groups yet");
  });
}

Service::Service(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Service::~Service() { Stop(); }

Result<std::unique_ptr<Service>> Service::Start(const Config& given, chassis::Health& health) {
  Config config = given;
  config.webhook.private_addresses_allowed = config.common.profile != "production";
  if (config.lease <= std::max(config.smtp.timeout, config.webhook.timeout) + milliseconds(1'000)) {
    return InvalidArgument("lease", "must be longer than smtp.timeout and webhook.timeout by more than a second");
  }
  curl_global_init(CURL_GLOBAL_DEFAULT);
  if (config.common.migrate) SOUK_RETURN_IF_ERROR(MigrateWhenSqlIsThere(config));
  kafka::ProducerConfig producer_config;
  producer_config.brokers = config.common.kafka_brokers;
  producer_config.client_id = "notifications-" + config.common.instance;
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
  parts_->low_stock.reset();
  parts_->sweep->Stop();
  parts_->orders_consumer->Stop();
  parts_->stock_consumer->Stop();
  parts_->mails->Stop();
  parts_->webhooks->Stop();
  parts_->writer.Stop();
  parts_->readers.Stop();
}

}  // namespace souk::notifications
