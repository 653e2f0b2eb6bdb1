#include "services/notifications/service.hpp"

#include <gtest/gtest.h>

#include <map>

#include "libs/base/hash.hpp"
#include "libs/http/client.hpp"
#include "libs/http/server.hpp"
#include "libs/kafka/admin.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/kafka/producer.hpp"
#include "libs/testing/eventually.hpp"
#include "libs/testing/redis_cluster.hpp"
#include "libs/testing/test_database.hpp"
#include "services/notifications/adapters/codec.hpp"
#include "souk/inventory/v1/stock_events.pb.h"
#include "souk/orders/v1/order_events.pb.h"
#include "tools/mail-sink/mail_sink.hpp"

namespace souk::notifications {
namespace {

using std::chrono::milliseconds;
using testing::Eventually;

constexpr const char* kSecret = "a secret of 16 bytes or more";

/// The service as it runs in production, on a real SQL engine, a real Kafka and a mail sink.
class ServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    brokers_ = testing::TestEnvironment("SOUK_TEST_KAFKA");
    ASSERT_FALSE(database_.url().empty() || brokers_.empty());
    auto admin = kafka::Admin::Create(brokers_);
    ASSERT_TRUE(admin.ok());
    std::vector<kafka::TopicSpec> specs;
    for (const auto topic : {kOrderEventsTopic, kStockEventsTopic}) specs.push_back({std::string(topic), 4, 1, {}});
    for (const auto group : {kOrdersGroup, kStockGroup}) {
      for (const char* end : {".dlq", ".redrive"}) specs.push_back({std::string(group) + end, 1, 1, {}});
    }
    ASSERT_TRUE((*admin)->CreateTopics(specs).ok());
    producer_ = kafka::Producer::Create({.brokers = brokers_}).value();
    StartSink(0);
  }

  void StartSink(int smtp_port) {
    mail_sink::Config config;
    config.smtp_port = smtp_port;
    sink_ = mail_sink::MailSink::Start(config).value();
  }

  Config TestConfig() {
    Config config;
    config.common.instance = "test";
    config.common.host = "127.0.0.1";
    config.common.sql_url = database_.url();
    config.common.kafka_brokers = brokers_;
    config.common.grace = milliseconds(2000);
    config.smtp.url = "smtp://127.0.0.1:" + std::to_string(sink_->smtp_port());
    config.smtp.from = "shop@souk.example";
    config.smtp_retry_min = milliseconds(100);
    config.smtp_retry_max = milliseconds(1000);
    config.webhook_retry_min = milliseconds(50);
    config.webhook_retry_max = milliseconds(200);
    config.webhook_attempts_max = 3;
    config.sellers_domain = "sellers.example";
    config.sweep_interval = milliseconds(50);
    return config;
  }

  std::unique_ptr<Service> StartService(const Config& config) {
    auto service = Service::Start(config, health_);
    EXPECT_TRUE(service.ok()) << (service.ok() ? "" : service.error().message);
    return service.ok() ? std::move(*service) : nullptr;
  }

  /// Other tests leave records in the topics; users of this test have mail addresses of its own.
  std::string User(int n) const { return database_.name() + "-" + std::to_string(n); }
  std::string MailOf(int n) const { return User(n) + "@customers.example"; }

  void Send(std::string_view topic, const std::string& key, const google::protobuf::Message& event,
            const std::string& name) {
    kafka::Envelope envelope;
    envelope.id = Uuid::FromName(database_.name(), name);
    envelope.type = event.GetTypeName();
    envelope.source = "orders";
    envelope.subject = key;
    envelope.time = SystemClock().Now();
    envelope.aggregate_version = 1;
    ASSERT_TRUE(
        producer_
            ->Produce(kafka::ToRecord(std::string(topic), envelope, event.SerializeAsString()), [](Result<void>) {})
            .ok());
  }
  template <class Event>
  void SendOrderEvent(int user, const std::string& name, bool with_email = true) {
    Event event;
    event.set_order_id(Uuid::FromName(database_.name(), "order" + std::to_string(user)).ToString());
    event.set_customer_id(User(user));
    if (with_email) event.set_email(MailOf(user));
    Send(kOrderEventsTopic, event.order_id(), event, name);
  }

  std::size_t MailsTo(const std::string& address) { return sink_->mailbox().List(address, 1000).size(); }
  int MailsOfUsers(int count) {
    int mails = 0;
    for (int n = 0; n < count; ++n) mails += static_cast<int>(MailsTo(MailOf(n)));
    return mails;
  }
  http::Response Call(const Service& service, const std::string& method, const std::string& path,
                      const std::string& body = "", http::Headers headers = {}) {
    http::Client client;
    auto response = client.SendSync({.method = method,
                                     .url = "http://127.0.0.1:" + std::to_string(service.http_port()) + path,
                                     .headers = std::move(headers),
                                     .body = body});
    EXPECT_TRUE(response.ok());
    return response.ok() ? *response : http::Response{};
  }
  http::Response SetWebhook(const Service& service, int user, const std::string& url, const std::string& key) {
    return Call(service, "PUT", "/v1/users/" + User(user) + "/webhook",
                R"({"url":")" + url + R"(","secret":")" + kSecret + "\"}",
                {{"Content-Type", "application/json"}, {"Idempotency-Key", key}});
  }

  testing::TestDatabase database_{"notifications"};
  std::string brokers_;
  chassis::Health health_;
  std::unique_ptr<kafka::Producer> producer_;
  std::unique_ptr<mail_sink::MailSink> sink_;
};

