// What callers may send, and what they get: idempotency, prices, limits, pages, live updates.
#include <atomic>
#include <set>
#include <thread>

#include "libs/rpc/channel.hpp"
#include "services/orders/test/service_fixture.hpp"
#include "souk/orders/v1/orders_service.pb.h"

namespace souk::orders::testing {
namespace {

TEST_F(OrdersServiceTest, B63RefusesAMissingOrUnreadableIdempotencyKey) {
  EXPECT_EQ(Call("POST", "/v1/orders", Body({})).status, 400);
  EXPECT_EQ(Post("/v1/orders", Body({}), "").status, 400);
  EXPECT_EQ(Post("/v1/orders", Body({}), std::string(256, 'k')).status, 400);
  EXPECT_EQ(Post("/v1/orders", Body({}), std::string(255, 'k')).status, 201);
}

TEST_F(OrdersServiceTest, B64MakesOneOrderOfManyEqualCalls) {
  const std::string key = NewKey();
  const json body = Body({.line2 = "HOLD"});
  std::mutex mutex;
  std::set<std::string> bodies;
  std::atomic<int> created{0}, replayed{0}, in_flight{0}, other{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 20; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) {
        const http::Response response = Post("/v1/orders", body, key, "wait=10");
        if (response.status == 201) {
          (response.Header("Idempotent-Replayed") == "true" ? replayed : created)++;
          const std::lock_guard lock(mutex);
          bodies.insert(response.body);
        } else if (response.status == 409 && !response.Header("Retry-After").empty()) {
          ++in_flight;
        } else {
          ++other;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(created, 1);
  EXPECT_EQ(other, 0);
  EXPECT_EQ(created + replayed + in_flight, 100);
  EXPECT_LE(bodies.size(), 1u);
  const http::Response replay = Post("/v1/orders", body, key);
  EXPECT_EQ(replay.Header("Idempotent-Replayed"), "true");
  bodies.insert(replay.body);
  EXPECT_EQ(bodies.size(), 1u) << "a replay has other bytes";
  EXPECT_EQ(Sql("SELECT count(*) FROM orders WHERE customer_id = '" + customer + "'"), 1);
  const http::Response changed = Post("/v1/orders", Body({.line2 = "HOLD", .quantity = 3}), key);
  EXPECT_EQ(changed.status, 422);
  EXPECT_EQ(json::parse(changed.body)["reason"], "IDEMPOTENCY_KEY_REUSED");
}

TEST_F(OrdersServiceTest, B64AnswersARepeatOfATimedOutWaitWithPendingForEver) {
  const std::string key = NewKey();
  const json body = Body({.method = "pm_challenge"});
  const http::Response first = Post("/v1/orders", body, key, "wait=1");
  ASSERT_EQ(first.status, 201);
  EXPECT_EQ(json::parse(first.body)["status"], "ORDER_STATUS_PENDING");
  ASSERT_TRUE(Becomes(json::parse(first.body)["orderId"], "REJECTED"));
  EXPECT_EQ(Post("/v1/orders", body, key, "wait=5").body, first.body);
}

TEST_F(OrdersServiceTest, B67B68UsesTheShopsPriceAndShowsANewOne) {
  json body = Body({.line2 = "HOLD"});
  body["lines"][0]["unitPrice"] = {{"minorUnits", 1}, {"currency", "GBP"}};
  const http::Response refused = Post("/v1/orders", body, NewKey());
  EXPECT_EQ(refused.status, 409);
  const json problem = json::parse(refused.body);
  EXPECT_EQ(problem["reason"], "PRICE_CHANGED");
  EXPECT_EQ(problem["quote"]["total"]["minorUnits"], "1000");
  body["lines"][0]["unitPrice"]["minorUnits"] = 500;
  body["expectedTotal"] = {{"minorUnits", 999}, {"currency", "GBP"}};
  EXPECT_EQ(Post("/v1/orders", body, NewKey()).status, 409);
  body["expectedTotal"]["minorUnits"] = 1000;
  const std::string key = NewKey();
  const http::Response accepted = Post("/v1/orders", body, key);
  EXPECT_EQ(accepted.status, 201) << accepted.body;
  EXPECT_EQ(json::parse(accepted.body)["total"]["minorUnits"], "1000");

  const json quote = json::parse(Call("POST", "/v1/orders:quote", {{"lines", body["lines"]}, {"currency", "GBP"}}).body);
  EXPECT_EQ(quote["total"]["minorUnits"], "1000");
}

TEST_F(OrdersServiceTest, B68ARepeatKeepsItsPriceAfterAChange) {
  const std::string sku = "dear-" + customer;
  Publish(sku, 100, "GBP", 1);
  const std::string key = NewKey();
  const json body = Body({.sku = sku, .line2 = "HOLD"});
  http::Response first;
  ASSERT_TRUE(Eventually([&] {
    first = Post("/v1/orders", body, key);
    return first.status == 201;
  }));
  Publish(sku, 900, "GBP", 3);
  Publish(sku, 300, "GBP", 2);  // older: never overwrites
  ASSERT_TRUE(Eventually([&] { return Sql("SELECT max(version) FROM prices WHERE sku = '" + sku + "'") == 3; }));
  EXPECT_EQ(Post("/v1/orders", body, key).body, first.body);
  EXPECT_EQ(Sql("SELECT price_minor FROM prices WHERE sku = '" + sku + "'"), 900);
}

TEST_F(OrdersServiceTest, B69RefusesCartsThatMakeNoSense) {
  const auto refused = [&](json body, const std::string& field) {
    const http::Response response = Post("/v1/orders", body, NewKey());
    EXPECT_EQ(response.status, 422) << response.body;
    EXPECT_NE(response.body.find('"' + field + '"'), std::string::npos) << response.body;
  };
  json empty = Body({});
  empty["lines"] = json::array();
  refused(empty, "lines");
  refused(Body({.quantity = 0}), "lines[0].quantity");
  refused(Body({.quantity = -1}), "lines[0].quantity");
  refused(Body({.quantity = 100'001}), "lines[0].quantity");
  refused(Body({.sku = "nobody-knows"}), "lines[0].sku");
  refused(Body({.sku = "old"}), "lines[0].sku");
  json mixed = Body({});
  mixed["lines"].push_back({{"sku", "cap"}, {"quantity", 1}});
  refused(mixed, "lines[1].sku");
  json twice = Body({});
  twice["lines"].push_back(twice["lines"][0]);
  refused(twice, "lines[1].sku");
  json no_currency = Body({});
  no_currency["currency"] = "XXX";
  refused(no_currency, "currency");
  refused(Body({.method = "4242"}), "payment_method");
  json nowhere = Body({});
  nowhere["shipTo"]["city"] = "";
  refused(nowhere, "ship_to.city");
  json no_mail = Body({});
  no_mail["email"] = "not an address";
  refused(no_mail, "email");
}

TEST_F(OrdersServiceTest, B74NeverTakesACardNumber) {
  json body = Body({});
  body["paymentMethod"] = "4242 4242 4242 4242";
  const http::Response response = Post("/v1/orders", body, NewKey());
  EXPECT_EQ(response.status, 400);
  EXPECT_NE(response.body.find("pan_not_allowed"), std::string::npos);
  EXPECT_EQ(response.body.find("4242 4242"), std::string::npos);
}

TEST_F(OrdersServiceTest, RefusesIdsAndTokensThatAreNone) {
  EXPECT_EQ(Call("GET", "/v1/orders/not-a-uuid").status, 400);
  EXPECT_EQ(Call("GET", "/v1/orders/01900000-0000-7000-8000-000000000000").status, 404);
  EXPECT_EQ(Post("/v1/orders/01900000-0000-7000-8000-000000000000:cancel", json::object(), NewKey()).status, 404);
  for (const char* query : {"page.pageToken=zzz", "page.pageToken=1_2", "page.pageSize=-1", "page.pageSize=1000"}) {
    EXPECT_EQ(Call("GET", "/v1/customers/" + customer + "/orders?" + query).status, 400) << query;
  }
}

TEST_F(OrdersServiceTest, B37ListsPagesWithoutGapsOrRepeats) {
  std::vector<std::string> placed;
  for (int i = 0; i < 7; ++i) placed.push_back(Place({.line2 = "HOLD"}));
  std::vector<std::string> listed;
  std::string token;
  do {
    const http::Response page = Call("GET", "/v1/customers/" + customer + "/orders?page.pageSize=3" + (token.empty() ? "" : "&page.pageToken=" + token));
    ASSERT_EQ(page.status, 200) << page.body;
    const json list = json::parse(page.body);
    for (const json& order : list["orders"]) listed.push_back(order["orderId"]);
    token = list.contains("page") && !list["page"].is_null() ? list["page"].value("nextPageToken", "") : "";
  } while (!token.empty());
  std::reverse(placed.begin(), placed.end());
  EXPECT_EQ(listed, placed);
}

TEST_F(OrdersServiceTest, StreamsEveryChangeUntilTheEnd) {
  const std::string id = Place({.line2 = "HOLD"});
  http::ClientRequest request;
  request.host = "127.0.0.1";
  request.port = port;
  request.target = "/v1/orders/" + id + "/events";
  std::mutex mutex;
  std::string text;
  std::atomic<bool> ended{false};
  auto cancel = client->SendStreaming(
      std::move(request), [](const http::Response& head) { EXPECT_EQ(head.Header("Content-Type"), "text/event-stream"); },
      [&](std::string_view chunk) {
        const std::lock_guard lock(mutex);
        text += chunk;
        return true;
      },
      [&](const Result<void>&) { ended = true; });
  const auto seen = [&](const char* what) {
    const std::lock_guard lock(mutex);
    return text.find(what) != std::string::npos;
  };
  EXPECT_TRUE(Eventually([&] { return seen("ORDER_STATUS_CONFIRMED"); }));
  world->Carrier(id, "dispatched");
  EXPECT_TRUE(Eventually([&] { return seen("ORDER_STATUS_DISPATCHED"); }));
  world->Carrier(id, "delivered");
  EXPECT_TRUE(Eventually([&] { return ended.load(); }));
  EXPECT_TRUE(seen("ORDER_STATUS_COMPLETED"));
  std::int64_t last = 0;
  for (std::size_t at = text.find("id: "); at != std::string::npos; at = text.find("id: ", at + 1)) {
    const std::int64_t version = std::stoll(text.substr(at + 4));
    EXPECT_GT(version, last);
    last = version;
  }
  const http::Response nothing_new = Call("GET", "/v1/orders/" + id + "/events", nullptr, {{"Last-Event-ID", std::to_string(last)}});
  EXPECT_EQ(nothing_new.status, 204);
}

TEST_F(OrdersServiceTest, SpeaksGrpcWithTheSameWords) {
  const rpc::Channel channel("127.0.0.1:" + std::to_string(service->grpc_port()));
  v1::PlaceOrderRequest request;
  request.set_customer_id(customer);
  request.set_currency("GBP");
  request.set_payment_method("pm_card_visa");
  auto* line = request.add_lines();
  line->set_sku("mug");
  line->set_quantity(1);
  request.mutable_ship_to()->set_name("Ada");
  request.mutable_ship_to()->set_line1("1 Lane");
  request.mutable_ship_to()->set_city("Bath");
  request.mutable_ship_to()->set_country("GB");
  const auto place = [&] {
    return channel.CallSync<v1::PlaceOrderRequest, v1::PlaceOrderResponse>("souk.orders.v1.OrdersService/PlaceOrder", request, Context());
  };
  const auto without_key = place();
  ASSERT_FALSE(without_key.ok());
  EXPECT_EQ(without_key.error().code, ErrorCode::kInvalidArgument);
  request.set_request_id(NewKey());
  const auto placed = place();
  ASSERT_TRUE(placed.ok()) << placed.error().message;
  ASSERT_TRUE(Becomes(placed->order_id(), "COMPLETED"));
  EXPECT_EQ(place()->SerializeAsString(), placed->SerializeAsString());
}

TEST_F(OrdersServiceTest, ShowsTheFiguresOfTheLivePage) {
  const std::string id = Place({});
  ASSERT_TRUE(Becomes(id, "COMPLETED"));
  ASSERT_TRUE(Eventually([&] {
    const json stats = json::parse(Call("GET", "/v1/orders:stats").body);
    return stats["statuses"].value("COMPLETED", 0) > 0 && stats["confirmMillis"]["samples"] > 0 && stats["confirmMillis"]["p99"] > 0;
  }));
}

}  // namespace
}  // namespace souk::orders::testing
