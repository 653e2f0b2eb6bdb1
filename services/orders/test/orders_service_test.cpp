// The life of orders through HTTP, SQL and Kafka, with participants that refuse, fall silent, repeat themselves and come too late.
#include <set>
#include <thread>

#include "libs/kafka/admin.hpp"
#include "services/orders/test/service_fixture.hpp"

namespace souk::orders::testing {
namespace {

using Minor = std::int64_t;
Minor MinorOf(const json& order, const char* field) { return std::stoll(order[field]["minorUnits"].get<std::string>()); }

TEST_F(OrdersServiceTest, GoesFromAcceptedToDelivered) {
  const http::Response placed = Post("/v1/orders", Body({.line2 = "HOLD"}), NewKey(), "wait=20");
  ASSERT_EQ(placed.status, 201) << placed.body;
  const json answer = json::parse(placed.body);
  EXPECT_EQ(answer["status"], "ORDER_STATUS_CONFIRMED");
  const std::string id = answer["orderId"];
  world->Carrier(id, "dispatched");
  world->Carrier(id, "delivered");
  ASSERT_TRUE(Becomes(id, "COMPLETED"));
  const json order = Get(id);
  EXPECT_EQ(MinorOf(order, "captured"), 1000);
  EXPECT_EQ(order["trackingCode"], "T-" + id.substr(0, 8));
  const json timeline = Timeline(id);
  for (const char* step : {"accept", "reserve", "authorize", "capture", "commit", "ship"}) EXPECT_TRUE(HasStep(timeline, step, "succeeded")) << step;
  for (std::size_t i = 0; i < timeline.size(); ++i) EXPECT_EQ(timeline[i]["sequence"], std::to_string(i + 1));
}

TEST_F(OrdersServiceTest, RejectsWhatIsOutOfStockAndChargesNothing) {
  const std::string id = Place({.sku = "out-of-stock"});
  ASSERT_TRUE(Becomes(id, "REJECTED"));
  EXPECT_EQ(Get(id)["reason"], "ORDER_REASON_OUT_OF_STOCK");
  EXPECT_EQ(world->book(id).commands.count("AuthorizePayment"), 0u);
}

TEST_F(OrdersServiceTest, ReleasesTheStockOfADeclinedPayment) {
  const http::Response response = Post("/v1/orders", Body({.method = "pm_declined"}), NewKey(), "wait=20");
  const json answer = json::parse(response.body);
  EXPECT_EQ(answer["status"], "ORDER_STATUS_REJECTED");
  EXPECT_EQ(answer["reasonDetail"], "insufficient_funds");
  EXPECT_EQ(world->book(answer["orderId"]).stock, "released");
}

TEST_F(OrdersServiceTest, LetsTheCustomerCompleteAChallenge) {
  const std::string id = Place({.method = "pm_challenge"});
  ASSERT_TRUE(Eventually([&] { return Get(id)["challengeUrl"] == "https://bank.example/" + id; }));
  world->Bank(id, true);
  ASSERT_TRUE(Becomes(id, "COMPLETED"));
  EXPECT_EQ(Get(id)["challengeUrl"], "");
}

TEST_F(OrdersServiceTest, UndoesAChallengeThatNobodyCompletes) {
  const std::string id = Place({.method = "pm_challenge"});
  ASSERT_TRUE(Becomes(id, "REJECTED"));
  EXPECT_EQ(Get(id)["reason"], "ORDER_REASON_CHALLENGE_EXPIRED");
  EXPECT_EQ(world->book(id).payment, "voided");
  EXPECT_EQ(world->book(id).stock, "released");
}

TEST_F(OrdersServiceTest, ReleasesTheStockOfAFailedCapture) {
  const std::string id = Place({.method = "pm_capture_fails"});
  ASSERT_TRUE(Becomes(id, "REJECTED"));
  EXPECT_EQ(Get(id)["reason"], "ORDER_REASON_CAPTURE_FAILED");
}

TEST_F(OrdersServiceTest, GivesTheMoneyBackWhenTheClaimHadRunOut) {
  const std::string id = Place({.sku = "expires-at-commit", .line2 = "HOLD"});
  ASSERT_TRUE(Becomes(id, "REJECTED"));
  EXPECT_EQ(Get(id)["reason"], "ORDER_REASON_HOLD_EXPIRED");
  EXPECT_EQ(world->book(id).refunded, 1000);
  EXPECT_EQ(world->book(id).shipment, "cancelled");
}

TEST_F(OrdersServiceTest, F55GivesEverythingBackWhenTheShipmentIsRefused) {
  const std::string id = Place({.line2 = "REFUSE"});
  ASSERT_TRUE(Becomes(id, "REJECTED"));
  EXPECT_EQ(Get(id)["reason"], "ORDER_REASON_SHIPMENT_REFUSED");
  EXPECT_EQ(world->book(id).refunded, 1000);
  EXPECT_EQ(world->book(id).restocks.size(), 1u);
}

TEST_F(OrdersServiceTest, RefundsALostParcelWithoutRestocking) {
  const std::string id = Place({.line2 = "LOSE"});
  ASSERT_TRUE(Becomes(id, "CANCELLED"));
  EXPECT_EQ(Get(id)["reason"], "ORDER_REASON_SHIPMENT_LOST");
  EXPECT_EQ(MinorOf(Get(id), "refunded"), 1000);
  EXPECT_TRUE(world->book(id).restocks.empty());
}

TEST_F(OrdersServiceTest, F50AsksASilentParticipantAgain) {
  const std::string slow_stock = Place({.sku = "slow-reserve"});
  const std::string slow_capture = Place({.method = "pm_slow_capture"});
  ASSERT_TRUE(Becomes(slow_stock, "COMPLETED"));
  ASSERT_TRUE(Becomes(slow_capture, "COMPLETED"));
  EXPECT_TRUE(HasStep(Timeline(slow_stock), "reserve", "retried"));
  EXPECT_TRUE(HasStep(Timeline(slow_capture), "capture", "retried"));
  EXPECT_EQ(world->book(slow_capture).captured, 1000);
}

TEST_F(OrdersServiceTest, F50UndoesWhatNobodyAnswersBeforeThePivot) {
  const std::string id = Place({.method = "pm_silent"});
  ASSERT_TRUE(Becomes(id, "REJECTED"));
  EXPECT_EQ(Get(id)["reason"], "ORDER_REASON_DEADLINE_EXCEEDED");
  EXPECT_GE(world->book(id).commands["AuthorizePayment"], 2);
  EXPECT_EQ(world->book(id).payment, "voided");
}

TEST_F(OrdersServiceTest, F52AppliesRepeatedRepliesOnce) {
  world->repeats = true;
  std::vector<std::string> ids;
  for (int i = 0; i < 20; ++i) ids.push_back(Place({.line2 = i % 3 == 0 ? "LOSE" : ""}));
  for (std::size_t i = 0; i < ids.size(); ++i) ASSERT_TRUE(Becomes(ids[i], i % 3 == 0 ? "CANCELLED" : "COMPLETED"));
  world->repeats = false;
  for (const std::string& id : ids) {
    EXPECT_LE(world->book(id).refunds.size(), 1u);
    int captures = 0;
    for (const json& entry : Timeline(id)) captures += entry["step"] == "capture" && entry["outcome"] == "succeeded" ? 1 : 0;
    EXPECT_EQ(captures, 1);
  }
}

// --- Cancelling, at every step -------------------------------------------------------------------------------------

TEST_F(OrdersServiceTest, F56CancelsWhileTheStockIsBeingReserved) {
  const std::string id = Place({.sku = "never-reserved"});
  EXPECT_EQ(Post("/v1/orders/" + id + ":cancel", json::object(), NewKey()).status, 202);
  ASSERT_TRUE(Becomes(id, "CANCELLED"));
  EXPECT_EQ(world->book(id).commands.count("AuthorizePayment"), 0u);
}

TEST_F(OrdersServiceTest, F56CancelsWhileThePaymentIsBeingAuthorized) {
  const std::string id = Place({.method = "pm_silent"});
  ASSERT_TRUE(Eventually([&] { return world->book(id).commands["AuthorizePayment"] > 0; }));
  EXPECT_EQ(Post("/v1/orders/" + id + ":cancel", {{"comment", "no longer needed"}}, NewKey()).status, 202);
  ASSERT_TRUE(Becomes(id, "CANCELLED"));
  EXPECT_EQ(Get(id)["reason"], "ORDER_REASON_CUSTOMER_CANCELLED");
  EXPECT_EQ(world->book(id).payment, "voided");
  EXPECT_EQ(world->book(id).stock, "released");
}

TEST_F(OrdersServiceTest, F56CancelsWhileTheMoneyIsBeingTaken) {
  const std::string id = Place({.method = "pm_slow_capture"});
  ASSERT_TRUE(Eventually([&] { return world->book(id).commands["CapturePayment"] > 0; }));
  EXPECT_EQ(Post("/v1/orders/" + id + ":cancel", json::object(), NewKey()).status, 202);
  ASSERT_TRUE(Becomes(id, "CANCELLED"));
  EXPECT_EQ(world->book(id).captured, 1000);
  EXPECT_EQ(world->book(id).refunded, 1000);
  EXPECT_EQ(world->book(id).stock, "released");
}

TEST_F(OrdersServiceTest, F56CancelsAConfirmedOrder) {
  const std::string id = Place({.line2 = "HOLD"});
  ASSERT_TRUE(Becomes(id, "CONFIRMED"));
  EXPECT_EQ(Post("/v1/orders/" + id + ":cancel", json::object(), NewKey()).status, 202);
  ASSERT_TRUE(Becomes(id, "CANCELLED"));
  EXPECT_EQ(world->book(id).refunded, 1000);
  EXPECT_EQ(world->book(id).restocks.size(), 1u);
}

TEST_F(OrdersServiceTest, F56GoesOnWhenTheCarrierWasFaster) {
  const std::string id = Place({.line2 = "GONE"});
  ASSERT_TRUE(Eventually([&] { return world->book(id).shipment == "dispatched"; }));
  ASSERT_TRUE(Becomes(id, "CONFIRMED"));
  EXPECT_EQ(Post("/v1/orders/" + id + ":cancel", json::object(), NewKey()).status, 202);
  ASSERT_TRUE(Becomes(id, "DISPATCHED"));
  EXPECT_TRUE(HasStep(Timeline(id), "cancel", "refused"));
  EXPECT_EQ(world->book(id).refunded, 0);
}

TEST_F(OrdersServiceTest, B72CancelsTwiceWithOneResultAndNeverAShippedOrder) {
  const std::string id = Place({.line2 = "HOLD"});
  ASSERT_TRUE(Becomes(id, "CONFIRMED"));
  const std::string key = NewKey();
  const http::Response first = Post("/v1/orders/" + id + ":cancel", json::object(), key);
  ASSERT_TRUE(Becomes(id, "CANCELLED"));
  const http::Response replay = Post("/v1/orders/" + id + ":cancel", json::object(), key);
  EXPECT_EQ(replay.body, first.body);
  EXPECT_EQ(replay.Header("Idempotent-Replayed"), "true");
  EXPECT_EQ(Post("/v1/orders/" + id + ":cancel", {{"comment", "other"}}, key).status, 422);
  const http::Response again = Post("/v1/orders/" + id + ":cancel", json::object(), NewKey());
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(json::parse(again.body)["order"]["status"], "ORDER_STATUS_CANCELLED");
  EXPECT_EQ(world->book(id).refunds.size(), 1u);

  const std::string shipped = Place({});
  ASSERT_TRUE(Becomes(shipped, "COMPLETED"));
  const http::Response late = Post("/v1/orders/" + shipped + ":cancel", json::object(), NewKey());
  EXPECT_EQ(late.status, 409);
  EXPECT_EQ(json::parse(late.body)["status"].is_null(), false);
  EXPECT_NE(late.body.find("COMPLETED"), std::string::npos) << late.body;
}

TEST_F(OrdersServiceTest, ReturnsAPartAndThenTheRest) {
  const std::string id = Place({});
  ASSERT_TRUE(Becomes(id, "COMPLETED"));
  const json part = {{"lines", json::array({{{"sku", "mug"}, {"quantity", 1}, {"restock", true}}})}};
  const std::string key = NewKey();
  const http::Response first = Post("/v1/orders/" + id + ":return", part, key);
  EXPECT_EQ(first.status, 202) << first.body;
  ASSERT_TRUE(Eventually([&] { return MinorOf(Get(id), "refunded") == 500; }));
  ASSERT_TRUE(Becomes(id, "COMPLETED"));
  EXPECT_EQ(Post("/v1/orders/" + id + ":return", part, key).body, first.body);
  EXPECT_EQ(Post("/v1/orders/" + id + ":return", {{"lines", json::array({{{"sku", "mug"}, {"quantity", 2}}})}}, NewKey()).status, 422);
  EXPECT_EQ(Post("/v1/orders/" + id + ":return", json::object(), NewKey()).status, 202);
  ASSERT_TRUE(Becomes(id, "RETURNED"));
  EXPECT_EQ(world->book(id).refunded, 1000);
  EXPECT_EQ(world->book(id).restocks.size(), 2u);
  EXPECT_EQ(Post("/v1/orders/" + id + ":return", json::object(), NewKey()).status, 409);
}

// --- What goes wrong around it ------------------------------------------------------------------------------------

TEST_F(OrdersServiceTest, F49GoesOnAfterARestartInTheMiddle) {
  world->deaf = true;
  std::vector<std::string> ids;
  for (int i = 0; i < 10; ++i) ids.push_back(Place({}));
  service.reset();
  world->deaf = false;
  service = StartService();
  port = service->http_port();
  for (const std::string& id : ids) ASSERT_TRUE(Becomes(id, "COMPLETED"));
  for (const std::string& id : ids) EXPECT_EQ(world->book(id).captured, 1000);
}

TEST_F(OrdersServiceTest, F54TwoInstancesShareTheWork) {
  const std::unique_ptr<Service> other = StartService();
  const int ports[] = {service->http_port(), other->http_port()};
  std::vector<std::string> ids;
  for (int i = 0; i < 40; ++i) {
    port = ports[i % 2];
    ids.push_back(Place({.line2 = i % 4 == 0 ? "LOSE" : ""}));
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    port = ports[(i + 1) % 2];
    ASSERT_TRUE(Becomes(ids[i], i % 4 == 0 ? "CANCELLED" : "COMPLETED"));
  }
  for (const std::string& id : ids) EXPECT_EQ(world->book(id).refunds.size() <= 1, true);
  // A wait is answered even when the other instance drives the order.
  for (int i = 0; i < 4; ++i) {
    port = ports[i % 2];
    const http::Response waited = Post("/v1/orders", Body({}), NewKey(), "wait=20");
    EXPECT_EQ(json::parse(waited.body)["status"], "ORDER_STATUS_CONFIRMED");
  }
  other->Stop();
}

TEST_F(OrdersServiceTest, F29F59PutsPoisonAsideAndGoesOn) {
  const auto poisoned = Place({.method = "pm_silent"});
  ASSERT_TRUE(Eventually([&] { return world->book(poisoned).commands["AuthorizePayment"] > 0; }));
  world->Poison(poisoned);  // bytes that are no message, then a capture of more than the order's total
  const std::string id = Place({});
  ASSERT_TRUE(Becomes(id, "COMPLETED"));
  std::set<std::string> reasons;
  const auto look = [&] {
    static_cast<void>(kafka::ReadAll(ConfigOf().common.kafka_brokers, "orders.replies.dlq", {}, [&](const kafka::Record& record) {
      if (record.key == poisoned) reasons.insert(std::string(record.HeaderValue("dlq_reason")));
      return true;
    }));
    return reasons.size() == 2;
  };
  EXPECT_TRUE(Eventually(look));
  EXPECT_EQ(Post("/v1/orders/" + poisoned + ":cancel", json::object(), NewKey()).status, 202);
  ASSERT_TRUE(Becomes(poisoned, "CANCELLED"));
}

TEST_F(OrdersServiceTest, F07AnswersWhoWaitsWhenItStops) {
  const std::string key = NewKey();
  std::thread waiter([&] {
    const http::Response response = Post("/v1/orders", Body({.method = "pm_silent"}), key, "wait=25");
    EXPECT_EQ(response.status, 201) << response.body;
    EXPECT_EQ(json::parse(response.body)["status"], "ORDER_STATUS_PENDING");
  });
  ASSERT_TRUE(Eventually([&] { return Sql("SELECT count(*) FROM orders WHERE customer_id = '" + customer + "'") == 1; }));
  service->StopAccepting();
  waiter.join();
  service.reset();
  service = StartService();
  port = service->http_port();
  const http::Response replay = Post("/v1/orders", Body({.method = "pm_silent"}), key);
  EXPECT_EQ(replay.Header("Idempotent-Replayed"), "true");
}

TEST_F(OrdersServiceTest, LeavesNothingInTheOutbox) {
  const std::string id = Place({});
  ASSERT_TRUE(Becomes(id, "COMPLETED"));
  EXPECT_TRUE(Eventually([] { return Sql("SELECT count(*) FROM outbox") == 0; }));
}

}  // namespace
}  // namespace souk::orders::testing
