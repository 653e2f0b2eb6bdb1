// The service on real PostgreSQL, Kafka and Redis Cluster: claims, competition, messages.
#include "services/inventory/test/service_fixture.hpp"

namespace souk::inventory {
namespace {

using ::testing::ElementsAre;
using souk::testing::Eventually;

TEST_F(ServiceTest, TwoHundredCallersOfFiftyUnitsSellExactlyFifty) {
  Instance one(TestConfig(), "one");
  const auto sku = Sku("hot");
  Receive(one, sku, 50);
  const Burst burst = Storm({&one}, "r", sku, 200);
  EXPECT_EQ(burst.won, 50);
  EXPECT_EQ(burst.sold_out, 150);
  EXPECT_EQ(Stock(one, sku).available(), 0);
  ExpectCleanBooks(one, {sku});
}

TEST_F(ServiceTest, TwoInstancesCompeteForOneSkuAndNeverOversell) {
  Instance one(TestConfig("one"), "one");
  Instance two(TestConfig("two"), "two");
  const auto sku = Sku("hot");
  Receive(one, sku, 300);
  const Burst burst = Storm({&one, &two}, "r", sku, 1000);
  EXPECT_EQ(burst.won, 300);
  EXPECT_EQ(burst.other, 0);
  ExpectCleanBooks(two, {sku});
}

TEST_F(ServiceTest, SeveralLinesAreClaimedTogetherOrNotAtAllF47) {
  Instance one(TestConfig(), "one");
  const auto a = Sku("a");
  const auto b = Sku("b");
  Receive(one, a, 10);
  Receive(one, b, 1);
  auto request = ReserveOf("r1", a, 2);
  AddLine(request.mutable_lines(), b, 2);
  const auto refused = Call<v1::ReserveResponse>(one, "Reserve", request);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, "OUT_OF_STOCK");
  EXPECT_EQ(Stock(one, a).reserved(), 0);
  request.mutable_lines(1)->set_quantity(1);
  EXPECT_TRUE(Call<v1::ReserveResponse>(one, "Reserve", request).ok());
  EXPECT_EQ(Stock(one, a).available(), 8);
  EXPECT_EQ(Stock(one, b).available(), 0);
  ExpectCleanBooks(one, {a, b});
}

TEST_F(ServiceTest, AHoldThatRanOutGivesItsUnitsBackF41) {
  Instance one(TestConfig(), "one");
  const auto sku = Sku("a");
  Receive(one, sku, 5);
  ASSERT_TRUE(Reserve(one, "r", sku, 5, 1).ok());
  EXPECT_TRUE(Eventually([&] { return Stock(one, sku).available() == 5; }));
  const auto late = Commit(one, "r");
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(late.error().reason, "EXPIRED");
  ExpectAnswers("r", {"ReservationExpired"});
  ExpectCleanBooks(one, {sku});
}

TEST_F(ServiceTest, AStreamHearsWhatAnyInstanceChangesF48) {
  Instance one(TestConfig("one"), "one");
  Instance two(TestConfig("two"), "two");
  const auto sku = Sku("a");
  Receive(one, sku, 5);
  v1::WatchStockRequest request;
  request.add_skus(sku);
  std::mutex mutex;
  std::vector<std::int64_t> heard;
  const auto cancel = one.channel->CallServerStream<v1::WatchStockRequest, v1::WatchStockResponse>(
      "souk.inventory.v1.InventoryService/WatchStock", request, Within(seconds(60)),
      [&](v1::WatchStockResponse response) {
        const std::lock_guard lock(mutex);
        heard.push_back(response.level().available());
      },
      [](Result<void>) {});
  const auto last = [&] {
    const std::lock_guard lock(mutex);
    return heard.empty() ? -1 : heard.back();
  };
  EXPECT_TRUE(Eventually([&] { return last() == 5; }));
  ASSERT_TRUE(Reserve(one, "r1", sku, 1).ok());
  EXPECT_TRUE(Eventually([&] { return last() == 4; }));
  ASSERT_TRUE(Reserve(two, "r2", sku, 2).ok());
  EXPECT_TRUE(Eventually([&] { return last() == 2; })) << "another instance's change";
  cancel();
}

TEST_F(ServiceTest, WhatASellerSaysBecomesMovementsAndHoldsSurvive) {
  Instance one(TestConfig(), "one");
  const auto sku = Sku("seller");
  v1::ReceiveGoods receive;
  receive.set_movement_id("products:1");
  receive.set_sku(sku);
  receive.set_quantity(10);
  Send(codec::kStockCommands, sku, receive, "s1");
  Send(codec::kStockCommands, sku, receive, "s1");  // the same message again
  Send(codec::kStockCommands, sku, receive, "s2");  // another message, the same movement
  ASSERT_TRUE(Eventually([&] { return Known(one, sku); })) << "the first movement makes the SKU known";
  ASSERT_TRUE(Eventually([&] { return Stock(one, sku).available() == 10; }));
  ASSERT_TRUE(Reserve(one, "r", sku, 4).ok());
  v1::RecountGoods recount;
  recount.set_movement_id("products:2");
  recount.set_sku(sku);
  recount.set_counted(1);
  Send(codec::kStockCommands, sku, recount, "s3");
  EXPECT_TRUE(Eventually([&] { return Stock(one, sku).available() == 0; }));
  EXPECT_EQ(Stock(one, sku).reserved(), 4);
  v1::AdjustGoods adjust;
  adjust.set_movement_id("products:3");
  adjust.set_sku(sku);
  adjust.set_difference(2);
  Send(codec::kStockCommands, sku, adjust, "s4");
  EXPECT_TRUE(Eventually([&] { return Stock(one, sku).available() == 2; }));
  EXPECT_TRUE(Commit(one, "r").ok());
  ExpectCleanBooks(one, {sku});
}

TEST_F(ServiceTest, CommandsAreAnsweredAndRepeatsAreAnsweredAgain) {
  Instance one(TestConfig(), "one");
  const auto sku = Sku("a");
  Receive(one, sku, 10);
  CommandReserve("r", sku, 4, "m1");
  ExpectAnswers("r", {"StockReserved"});
  CommandReserve("r", sku, 4, "m1");  // the same message again: applied once
  CommandReserve("r", sku, 4, "m2");  // another message, the same command: answered again from state
  ExpectAnswers("r", {"StockReserved", "StockReserved"});
  Command(CommandOf<v1::CommitStock>("r"), "r", "m3");
  Command(CommandOf<v1::CommitStock>("r"), "r", "m3");
  ExpectAnswers("r", {"StockReserved", "StockReserved", "StockCommitted"});
  auto restock = CommandOf<v1::RestockItems>("r");
  restock.set_restock_id("return-1");
  AddLine(restock.mutable_lines(), sku, 3);
  Command(restock, "r", "m4");
  Command(restock, "r", "m5");
  ExpectAnswers("r", {"StockReserved", "StockReserved", "StockCommitted", "StockRestocked", "StockRestocked"});
  const auto level = Stock(one, sku);
  EXPECT_EQ(level.sold(), 4);
  EXPECT_EQ(level.available(), 9) << "put back once";
  ExpectCleanBooks(one, {sku});
}

TEST_F(ServiceTest, ARefusedCommandIsToldAndStaysRefused) {
  Instance one(TestConfig(), "one");
  const auto sku = Sku("a");
  Receive(one, sku, 1);
  CommandReserve("r", sku, 2, "m1");
  ExpectAnswers("r", {"StockRejected"});
  Receive(one, sku, 10);
  CommandReserve("r", sku, 2, "m2");
  ExpectAnswers("r", {"StockRejected", "StockRejected"});
  CommandReserve("unknown", Sku("nobody"), 1, "m3");
  ExpectAnswers("unknown", {"StockRejected"});
  Command(CommandOf<v1::CommitStock>("never"), "never", "m4");
  ExpectAnswers("never", {"StockCommitFailed"});
  ExpectCleanBooks(one, {sku});
}

TEST_F(ServiceTest, TheUndoBeforeTheDoWinsF44) {
  Instance one(TestConfig(), "one");
  const auto sku = Sku("a");
  Receive(one, sku, 5);
  Command(CommandOf<v1::ReleaseStock>("r"), "r", "m1");
  ExpectAnswers("r", {"StockReleased"});
  CommandReserve("r", sku, 2, "m2");
  ExpectAnswers("r", {"StockReleased", "StockRejected"});
  EXPECT_EQ(Stock(one, sku).reserved(), 0);
  ExpectCleanBooks(one, {sku});
}

TEST_F(ServiceTest, EveryMessageTwiceAndOutOfOrderLeavesTheBooksClean) {
  auto config = TestConfig();
  config.common.chaos_duplicate = true;
  config.common.chaos_shuffle = true;
  Instance one(config, "one");
  const auto sku = Sku("a");
  Receive(one, sku, 60);
  for (int i = 0; i < 100; ++i) {
    const std::string name = "r" + std::to_string(i);
    CommandReserve(name, sku, 1, name + "reserve");
    if (i % 3 == 0) Command(CommandOf<v1::ReleaseStock>(name), name, name + "release");
    if (i % 3 == 1) Command(CommandOf<v1::CommitStock>(name), name, name + "commit");
  }
  for (int i = 0; i < 100; ++i) {
    const std::string name = "r" + std::to_string(i);
    EXPECT_TRUE(Eventually([&] { return !Answers(name).empty(); })) << name;
  }
  EXPECT_TRUE(Eventually([&] { return Ask("SELECT count(*) FROM reservations WHERE status = 1") <= 34; }));
  ExpectCleanBooks(one, {sku});
}

TEST_F(ServiceTest, B81WhatCannotBeReadIsPutAsideAndTheRestGoesOn) {
  Instance one(TestConfig(), "one");
  const auto sku = Sku("a");
  Receive(one, sku, 5);
  auto bad = CommandOf<v1::ReserveStock>("bad");
  AddLine(bad.mutable_lines(), sku, -1);
  Command(bad, "bad", "m1");
  CommandReserve("r", sku, 1, "m2");
  ExpectAnswers("r", {"StockReserved"});
  EXPECT_TRUE(Eventually([&] {
    for (const auto& [envelope, payload] : Records("inventory.commands.dlq")) {
      if (envelope.subject == Id("bad")) return true;
    }
    return false;
  }));
}

TEST_F(ServiceTest, LowStockIsToldOnceByEventAndByPubSub) {
  Instance one(TestConfig(), "one");
  const auto sku = Sku("a");
  redis::ClusterConfig redis;
  redis.seeds = redis::ParseEndpoints(Redis().Seeds()).value();
  const auto listener = redis::Cluster::Connect(redis).value();
  std::atomic<int> told{0};
  const auto subscription = listener->Subscribe({"souk:low-stock"}, [&](std::string, std::string message) {
    if (message.find("\"" + sku + "\"") != std::string::npos) ++told;
  });
  ASSERT_TRUE(Eventually([&] { return subscription->Active(); }));
  Receive(one, sku, 10);
  products::v1::ProductChanged product;
  product.set_sku(sku);
  product.set_name("Apple");
  product.set_version(1);
  product.set_seller_id("seller-1");
  product.set_low_stock_threshold(3);
  Send(codec::kProductEvents, sku, product, "p1");
  ASSERT_TRUE(Eventually([&] { return Ask("SELECT count(*) FROM skus WHERE armed") == 1; }));
  ASSERT_TRUE(Reserve(one, "r1", sku, 7).ok());
  ASSERT_TRUE(Reserve(one, "r2", sku, 1).ok());
  EXPECT_TRUE(Eventually([&] { return told == 1; }));
  const auto lows = [&] {
    int count = 0;
    for (const auto& [envelope, payload] : Records(codec::kStockEvents)) {
      count += envelope.subject == sku && envelope.type == "souk.inventory.v1.StockLow" ? 1 : 0;
    }
    return count;
  };
  EXPECT_TRUE(Eventually([&] { return lows() == 1; }));
  ASSERT_TRUE(Release(one, "r1").ok());
  ASSERT_TRUE(Reserve(one, "r3", sku, 8).ok());
  EXPECT_TRUE(Eventually([&] { return told == 2 && lows() == 2; })) << "the second fall";
}

TEST_F(ServiceTest, RestartingKeepsEverythingAndAnswersARepeatTheSameB55) {
  const auto sku = Sku("a");
  std::string first;
  {
    Instance one(TestConfig(), "one");
    Receive(one, sku, 2);
    const auto answer = Reserve(one, "r", sku, 2);
    ASSERT_TRUE(answer.ok());
    first = answer->SerializeAsString();
  }
  Instance again(TestConfig("again"), "again");
  const auto answer = Reserve(again, "r", sku, 2);
  ASSERT_TRUE(answer.ok()) << "sold out, but this claim was made before";
  EXPECT_EQ(answer->SerializeAsString(), first);
  ExpectCleanBooks(again, {sku});
}

}  // namespace
}  // namespace souk::inventory