TEST_F(ServiceTest, TellsTheCustomerOncePerEventWithTwoInstancesAndEverythingTwiceF71) {
  constexpr int kUsers = 30;
  Config config = TestConfig();
  config.common.chaos_duplicate = true;
  config.common.chaos_shuffle = true;
  const auto first = StartService(config);
  const auto second = StartService(config);
  ASSERT_TRUE(first && second);
  for (int n = 0; n < kUsers; ++n) {
    const std::string name = std::to_string(n);
    SendOrderEvent<orders::v1::OrderAccepted>(n, "accepted" + name);
    SendOrderEvent<orders::v1::OrderConfirmed>(n, "confirmed" + name);
    SendOrderEvent<orders::v1::OrderConfirmed>(n, "confirmed" + name);
    SendOrderEvent<orders::v1::OrderCompleted>(n, "completed" + name);
    SendOrderEvent<orders::v1::OrderCompleted>(1000 + n, "silent" + name, false);
  }
  ASSERT_TRUE(Eventually([&] { return MailsOfUsers(kUsers) == 2 * kUsers; })) << MailsOfUsers(kUsers);
  for (int n = 0; n < kUsers; ++n) EXPECT_EQ(MailsTo(MailOf(n)), 2u);
  EXPECT_EQ(sink_->mailbox().Stats().duplicates, 0);
  ASSERT_TRUE(Eventually([&] {
    const std::string body = Call(*first, "GET", "/v1/users/" + User(0) + "/notifications").body;
    return body.find("\"sent\"") != body.rfind("\"sent\"");
  }));
  EXPECT_EQ(Call(*second, "GET", "/v1/users/" + User(1000) + "/notifications").body, R"({"notifications":[]})");
}

TEST_F(ServiceTest, SendsEachMailOnceWhenTheMailServerComesBackF71) {
  constexpr int kUsers = 40;
  const Config config = TestConfig();
  const int smtp_port = sink_->smtp_port();
  auto service = StartService(config);
  ASSERT_NE(service, nullptr);
  sink_.reset();
  for (int n = 0; n < kUsers; ++n) SendOrderEvent<orders::v1::OrderConfirmed>(n, "confirmed" + std::to_string(n));
  ASSERT_TRUE(Eventually([&] {
    return Call(*service, "GET", "/v1/users/" + User(kUsers - 1) + "/notifications").body.find("\"pending\"") !=
           std::string::npos;
  }));
  service.reset();  // the consumer restarts while the server is away
  service = StartService(config);
  StartSink(smtp_port);
  ASSERT_TRUE(Eventually([&] { return MailsOfUsers(kUsers) == kUsers; }, std::chrono::seconds(30)))
      << MailsOfUsers(kUsers);
  ASSERT_TRUE(Eventually([&] {
    return Call(*service, "GET", "/v1/users/" + User(kUsers - 1) + "/notifications").body.find("\"sent\"") !=
           std::string::npos;
  }));
  EXPECT_EQ(sink_->mailbox().Stats().duplicates, 0);
}

TEST_F(ServiceTest, HandsOverWhatItHoldsWhenItStops) {
  constexpr int kUsers = 60;
  Config config = TestConfig();
  config.smtp_rate_max = 10;
  auto service = StartService(config);
  for (int n = 0; n < kUsers; ++n) SendOrderEvent<orders::v1::OrderDispatched>(n, "dispatched" + std::to_string(n));
  ASSERT_TRUE(Eventually([&] { return MailsOfUsers(kUsers) >= 3; }));
  service.reset();
  EXPECT_LT(MailsOfUsers(kUsers), kUsers);
  config.smtp_rate_max = 0;
  service = StartService(config);
  ASSERT_TRUE(Eventually([&] { return MailsOfUsers(kUsers) == kUsers; }, std::chrono::seconds(30)))
      << MailsOfUsers(kUsers);
  EXPECT_EQ(sink_->mailbox().Stats().duplicates, 0);
}

TEST_F(ServiceTest, TellsTheSellerOfLowStockOncePerFall) {
  const auto service = StartService(TestConfig());
  inventory::v1::StockLow event;
  event.set_sku("SKU-" + database_.name());
  event.set_seller_id(User(1));
  event.set_available(2);
  event.set_threshold(5);
  event.set_episode(1);
  Send(kStockEventsTopic, event.sku(), event, "fall 1");
  Send(kStockEventsTopic, event.sku(), event, "fall 1 told again");
  event.set_episode(2);
  Send(kStockEventsTopic, event.sku(), event, "fall 2");
  const std::string seller = User(1) + "@sellers.example";
  ASSERT_TRUE(Eventually([&] { return MailsTo(seller) == 2; })) << MailsTo(seller);
  EXPECT_EQ(sink_->mailbox().List(seller, 1).at(0).subject, "Low stock: " + event.sku());
}

