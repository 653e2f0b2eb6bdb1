#include "services/products/service.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <thread>

#include "libs/http/client.hpp"
#include "libs/kafka/admin.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/rpc/channel.hpp"
#include "libs/testing/eventually.hpp"
#include "libs/testing/test_database.hpp"
#include "services/products/adapters/codec.hpp"
#include "souk/products/v1/product_events.pb.h"

namespace souk::products {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;

struct Answer {
  int status = 0;
  http::Headers headers;
  json body;
  std::string text;
  std::string Header(std::string_view name) const { return std::string(http::FindHeader(headers, name)); }
  std::string Field() const { return body.contains("errors") && !body["errors"].empty() ? body["errors"][0].value("field", "") : ""; }
};

/// The service as it runs in production, on a real SQL engine and a real Kafka.
class ServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    brokers_ = testing::TestEnvironment("SOUK_TEST_KAFKA");
    ASSERT_FALSE(database_.url().empty() || brokers_.empty());
    auto admin = kafka::Admin::Create(brokers_);
    ASSERT_TRUE(admin.ok());
    std::vector<kafka::TopicSpec> specs;
    for (const auto topic : {kProductEvents, kCollectionEvents, kStockCommands}) specs.push_back({std::string(topic), 3, 1, {}});
    ASSERT_TRUE((*admin)->CreateTopics(specs).ok());
    service_ = StartService();
    ASSERT_NE(service_, nullptr);
    sku_ = "T" + std::to_string(SystemRandom().Next() % 1'000'000'000);
  }

  std::unique_ptr<Service> StartService() {
    Config config;
    config.common.instance = "test";
    config.common.host = "127.0.0.1";
    config.common.sql_url = database_.url();
    config.common.kafka_brokers = brokers_;
    config.common.grace = milliseconds(2000);
    config.import_lines_per_part = 3;
    auto service = Service::Start(config, health_);
    EXPECT_TRUE(service.ok()) << (service.ok() ? "" : service.error().message);
    return service.ok() ? std::move(*service) : nullptr;
  }

  Answer Call(const std::string& method, const std::string& target, const std::string& body = "", http::Headers headers = {}) {
    http::ClientRequest request;
    request.method = method;
    request.host = "127.0.0.1";
    request.port = service_->http_port();
    request.target = target;
    request.body = body;
    if (!body.empty() && http::FindHeader(headers, "content-type").empty()) headers.emplace_back("Content-Type", "application/json");
    request.headers = std::move(headers);
    const auto response = client_.SendSync(std::move(request));
    EXPECT_TRUE(response.ok()) << (response.ok() ? "" : response.error().message);
    if (!response.ok()) return {};
    return {response->status, response->headers, json::parse(response->body, nullptr, false), response->body};
  }
  /// With an Idempotency-Key of its own, and If-Match when given.
  Answer Change(const std::string& method, const std::string& target, const json& body, const std::string& if_match = "", std::string key = "") {
    if (key.empty()) key = "key-" + std::to_string(++keys_);
    http::Headers headers = {{"Idempotency-Key", key}};
    if (!if_match.empty()) headers.emplace_back("If-Match", if_match);
    return Call(method, target, body.is_null() ? "" : body.is_string() ? body.get<std::string>() : body.dump(), headers);
  }
  json Lamp(const std::string& suffix = "") { return {{"sku", sku_ + suffix}, {"name", "Lamp"}, {"price", {{"minorUnits", "1999"}, {"currency", "GBP"}}}}; }
  std::string Create(const std::string& suffix = "") {
    const Answer made = Change("POST", "/v1/products", Lamp(suffix));
    EXPECT_EQ(made.status, 201) << made.text;
    return "/v1/products/" + made.body["product"]["productId"].get<std::string>();
  }
  /// "ChangedN" and "DeletedN" of this SKU in the order of the topic.
  std::vector<std::string> Events(const std::string& sku) {
    std::vector<std::string> events;
    const auto read = kafka::ReadAll(brokers_, std::string(kProductEvents), {}, [&](const kafka::Record& record) {
      const auto envelope = kafka::ParseEnvelope(record);
      if (envelope.ok() && envelope->subject == sku) {
        events.push_back((envelope->type.ends_with("Changed") ? "Changed" : "Deleted") + std::to_string(envelope->aggregate_version));
      }
      return true;
    });
    return events;
  }

