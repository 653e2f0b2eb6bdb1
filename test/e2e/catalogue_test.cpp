#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "libs/base/random.hpp"
#include "libs/http/client.hpp"
#include "libs/testing/eventually.hpp"
#include "test/e2e/fleet.hpp"

// From a seller's word to what a customer can order, through the shop's front door.
namespace souk::e2e {
namespace {

using nlohmann::json;

class CatalogueTest : public ::testing::Test {
 protected:
  CatalogueTest() : gateway_(Fleet::Get().GatewayUrl()) {
    SystemRandom random;
    sku_ = "E2E-" + std::to_string(random.Next() % 1'000'000'000);
  }

  std::pair<int, json> Call(const std::string& method, const std::string& path, const json& body = nullptr, const std::string& if_match = "") {
    http::ClientRequest request;
    request.method = method;
    request.url = gateway_ + path;
    request.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", sku_ + "-" + std::to_string(++calls_)}};
    if (!if_match.empty()) request.headers.emplace_back("If-Match", if_match);
    if (!body.is_null()) request.body = body.dump();
    const auto answer = client_.SendSync(std::move(request));
    EXPECT_TRUE(answer.ok()) << (answer.ok() ? "" : answer.error().message);
    if (!answer.ok()) return {0, {}};
    return {answer->status, json::parse(answer->body, nullptr, false)};
  }
  json Lines() { return {{"currency", "GBP"}, {"lines", {{{"sku", sku_}, {"quantity", "2"}}}}}; }
  int Quote() { return Call("POST", "/v1/orders:quote", Lines()).first; }
  json Stock() { return Call("GET", "/v1/stock/" + sku_).second["level"]; }

  const std::string gateway_;
  std::string sku_;
  http::Client client_;
  int calls_ = 0;
};

TEST_F(CatalogueTest, ADeletedProductCannotBeOrderedARestoredOneCanAndOrdersPlacedAreUntouched) {
  const auto [status, made] = Call("POST", "/v1/products", {{"sku", sku_}, {"name", "Lamp"}, {"price", {{"minorUnits", 1999}, {"currency", "GBP"}}}});
  ASSERT_EQ(status, 201) << made;
  const std::string product = "/v1/products/" + made["product"]["productId"].get<std::string>();
  EXPECT_EQ(Call("POST", product + "/stock:receive", {{"quantity", 10}}).first, 202);
  ASSERT_TRUE(testing::Eventually([&] { return Quote() == 200 && Stock()["available"] == "10"; }));

  json order = Lines();
  order["customerId"] = "me";
  order["paymentMethod"] = "pm_card_visa";
  order["shipTo"] = {{"name", "Me"}, {"line1", "1 Market Street"}, {"city", "Anytown"}, {"country", "United Kingdom"}};
  const auto [placed, accepted] = Call("POST", "/v1/orders", order);
  ASSERT_TRUE(placed == 200 || placed == 201 || placed == 202) << accepted;
  EXPECT_EQ(Call("DELETE", product, nullptr, "\"1\"").first, 200);
  EXPECT_TRUE(testing::Eventually([&] { return Quote() == 422; }));
  EXPECT_EQ(Call("POST", "/v1/orders", order).first, 422);
  const std::string order_path = "/v1/orders/" + accepted["orderId"].get<std::string>();
  EXPECT_TRUE(testing::Eventually([&] { return Call("GET", order_path).second["order"]["status"] == "ORDER_STATUS_COMPLETED"; }, std::chrono::seconds(60)))
      << Call("GET", order_path).second;

  EXPECT_EQ(Call("POST", product + ":restore", json::object(), "\"2\"").first, 200);
  EXPECT_TRUE(testing::Eventually([&] { return Quote() == 200; }));
  EXPECT_EQ(Call("POST", product + "/stock:recount", {{"counted", 5}, {"reason", "stocktaking"}}).first, 202);
  EXPECT_TRUE(testing::Eventually([&] { return Stock()["onHand"] == "5" && Stock()["sold"] == "2"; })) << Stock();
  EXPECT_EQ(Call("PATCH", product, {{"price", {{"minorUnits", 2500}}}}, "\"3\"").first, 200);
  EXPECT_TRUE(testing::Eventually([&] { return Call("POST", "/v1/orders:quote", Lines()).second["total"]["minorUnits"] == "5000"; }));
}

}  // namespace
}  // namespace souk::e2e