TEST_F(ServiceTest, HearsOfLowStockThroughRedisAndKafkaAndTellsItOnce) {
  const auto redis = testing::RedisCluster::Start({.replicas = false});
  ASSERT_TRUE(redis.ok()) << redis.error().message;
  Config config = TestConfig();
  config.common.redis_nodes = (*redis)->Seeds();
  const auto service = StartService(config);
  const std::string sku = "SKU-" + database_.name();
  const std::string json =
      R"({"sku":")" + sku + R"(","sellerId":")" + User(1) + R"(","available":2,"threshold":5,"episode":1})";
  const std::string seller = User(1) + "@sellers.example";
  ASSERT_TRUE(Eventually([&] {
    EXPECT_TRUE((*redis)->Command(0, {"PUBLISH", std::string(kLowStockChannel), json}).ok());
    return MailsTo(seller) == 1;
  })) << "the falls published on Redis were not heard";
  inventory::v1::StockLow event;
  event.set_sku(sku);
  event.set_seller_id(User(1));
  event.set_episode(1);
  Send(kStockEventsTopic, sku, event, "fall 1");
  event.set_episode(2);
  Send(kStockEventsTopic, sku, event, "fall 2");
  ASSERT_TRUE(Eventually([&] { return MailsTo(seller) >= 2; }));
  EXPECT_EQ(MailsTo(seller), 2u);
  EXPECT_EQ(sink_->mailbox().Stats().duplicates, 0);
}

TEST_F(ServiceTest, CallsTheWebhookSignedUntilItAnswers) {
  std::mutex mutex;
  std::vector<http::Request> calls;
  auto receiver = http::Server::Start({}, [&](http::Request request, http::Responder responder) {
                    const std::lock_guard lock(mutex);
                    calls.push_back(std::move(request));
                    responder.Send({calls.size() < 3 ? 500 : 200, {}, ""});
                  }).value();
  const std::string url = "http://127.0.0.1:" + std::to_string(receiver->port()) + "/hook";
  const auto service = StartService(TestConfig());
  ASSERT_EQ(SetWebhook(*service, 1, url, "key-1").status, 200);
  SendOrderEvent<orders::v1::OrderCompleted>(1, "completed", false);
  const std::string path = "/v1/users/" + User(1) + "/notifications";
  ASSERT_TRUE(Eventually([&] { return Call(*service, "GET", path).body.find("\"sent\"") != std::string::npos; }))
      << Call(*service, "GET", path).body;
  ASSERT_EQ(calls.size(), 3u);
  const http::Request& last = calls.back();
  const std::string signature(last.Header("Souk-Signature"));
  const std::string seconds = signature.substr(2, signature.find(',') - 2);
  EXPECT_EQ(signature, "t=" + seconds + ",v1=" + HmacSha256Hex(kSecret, seconds + "." + last.body));
  EXPECT_EQ(last.body, calls.front().body);
  SetWebhook(*service, 2, "http://127.0.0.1:1/nobody", "key-2");
  SendOrderEvent<orders::v1::OrderCompleted>(2, "unheard", false);
  const std::string unheard = "/v1/users/" + User(2) + "/notifications";
  ASSERT_TRUE(Eventually([&] { return Call(*service, "GET", unheard).body.find("\"failed\"") != std::string::npos; }));
}

TEST_F(ServiceTest, RefusesBadWebhooksByFieldAndReusedKeys) {
  Config config = TestConfig();
  const auto service = StartService(config);
  EXPECT_EQ(SetWebhook(*service, 1, "ftp://example.com/", "k1").status, 422);
  EXPECT_NE(SetWebhook(*service, 1, "ftp://example.com/", "k2").body.find("\"url\""), std::string::npos);
  EXPECT_EQ(SetWebhook(*service, 1, "http://example.com/one", "k3").status, 200);
  const http::Response again = SetWebhook(*service, 1, "http://example.com/one", "k3");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.Header("Idempotent-Replayed"), "true");
  const http::Response other = SetWebhook(*service, 1, "http://example.com/two", "k3");
  EXPECT_EQ(other.status, 422);
  EXPECT_NE(other.body.find("IDEMPOTENCY_KEY_REUSED"), std::string::npos) << other.body;
  EXPECT_EQ(Call(*service, "PUT", "/v1/users/u/webhook", R"({"url":"http://example.com/","secret":"0123456789abcdef"})",
                 {{"Content-Type", "application/json"}})
                .status,
            400);
  EXPECT_EQ(Call(*service, "GET", "/v1/users/" + std::string(65, 'x') + "/notifications").status, 422);
  config.common.profile = "production";
  const auto production = StartService(config);
  EXPECT_EQ(SetWebhook(*production, 1, "http://127.0.0.1:3001/v1/orders", "k4").status, 422);
}

}  // namespace
}  // namespace souk::notifications
