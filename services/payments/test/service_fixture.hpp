#pragma once

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "libs/base/hash.hpp"
#include "libs/http/client.hpp"
#include "libs/kafka/admin.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/kafka/producer.hpp"
#include "libs/sql/connection.hpp"
#include "libs/testing/eventually.hpp"
#include "libs/testing/test_database.hpp"
#include "services/payments/adapters/codec.hpp"
#include "services/payments/service.hpp"
#include "souk/payments/v1/payment_commands.pb.h"
#include "souk/payments/v1/payment_events.pb.h"
#include "tools/payment-simulator/simulator.hpp"

namespace souk::payments {

using Strings = std::vector<std::string>;
using std::chrono::milliseconds;

/// The service as it runs in production: a real SQL engine, a real Kafka, and the simulator behind its HTTP.
class ServiceTest : public ::testing::Test {
 protected:
  static constexpr const char* kSecret = "whsec_for_tests";

  void SetUp() override {
    brokers_ = souk::testing::TestEnvironment("SOUK_TEST_KAFKA");
    ASSERT_FALSE(database_.url().empty() || brokers_.empty());
    auto admin = kafka::Admin::Create(brokers_);
    ASSERT_TRUE(admin.ok());
    const std::vector<kafka::TopicSpec> specs = {{kCommandsTopic, 3, 1, {}}, {kEventsTopic, 3, 1, {}}, {"payments.commands.dlq", 1, 1, {}},
                                                 {"payments.commands.redrive", 1, 1, {}}};
    ASSERT_TRUE((*admin)->CreateTopics(specs).ok());
    auto producer = kafka::Producer::Create({.brokers = brokers_});
    ASSERT_TRUE(producer.ok());
    producer_ = std::move(*producer);
    ASSERT_TRUE(souk::testing::Eventually([&] {
      auto ends = (*admin)->EndOffsets(kEventsTopic);
      if (ends.ok()) offsets_ = *ends;
      return ends.ok();
    }));
    // What the programs before this one left on the topic is not for this database.
    ASSERT_TRUE(souk::testing::Eventually([&] {
      const auto ends = (*admin)->EndOffsets(kCommandsTopic);
      return ends.ok() && (*admin)->SetOffsets(kCommandsGroup, kCommandsTopic, *ends).ok();
    }));
    simulator_ = payment_simulator::Simulator::Start({.webhook_secret = kSecret, .webhook_delay = webhook_delay_}).value();
  }

  Config TestConfig() {
    Config config;
    config.common.instance = "test";
    config.common.host = "127.0.0.1";
    config.common.sql_url = database_.url();
    config.common.kafka_brokers = brokers_;
    config.common.grace = milliseconds(2000);
    config.provider_url = simulator_->url();
    config.provider_key = "sk_test_souk";
    config.provider_timeout = milliseconds(400);
    config.webhook_secret = kSecret;
    config.sweep_interval = milliseconds(50);
    config.reconcile_interval = milliseconds(0);  // its calls would meet faults that are meant for others
    return config;
  }

  std::unique_ptr<Service> StartService(const Config& config) {
    auto service = Service::Start(config, health_);
    EXPECT_TRUE(service.ok()) << (service.ok() ? "" : service.error().message);
    return service.ok() ? std::move(*service) : nullptr;
  }
  std::unique_ptr<Service> StartService() { return StartService(TestConfig()); }
  void SendWebhooksTo(const Service& service) { simulator_->SetWebhookUrls({Url(service, "/webhooks/provider")}); }
  static std::string Url(const Service& service, const std::string& target) {
    return "http://127.0.0.1:" + std::to_string(service.http_port()) + target;
  }

  std::string NewPayment() { return Uuid::FromName(database_.name(), std::to_string(++payments_)).ToString(); }

  // ---- Kafka

  void Send(const std::string& id, const google::protobuf::Message& command, const std::string& message = {}) {
    kafka::Envelope envelope;
    envelope.id = Uuid::FromName(database_.name(), id + command.GetTypeName() + message);
    envelope.type = command.GetTypeName();
    envelope.source = "orders";
    envelope.subject = id;
    envelope.time = SystemClock().Now();
    envelope.aggregate_version = 1;
    ASSERT_TRUE(producer_->Produce(kafka::ToRecord(kCommandsTopic, envelope, command.SerializeAsString()), [](Result<void>) {}).ok());
  }
  void SendAuthorize(const std::string& id, const std::string& method = "pm_card_visa", const std::string& message = {}) {
    wire::AuthorizePayment command;
    command.set_payment_id(id);
    command.set_payment_method(method);
    SetAmount(command.mutable_amount(), 1000);
    Send(id, command, message);
  }
  void SendCapture(const std::string& id, const std::string& message = {}) {
    wire::CapturePayment command;
    command.set_payment_id(id);
    SetAmount(command.mutable_amount(), 1000);
    Send(id, command, message);
  }
  void SendVoid(const std::string& id, const std::string& message = {}) {
    wire::VoidPayment command;
    command.set_payment_id(id);
    Send(id, command, message);
  }
  void SendRefund(const std::string& id, const std::string& refund_id, std::int64_t amount, const std::string& message = {}) {
    wire::RefundPayment command;
    command.set_payment_id(id);
    command.set_refund_id(refund_id);
    SetAmount(command.mutable_amount(), amount);
    Send(id, command, refund_id + message);
  }
  template <class MoneyMessage>
  static void SetAmount(MoneyMessage* money, std::int64_t minor_units) {
    money->set_minor_units(minor_units);
    money->set_currency("GBP");
  }

