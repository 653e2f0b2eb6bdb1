#include "services/orders/test/service_fixture.hpp"

#include "libs/kafka/admin.hpp"
#include "libs/kafka/envelope.hpp"
#include "souk/products/v1/product_events.pb.h"

namespace souk::orders::testing {

namespace products = souk::products::v1;

Config OrdersServiceTest::ConfigOf() {
  Config config;
  config.common.instance = "test";
  config.common.host = "127.0.0.1";
  config.common.sql_url = database->url();
  config.common.kafka_brokers = souk::testing::TestEnvironment("SOUK_TEST_KAFKA");
  config.common.migrate = true;
  config.common.grace = std::chrono::seconds(2);
  config.times.step = std::chrono::milliseconds(400);
  config.times.give_up = std::chrono::milliseconds(2'500);
  config.times.challenge = std::chrono::milliseconds(1'500);
  config.times.delivery = std::chrono::milliseconds(1'000);
  config.sweep_interval = std::chrono::milliseconds(50);
  return config;
}

std::unique_ptr<Service> OrdersServiceTest::StartService() {
  Result<std::unique_ptr<Service>> started = Service::Start(ConfigOf(), *health);
  if (started.ok()) return std::move(*started);
  ADD_FAILURE() << started.error().message;
  return nullptr;
}

void OrdersServiceTest::SetUpTestSuite() {
  const std::string brokers = souk::testing::TestEnvironment("SOUK_TEST_KAFKA");
  database = std::make_unique<souk::testing::TestDatabase>("orders");
  if (brokers.empty() || database->url().empty()) return;
  auto admin = std::move(kafka::Admin::Create(brokers)).value();
  std::vector<kafka::TopicSpec> topics;
  for (const char* name : {"orders.order.events.v1", "inventory.reservation.commands.v1", "inventory.reservation.events.v1",
                           "payments.payment.commands.v1", "payments.payment.events.v1", "fulfillment.shipment.commands.v1",
                           "fulfillment.shipment.events.v1", "products.product.events.v1"}) {
    topics.push_back({name, 3, 1, {}});
  }
  for (const char* name : {"orders.replies.dlq", "orders.catalogue.dlq", "orders.replies.redrive", "orders.catalogue.redrive"}) topics.push_back({name, 1, 1, {}});
  ASSERT_TRUE(admin->CreateTopics(topics).ok());
  health = std::make_unique<chassis::Health>();
  client = std::make_unique<http::Client>();
  world = std::make_unique<FakeParticipants>(brokers);
  service = StartService();
  const std::int64_t version = ToUnixMicros(SystemClock().Now());  // above what earlier runs left on the topic
  for (const char* sku : {"mug", "out-of-stock", "expires-at-commit", "slow-reserve", "never-reserved"}) Publish(sku, 500, "GBP", version);
  Publish("pen", 120, "GBP", version);
  Publish("cap", 900, "EUR", version);
  Publish("old", 900, "GBP", version);
  Publish("old", 0, "", version + 1, true);
  ASSERT_TRUE(Eventually([] { return Sql("SELECT count(*) FROM prices WHERE deleted OR sku = 'cap'") == 2; }, std::chrono::seconds(30)));
  ASSERT_TRUE(Eventually([] { return health->WhatIsMissing().find("kafka") == std::string::npos; }));
  WarmUp();
}

/// Until an order goes through: then every consumer has its partitions and has passed what earlier tests left on the topics.
void OrdersServiceTest::WarmUp() {
  int probes = 0;
  const bool warm = Eventually(
      [&probes] {
        http::ClientRequest request;
        request.method = "POST";
        request.host = "127.0.0.1";
        request.port = service->http_port();
        request.target = "/v1/orders";
        request.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", "probe-" + std::to_string(++probes)}, {"Prefer", "wait=3"}};
        request.body =
            R"({"customerId":"probe","lines":[{"sku":"mug","quantity":1}],"currency":"GBP","paymentMethod":"pm_x",)"
            R"("shipTo":{"name":"A","line1":"L","city":"B","country":"GB"}})";
        const auto response = client->SendSync(std::move(request));
        return response.ok() && response->body.find("CONFIRMED") != std::string::npos;
      },
      std::chrono::seconds(60));
  ASSERT_TRUE(warm) << "no order went through";
}

void OrdersServiceTest::TearDownTestSuite() {
  service.reset();
  world.reset();
  client.reset();
  database.reset();
}

void OrdersServiceTest::SetUp() {
  ASSERT_NE(service, nullptr);
  port = service->http_port();
  SystemRandom random;
  customer = "c" + std::to_string(random.Next() % 1'000'000'000);
}

void OrdersServiceTest::Publish(const std::string& sku, std::int64_t price, const std::string& currency, std::int64_t version, bool deleted) {
  kafka::ProducerConfig config;
  config.brokers = souk::testing::TestEnvironment("SOUK_TEST_KAFKA");
  static const auto producer = std::move(kafka::Producer::Create(config)).value();
  SystemRandom random;
  SystemClock clock;
  products::ProductChanged changed;
  changed.set_sku(sku);
  changed.set_version(version);
  changed.mutable_price()->set_minor_units(price);
  changed.mutable_price()->set_currency(currency);
  products::ProductDeleted gone;
  gone.set_sku(sku);
  gone.set_version(version);
  kafka::Envelope envelope;
  envelope.id = NewUuidV7(clock, random);
  envelope.type = deleted ? "souk.products.v1.ProductDeleted" : "souk.products.v1.ProductChanged";
  envelope.source = "test";
  envelope.subject = sku;
  envelope.time = clock.Now();
  envelope.aggregate_version = version;
  const std::string payload = deleted ? gone.SerializeAsString() : changed.SerializeAsString();
  ASSERT_TRUE(producer->Produce(kafka::ToRecord("products.product.events.v1", envelope, payload), [](const Result<void>&) {}).ok());
  ASSERT_TRUE(producer->Flush(std::chrono::seconds(10)).ok());
}

json OrdersServiceTest::Body(const Wish& wish) const {
  return {{"customerId", customer},
          {"email", customer + "@example.com"},
          {"lines", json::array({{{"sku", wish.sku}, {"quantity", wish.quantity}}})},
          {"currency", "GBP"},
          {"paymentMethod", wish.method},
          {"shipTo", {{"name", "Ada"}, {"line1", "1 Lane"}, {"line2", wish.line2}, {"city", "Bath"}, {"country", "GB"}}}};
}

http::Response OrdersServiceTest::Call(const std::string& method, const std::string& path, const json& body, http::Headers headers) const {
  http::ClientRequest request;
  request.method = method;
  request.host = "127.0.0.1";
  request.port = port;
  request.target = path;
  request.headers = std::move(headers);
  request.deadline = std::chrono::seconds(30);
  request.headers.emplace_back("X-Request-Timeout-Ms", "30000");
  if (!body.is_null()) {
    request.body = body.dump();
    request.headers.emplace_back("Content-Type", "application/json");
  }
  Result<http::Response> response = client->SendSync(std::move(request));
  if (response.ok()) return std::move(*response);
  ADD_FAILURE() << method << ' ' << path << ": " << response.error().message;
  return {.status = 0, .headers = {}, .body = "{}"};
}

http::Response OrdersServiceTest::Post(const std::string& path, const json& body, const std::string& key, const std::string& prefer) const {
  http::Headers headers = {{"Idempotency-Key", key}};
  if (!prefer.empty()) headers.emplace_back("Prefer", prefer);
  return Call("POST", path, body, std::move(headers));
}

std::string OrdersServiceTest::NewKey() { return customer + "-" + std::to_string(++keys); }

std::string OrdersServiceTest::Place(const Wish& wish) {
  const http::Response response = Post("/v1/orders", Body(wish), wish.key.empty() ? NewKey() : wish.key);
  EXPECT_EQ(response.status, 201) << response.body;
  return json::parse(response.body).value("orderId", "");
}

json OrdersServiceTest::Get(const std::string& id) const {
  const http::Response response = Call("GET", "/v1/orders/" + id);
  return response.status == 200 ? json::parse(response.body)["order"] : json::object();
}

::testing::AssertionResult OrdersServiceTest::Becomes(const std::string& id, const std::string& status) const {
  const std::string wanted = "ORDER_STATUS_" + status;
  if (Eventually([&] { return StatusOf(id) == wanted; }, std::chrono::seconds(20))) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << id << " is " << Get(id).dump() << "\n" << Timeline(id).dump(1);
}

std::int64_t OrdersServiceTest::Sql(const std::string& text) {
  pqxx::connection connection(database->url());
  pqxx::nontransaction work(connection);
  return work.exec(text)[0][0].as<std::int64_t>();
}

bool OrdersServiceTest::HasStep(const json& timeline, const std::string& step, const std::string& outcome) {
  for (const json& entry : timeline) {
    if (entry["step"] == step && entry["outcome"] == outcome) return true;
  }
  return false;
}

}  // namespace souk::orders::testing