  testing::TestDatabase database_{"products_service"};
  std::string brokers_;
  chassis::Health health_;
  std::unique_ptr<Service> service_;
  http::Client client_;
  std::string sku_;
  int keys_ = 0;
};

TEST_F(ServiceTest, WalksAProductThroughItsLifeAndTellsKafkaEachStep) {
  const std::string product = Create();
  Answer answer = Call("GET", product);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Header("ETag"), "\"1\"");
  answer = Change("PATCH", product, {{"price", {{"minorUnits", 2500}}}, {"attributes", {{"colour", {{"enum", "red"}}}}}}, "\"1\"");
  EXPECT_EQ(answer.status, 200) << answer.text;
  EXPECT_EQ(answer.Header("ETag"), "\"2\"");
  json all = Lamp();
  all["name"] = "Lamp, better";
  answer = Change("PUT", product, all, "\"2\"");
  EXPECT_EQ(answer.status, 200) << answer.text;
  EXPECT_TRUE(answer.body["product"]["attributes"].empty());
  EXPECT_EQ(Call("GET", product + "/prices").body["prices"].size(), 3u);
  EXPECT_EQ(Change("DELETE", product, nullptr, "\"3\"").status, 200);
  EXPECT_EQ(Call("GET", product).status, 410);
  EXPECT_EQ(Call("GET", product + "?show_deleted=true").status, 200);
  EXPECT_EQ(Change("POST", product + ":restore", "{}", "\"4\"").status, 200);
  EXPECT_EQ(Call("GET", product).Header("ETag"), "\"5\"");
  const std::vector<std::string> expected = {"Changed1", "Changed2", "Changed3", "Deleted4", "Changed5"};
  EXPECT_TRUE(testing::Eventually([&] { return Events(sku_) == expected; }));
}