  /// Names of a payment's events so far, each message once, in the order of versions.
  Strings EventsOf(const std::string& id) {
    auto next = kafka::ReadAll(brokers_, kEventsTopic, offsets_, [&](const kafka::Record& record) {
      const auto envelope = kafka::ParseEnvelope(record);
      if (envelope.ok()) events_[envelope->subject][envelope->aggregate_version] = envelope->type.substr(envelope->type.rfind('.') + 1);
      return true;
    });
    if (next.ok()) offsets_ = *next;
    Strings names;
    for (const auto& [version, name] : events_[id]) names.push_back(name);
    return names;
  }
  bool AwaitEvents(const std::string& id, const Strings& expected, milliseconds patience = std::chrono::seconds(20)) {
    const bool came = souk::testing::Eventually([&] { return EventsOf(id) == expected; }, patience);
    if (!came) {
      for (const std::string& name : EventsOf(id)) ADD_FAILURE() << "saw " << name;
    }
    return came;
  }

  // ---- HTTP

  struct Answer {
    int status = 0;
    std::string body;
    bool Has(const std::string& text) const { return body.find(text) != std::string::npos; }
  };
  Answer Call(const std::string& method, const std::string& url, const std::string& body = {}, http::Headers headers = {}) {
    http::ClientRequest request = http::ParseUrl(url).value();
    request.method = method;
    request.body = body;
    request.headers = std::move(headers);
    request.deadline = milliseconds(20'000);
    auto response = client_.SendSync(std::move(request));
    if (!response.ok()) return {0, response.error().message};
    return {response->status, response->body};
  }
  Answer Post(const Service& service, const std::string& target, const std::string& body, int timeout_ms = 10'000) {
    return Call("POST", Url(service, target), body,
                {{"Content-Type", "application/json"}, {"Idempotency-Key", "key-" + std::to_string(++keys_)}, {"X-Request-Timeout-Ms", std::to_string(timeout_ms)}});
  }
  Answer Authorize(const Service& service, const std::string& id, const std::string& method = "pm_card_visa", int timeout_ms = 10'000) {
    return Post(service, "/v1/payments", R"({"paymentId":")" + id + R"(","amount":{"minorUnits":"1000","currency":"GBP"},"paymentMethod":")" + method + "\"}", timeout_ms);
  }
  Answer Capture(const Service& service, const std::string& id, std::int64_t amount = 1000) {
    return Post(service, "/v1/payments/" + id + ":capture", AmountJson(amount));
  }
  Answer Void(const Service& service, const std::string& id) { return Post(service, "/v1/payments/" + id + ":void", "{}"); }
  Answer Refund(const Service& service, const std::string& id, const std::string& refund_id, std::int64_t amount) {
    return Post(service, "/v1/payments/" + id + "/refunds",
                R"({"refundId":")" + refund_id + R"(","amount":{"minorUnits":")" + std::to_string(amount) + R"(","currency":"GBP"}})");
  }
  static std::string AmountJson(std::int64_t amount) {
    return R"({"amount":{"minorUnits":")" + std::to_string(amount) + R"(","currency":"GBP"}})";
  }
  Answer Get(const Service& service, const std::string& id) { return Call("GET", Url(service, "/v1/payments/" + id)); }
  bool AwaitStatus(const Service& service, const std::string& id, const std::string& status) {
    return souk::testing::Eventually([&] { return Get(service, id).Has("\"PAYMENT_STATUS_" + status + "\""); });
  }
  std::string ProviderStats() { return Call("GET", simulator_->url() + "/simulator/stats").body; }
  void Fault(const std::string& kind, int count) {
    EXPECT_EQ(Call("POST", simulator_->url() + "/simulator/faults", "kind=" + kind + "&count=" + std::to_string(count)).status, 200);
  }
  static std::string Between(const std::string& text, const std::string& before, const std::string& after) {
    const auto begin = text.find(before);
    if (begin == std::string::npos) return {};
    return text.substr(begin + before.size(), text.find(after, begin + before.size()) - begin - before.size());
  }

  // ---- SQL

  std::int64_t Ask(const char* query) {
    const sql::Statement statement{query, query};
    auto rows = sql_.Query(statement);
    EXPECT_TRUE(rows.ok());
    return rows.ok() && !rows->empty() ? (*rows)[0].Int(0) : -1;
  }
  void ExpectLedger(std::int64_t captured, std::int64_t refunded) {
    EXPECT_EQ(Ask("SELECT COALESCE(sum(amount), 0)::INT8 FROM ledger_entries"), 0) << "double entry";
    EXPECT_EQ(Ask("SELECT COALESCE(-sum(amount), 0)::INT8 FROM ledger_entries WHERE account = 'revenue'"), captured);
    EXPECT_EQ(Ask("SELECT COALESCE(sum(amount), 0)::INT8 FROM ledger_entries WHERE account = 'refunds'"), refunded);
    EXPECT_EQ(Ask("SELECT COALESCE(sum(captured), 0)::INT8 FROM payments"), captured);
    EXPECT_EQ(Ask("SELECT COALESCE(sum(refunded), 0)::INT8 FROM payments"), refunded);
    const std::string stats = ProviderStats();
    EXPECT_NE(stats.find("\"captured_minor\":" + std::to_string(captured) + ",\"refunded_minor\":" + std::to_string(refunded) + ","), std::string::npos) << stats;
  }

  milliseconds webhook_delay_{20};  // set it before SetUp()
  souk::testing::TestDatabase database_{"payments"};
  sql::Connection sql_{{.url = database_.url(), .index_scans_only = false}};
  std::string brokers_;
  chassis::Health health_;
  std::unique_ptr<kafka::Producer> producer_;
  std::unique_ptr<payment_simulator::Simulator> simulator_;
  http::Client client_;
  std::vector<std::int64_t> offsets_;
  std::map<std::string, std::map<std::int64_t, std::string>> events_;
  int payments_ = 0;
  int keys_ = 0;
};

}  // namespace souk::payments