TEST_F(ServiceTest, GivesTheSameAnswersThroughGrpc) {
  const std::string product = Create();
  rpc::Channel channel("127.0.0.1:" + std::to_string(service_->grpc_port()));
  v1::GetProductRequest get;
  get.set_product_id(product.substr(std::string("/v1/products/").size()));
  const auto read = channel.CallSync<v1::GetProductRequest, v1::ProductResponse>("souk.products.v1.ProductsService/GetProduct", get, {});
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_EQ(read->product().sku(), sku_);
  v1::DeleteProductRequest removal;
  removal.set_product_id(get.product_id());
  removal.set_request_id("grpc-1");
  const auto refused = channel.CallSync<v1::DeleteProductRequest, v1::ProductResponse>("souk.products.v1.ProductsService/DeleteProduct", removal, {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, "PRECONDITION_REQUIRED");
  removal.set_expected_version(1);
  EXPECT_TRUE((channel.CallSync<v1::DeleteProductRequest, v1::ProductResponse>("souk.products.v1.ProductsService/DeleteProduct", removal, {})).ok());
}

TEST_F(ServiceTest, B30RefusesWhatIsNoJson) {
  const std::string nested = std::string(40, '[') + std::string(40, ']');
  for (const std::string& body : {std::string("{"), Lamp().dump() + "x", R"({"attributes":)" + nested + "}", std::string(R"({"name":"a","name":"b"})"),
                                  std::string(R"({"lowStockThreshold":NaN})"), std::string(R"({"lowStockThreshold":1e400})"), std::string(R"({"name":"\ud800"})"),
                                  std::string("{\"name\":\"\xff\"}"), std::string("[]"), std::string("null ,")}) {
    const Answer answer = Change("POST", "/v1/products", body);
    EXPECT_EQ(answer.status, 400) << body << answer.text;
  }
}

TEST_F(ServiceTest, B31RefusesPricesByField) {
  for (const json& minor : {json(-1), json(0.001), json(1e12), json("12.3a"), json(19.99), json("")}) {
    json lamp = Lamp();
    lamp["price"]["minorUnits"] = minor;
    const Answer answer = Change("POST", "/v1/products", lamp);
    EXPECT_EQ(answer.status, 422) << minor << answer.text;
    EXPECT_TRUE(answer.Field() == "price.minor_units" || answer.Field() == "price.minorUnits") << answer.text;
  }
}

TEST_F(ServiceTest, B32RefusesCurrenciesByField) {
  for (const char* currency : {"usd", "XXX", ""}) {
    json lamp = Lamp();
    lamp["price"]["currency"] = currency;
    const Answer answer = Change("POST", "/v1/products", lamp);
    EXPECT_EQ(answer.status, 422) << currency;
    EXPECT_EQ(answer.Field(), "price.currency");
  }
}

TEST_F(ServiceTest, B33RefusesStockFiguresByField) {
  const std::string product = Create();
  const auto refused = [&](const std::string& call, const std::string& field, const json& value) {
    const Answer answer = Change("POST", product + "/stock:" + call, {{field, value}});
    EXPECT_EQ(answer.status, 422) << call << value << answer.text;
    EXPECT_EQ(answer.Field(), field) << answer.text;
  };
  for (const json& value : {json(-1), json(2147483648), json(1.5), json("many")}) {
    refused("receive", "quantity", value);
    refused("recount", "counted", value);
  }
  refused("receive", "quantity", 0);
  refused("adjust", "difference", 0);
  const Answer taken = Change("POST", product + "/stock:receive", {{"quantity", 5}}, "", "same");
  EXPECT_EQ(taken.status, 202) << taken.text;
  const Answer again = Change("POST", product + "/stock:receive", {{"quantity", 5}}, "", "same");
  EXPECT_EQ(again.body["movementId"], taken.body["movementId"]);
  EXPECT_EQ(again.Header("Idempotent-Replayed"), "true");
}

TEST_F(ServiceTest, B34B39TakesTextAsText) {
  int n = 0;
  for (const char* name : {"'; DROP TABLE products; --", "\U0001F600 \u0634\u0627\u064A", "$1 %s {}"}) {
    json lamp = Lamp("-" + std::to_string(++n));
    lamp["name"] = name;
    const Answer answer = Change("POST", "/v1/products", lamp);
    EXPECT_EQ(answer.status, 201) << answer.text;
    EXPECT_EQ(answer.body["product"]["name"], name);
  }
  json lamp = Lamp();
  lamp["name"] = "   ";
  EXPECT_EQ(Change("POST", "/v1/products", lamp).status, 422);
}

TEST_F(ServiceTest, B35B36B37B38AnswersByWhatIsWrong) {
  EXPECT_EQ(Call("GET", "/v1/products/no-uuid").status, 400);
  EXPECT_EQ(Call("GET", "/v1/products/00000000-0000-4000-8000-000000000000").status, 404);
  const std::string product = Create();
  EXPECT_EQ(Change("PUT", product, Lamp()).status, 428);
  EXPECT_EQ(Change("PUT", product, Lamp(), "\"9\"").status, 412);
  EXPECT_EQ(Change("PUT", product, Lamp(), "1").status, 400);
  EXPECT_EQ(Change("PATCH", product, {{"sku", "OTHER"}}, "*").status, 422);
  EXPECT_EQ(Change("PATCH", product, "[1]", "*").status, 400);
  for (const char* query : {"sort=name;DROP%20TABLE", "filter[$where]=1", "page.page_size=-1", "page.page_size=1000000000", "page.page_token=x", "limit=5"}) {
    EXPECT_EQ(Call("GET", std::string("/v1/products?") + query).status, 400) << query;
  }
  json lamp = Lamp("-x");
  lamp["collectionIds"] = {"00000000-0000-4000-8000-000000000000"};
  const Answer unknown = Change("POST", "/v1/products", lamp);
  EXPECT_EQ(unknown.status, 422);
  EXPECT_EQ(unknown.Field(), "collection_ids");
}

TEST_F(ServiceTest, B40AnswersTheSameKeyWithTheSameAnswerOnly) {
  const Answer first = Change("POST", "/v1/products", Lamp(), "", "k");
  const Answer again = Change("POST", "/v1/products", Lamp(), "", "k");
  EXPECT_EQ(again.text, first.text);
  EXPECT_EQ(again.status, 201);
  EXPECT_EQ(again.Header("Idempotent-Replayed"), "true");
  EXPECT_EQ(Change("POST", "/v1/products", Lamp("-other"), "", "k").status, 422);
  EXPECT_EQ(Call("POST", "/v1/products", Lamp().dump()).status, 400);
  EXPECT_EQ(Change("POST", "/v1/products", Lamp()).status, 409);
}

TEST_F(ServiceTest, ListsPageByPage) {
  for (int n = 0; n < 5; ++n) Create("-" + std::to_string(n));
  std::vector<std::string> seen;
  std::string token;
  do {
    const Answer page = Call("GET", "/v1/products?sort=sku&page.page_size=2&page.page_token=" + token);
    ASSERT_EQ(page.status, 200) << page.text;
    for (const json& product : page.body["products"]) seen.push_back(product["sku"]);
    token = page.body["page"]["nextPageToken"];
  } while (!token.empty());
  EXPECT_EQ(seen.size(), 5u);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST_F(ServiceTest, KeepsCollections) {
  const Answer made = Change("POST", "/v1/collections", {{"name", "Lamps"}});
  ASSERT_EQ(made.status, 201) << made.text;
  const std::string id = made.body["collection"]["collectionId"];
  json lamp = Lamp();
  lamp["collectionIds"] = {id};
  const Answer product = Change("POST", "/v1/products", lamp);
  ASSERT_EQ(product.status, 201) << product.text;
  EXPECT_EQ(Call("GET", "/v1/products?collection_id=" + id).body["products"].size(), 1u);
  EXPECT_EQ(Change("PUT", "/v1/collections/" + id, {{"name", "All lamps"}}, "\"1\"").Header("ETag"), "\"2\"");
  EXPECT_EQ(Change("DELETE", "/v1/collections/" + id, nullptr, "\"2\"").status, 409);
  EXPECT_EQ(Call("GET", "/v1/collections").body["collections"][0]["name"], "All lamps");
  EXPECT_EQ(Change("DELETE", "/v1/products/" + product.body["product"]["productId"].get<std::string>(), nullptr, "*").status, 200);
  EXPECT_EQ(Change("DELETE", "/v1/collections/" + id, nullptr, "\"2\"").status, 200);
  EXPECT_EQ(Call("GET", "/v1/collections/" + id).status, 404);
}

TEST_F(ServiceTest, ImportsAndGoesOnWhereItWasEnded) {
  std::string csv = "sku,name,price,currency\n";
  for (int n = 0; n < 8; ++n) csv += sku_ + "-" + std::to_string(n) + ",Thing," + (n == 4 ? "cheap" : "1.50") + ",GBP\n";
  const http::Headers headers = {{"Idempotency-Key", "catalogue-" + sku_}, {"Content-Type", "text/csv"}};
  // The first half of the file, then all of it: what was applied is not applied again.
  const std::string half = csv.substr(0, csv.find(sku_ + "-5"));
  const Answer first = Call("POST", "/v1/products:import", half, headers);
  ASSERT_EQ(first.status, 200) << first.text;
  EXPECT_EQ(std::count(first.text.begin(), first.text.end(), '\n'), 6) << first.text;
  EXPECT_NE(first.text.find("IMPORT_OUTCOME_REFUSED"), std::string::npos);
  service_.reset();
  service_ = StartService();
  const Answer second = Call("POST", "/v1/products:import", csv, headers);
  EXPECT_EQ(std::count(second.text.begin(), second.text.end(), '\n'), 4) << second.text;
  const json summary = json::parse(second.text.substr(second.text.rfind('\n', second.text.size() - 2) + 1));
  EXPECT_EQ(summary["created"], "7");
  EXPECT_EQ(summary["refused"], "1");
  EXPECT_EQ(summary["lastLine"], "9");
  EXPECT_EQ(summary["done"], true);
  EXPECT_EQ(Call("POST", "/v1/products:import?first_line=50", csv, headers).status, 400);
  EXPECT_EQ(Call("POST", "/v1/products:import", csv, {{"Content-Type", "text/csv"}}).status, 400);
  EXPECT_EQ(Call("POST", "/v1/products:import", "{}", {{"Idempotency-Key", "x"}, {"Content-Type", "application/xml"}}).status, 415);
  EXPECT_TRUE(testing::Eventually([&] { return Events(sku_ + "-7") == std::vector<std::string>{"Changed1"}; }));
}

}  // namespace
}  // namespace souk::products
