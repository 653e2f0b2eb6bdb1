// Redis lost, emptied, killed; refusals of bad input by both wires.
#include "libs/failpoint/failpoint.hpp"
#include "services/inventory/test/service_fixture.hpp"

namespace souk::inventory {
namespace {

using souk::testing::Eventually;

TEST_F(ServiceTest, AfterFlushAllNothingIsOversoldAndTheCountsComeBackF34) {
  Instance one(TestConfig(), "one");
  std::vector<std::string> skus;
  for (int i = 0; i < 20; ++i) skus.push_back(Sku("s" + std::to_string(i)));
  for (const auto& sku : skus) Receive(one, sku, 20);
  ASSERT_TRUE(Redis().FlushAll().ok());
  const Burst burst = Storm({&one}, "r", skus[0], 60);
  EXPECT_EQ(burst.won, 20);
  EXPECT_EQ(burst.won + burst.sold_out, 60);
  ExpectCleanBooks(one, skus);
}

TEST_F(ServiceTest, RebuildCountsSetsAndRepairsAll) {
  auto config = TestConfig();
  config.reconcile_interval = std::chrono::minutes(1);
  Instance one(config, "one");
  const auto a = Sku("a");
  const auto b = Sku("b");
  Receive(one, a, 5);
  Receive(one, b, 6);
  ASSERT_TRUE(Eventually([&] { return Counted(a) == 5 && Counted(b) == 6; }));
  ASSERT_TRUE(Redis().FlushAll().ok());
  const std::string key = "stock:{" + b + ":0}";
  ASSERT_TRUE(Redis().Command(Redis().PrimaryOf(key), {"HSET", key, "a", "99", "v", "1", "n", "1", "m", "1"}).ok());
  const auto rebuilt = Call<v1::RebuildCountsResponse>(one, "RebuildCounts", v1::RebuildCountsRequest{});
  ASSERT_TRUE(rebuilt.ok()) << rebuilt.error().message;
  EXPECT_EQ(rebuilt->skus_rebuilt(), 2);
  EXPECT_EQ(rebuilt->skus_differing(), 2);
  EXPECT_TRUE(Eventually([&] { return Counted(a) == 5 && Counted(b) == 6; }));
}

TEST_F(ServiceTest, WithoutRedisTheLedgerSellsAlone) {
  auto config = TestConfig();
  config.redis_enabled = false;
  Instance one(config, "one");
  const auto sku = Sku("a");
  Receive(one, sku, 50);
  const Burst burst = Storm({&one}, "r", sku, 120);
  EXPECT_EQ(burst.won, 50);
  EXPECT_EQ(burst.sold_out, 70);
}

TEST_F(ServiceTest, WhenEveryRedisNodeIsGoneTheLedgerSellsAloneF39) {
  Instance one(TestConfig(), "one");
  const auto sku = Sku("a");
  Receive(one, sku, 30);
  for (int node = 0; node < Redis().size(); ++node) Redis().Kill9(node);
  const Burst burst = Storm({&one}, "r", sku, 100);
  EXPECT_EQ(burst.won, 30);
  EXPECT_EQ(burst.sold_out, 70);
  for (int node = 0; node < Redis().size(); ++node) ASSERT_TRUE(Redis().Restart(node).ok());
  ASSERT_TRUE(Redis().AwaitHealthy());
  ExpectCleanBooks(one, {sku});
}

TEST_F(ServiceTest, APrimaryKilledUnderLoadCostsNoUnitF32) {
  Instance one(TestConfig("one"), "one");
  Instance two(TestConfig("two"), "two");
  const auto sku = Sku("a");
  Receive(one, sku, 400);
  const int node = Redis().PrimaryOf("stock:{" + sku + ":0}");
  ASSERT_GE(node, 0);
  Burst before = Storm({&one, &two}, "a", sku, 100);
  EXPECT_EQ(before.won, 100);
  std::promise<Burst> during;
  std::thread load([&] { during.set_value(Storm({&one, &two}, "b", sku, 1000)); });
  Redis().Kill9(node);
  load.join();
  const Burst burst = during.get_future().get();
  EXPECT_LE(before.won + burst.won, 400);
  ASSERT_TRUE(Redis().Restart(node).ok());
  ASSERT_TRUE(Redis().AwaitHealthy());
  EXPECT_TRUE(Eventually([&] { return Counted(sku) == Stock(one, sku).available(); }, seconds(30)));
  // Whatever the fault left can still be sold, to the last unit.
  int won = before.won + burst.won;
  for (int round = 0; round < 20 && won < 400; ++round) won += Storm({&one, &two}, "c" + std::to_string(round) + "-", sku, 100).won;
  EXPECT_EQ(won, 400);
  ExpectCleanBooks(one, {sku});
}

// The script has run and its reply is lost, again and again: the caller can't know, the ledger decides, and the counts come right.
TEST_F(ServiceTest, F40ALostReplyOfRedisSellsNoUnitTwice) {
  Instance one(TestConfig(), "one");
  const auto sku = Sku("a");
  Receive(one, sku, 40);
  ASSERT_TRUE(Eventually([&] { return Counted(sku) == 40; }));
  ASSERT_TRUE(failpoint::Configure("inventory", "inventory.redis.after_call=error:2x30").ok());
  const Burst burst = Storm({&one}, "r", sku, 100);
  ASSERT_TRUE(failpoint::Configure("inventory", "").ok());
  EXPECT_LE(burst.won, 40);
  int won = burst.won;
  for (int round = 0; round < 20 && won < 40; ++round) won += Storm({&one}, "c" + std::to_string(round) + "-", sku, 60).won;
  EXPECT_EQ(won, 40) << "what a lost reply left uncounted can be sold after all";
  ExpectCleanBooks(one, {sku});
}

TEST_F(ServiceTest, WhileTheLedgerIsAwayStockIsStaleAndClaimsAreUnavailable) {
  Instance one(TestConfig(), "one");
  const auto sku = Sku("a");
  Receive(one, sku, 5);
  ASSERT_TRUE(Reserve(one, "before", sku, 1).ok());
  sql::Connection admin({.url = souk::testing::TestEnvironment("SOUK_TEST_SQL")});
  const auto allow = [&](bool yes) {
    const std::string text = "ALTER DATABASE " + database_.name() + " WITH ALLOW_CONNECTIONS " + (yes ? "true" : "false");
    ASSERT_TRUE(admin.Script(text).ok());
    ASSERT_TRUE(admin.Script("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + database_.name() + "'").ok());
  };
  allow(false);
  EXPECT_TRUE(Eventually([&] { return Stock(one, sku).stale(); }));
  EXPECT_EQ(Stock(one, sku).available(), 4) << "the last that was known";
  const auto refused = Reserve(one, "during", sku, 1);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  CommandReserve("waiting", sku, 1, "m1");
  allow(true);
  ExpectAnswers("waiting", {"StockReserved"});
  EXPECT_TRUE(Eventually([&] { return Reserve(one, "during", sku, 1).ok(); }));
  EXPECT_FALSE(Stock(one, sku).stale());
  ExpectCleanBooks(one, {sku});
}

TEST_F(ServiceTest, BadReservationsAreRefusedWithTheFieldB52B53) {
  Instance one(TestConfig(), "one");
  const auto sku = Sku("a");
  Receive(one, sku, 5);
  const auto refused = [&](const v1::ReserveRequest& request) {
    const auto answer = Call<v1::ReserveResponse>(one, "Reserve", request);
    EXPECT_FALSE(answer.ok());
    return answer.ok() ? Error{} : answer.error();
  };
  for (const std::int64_t quantity : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{100'001}, std::int64_t{1} << 62}) {
    const Error error = refused(ReserveOf("r", sku, quantity));
    EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
    ASSERT_FALSE(error.fields.empty());
    EXPECT_EQ(error.fields[0].field, "lines[0].quantity");
  }
  v1::ReserveRequest many;
  many.set_reservation_id(Id("r"));
  for (int i = 0; i < 101; ++i) AddLine(many.mutable_lines(), "s" + std::to_string(i), 1);
  EXPECT_EQ(refused(many).code, ErrorCode::kInvalidArgument);
  auto twice = ReserveOf("r", sku, 1);
  AddLine(twice.mutable_lines(), sku, 1);
  EXPECT_EQ(refused(twice).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused(ReserveOf("r", "", 1)).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused(ReserveOf("r", "a b", 1)).code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused(ReserveOf("r", Sku("nobody"), 1)).code, ErrorCode::kNotFound);
  v1::ReserveRequest none;
  none.set_reservation_id(Id("r"));
  EXPECT_EQ(refused(none).code, ErrorCode::kInvalidArgument);
  auto no_id = ReserveOf("r", sku, 1);
  no_id.set_reservation_id("17");
  EXPECT_EQ(refused(no_id).fields.at(0).field, "reservation_id");
  auto hold = ReserveOf("r", sku, 1);
  hold.mutable_hold()->set_seconds(90'000);
  EXPECT_EQ(refused(hold).fields.at(0).field, "hold");
  EXPECT_EQ(Ask("SELECT count(*) FROM reservations"), 0);
}

TEST_F(ServiceTest, TooLittleStockNamesEachLineB54) {
  Instance one(TestConfig(), "one");
  const auto sku = Sku("a");
  Receive(one, sku, 3);
  const auto answer = Reserve(one, "r", sku, 4);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(answer.error().reason, "OUT_OF_STOCK");
  EXPECT_THAT(answer.error().details_json, ::testing::HasSubstr("\"available\":3"));
  http::ClientRequest request = http::ParseUrl(one.Url("/v1/reservations")).value();
  request.method = "POST";
  request.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", "k"}};
  request.body = R"({"reservationId":")" + Id("r") + R"(","lines":[{"sku":")" + sku + R"(","quantity":"4"}]})";
  const auto rest = client_.SendSync(std::move(request));
  ASSERT_TRUE(rest.ok());
  EXPECT_EQ(rest->status, 409);
  EXPECT_THAT(rest->body, ::testing::HasSubstr("\"shortLines\""));
  EXPECT_EQ(rest->Header("Content-Type"), "application/problem+json");
}

TEST_F(ServiceTest, TheSameReservationAgainB55) {
  Instance one(TestConfig(), "one");
  const auto sku = Sku("a");
  Receive(one, sku, 3);
  const auto first = Reserve(one, "r", sku, 3);
  const auto again = Reserve(one, "r", sku, 3);
  ASSERT_TRUE(first.ok() && again.ok());
  EXPECT_EQ(first->SerializeAsString(), again->SerializeAsString());
  const auto other = Reserve(one, "r", sku, 2);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().code, ErrorCode::kAlreadyExists);
  ExpectCleanBooks(one, {sku});
}

TEST_F(ServiceTest, CommitAndReleaseInEveryStateB56) {
  Instance one(TestConfig(), "one");
  const auto sku = Sku("a");
  Receive(one, sku, 10);
  EXPECT_EQ(Commit(one, "nobody").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(Release(one, "nobody").error().code, ErrorCode::kNotFound);
  ASSERT_TRUE(Reserve(one, "released", sku, 1).ok());
  EXPECT_TRUE(Release(one, "released").ok());
  EXPECT_TRUE(Release(one, "released").ok()) << "again is fine";
  EXPECT_EQ(Commit(one, "released").error().code, ErrorCode::kFailedPrecondition);
  ASSERT_TRUE(Reserve(one, "sold", sku, 1).ok());
  EXPECT_TRUE(Commit(one, "sold").ok());
  EXPECT_TRUE(Commit(one, "sold").ok());
  EXPECT_EQ(Release(one, "sold").error().code, ErrorCode::kFailedPrecondition);
  const auto found = ById<v1::GetReservationRequest, v1::GetReservationResponse>(one, "GetReservation", "sold");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->reservation().status(), v1::RESERVATION_STATUS_COMMITTED);
  ExpectCleanBooks(one, {sku});
}

TEST_F(ServiceTest, ADeadlineIsKeptAndLeavesNoHalfEffectB58) {
  Instance one(TestConfig(), "one");
  const auto sku = Sku("a");
  Receive(one, sku, 1000);
  int late = 0;
  for (int i = 0; i < 30; ++i) {
    const auto answer = Call<v1::ReserveResponse>(one, "Reserve", ReserveOf("r" + std::to_string(i), sku, 1), Within(milliseconds(1)));
    if (!answer.ok()) {
      EXPECT_EQ(answer.error().code, ErrorCode::kDeadlineExceeded) << answer.error().message;
      ++late;
    }
  }
  EXPECT_GT(late, 0);
  // Each is there in full or not at all, and asking again tells which.
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(Reserve(one, "r" + std::to_string(i), sku, 1).ok());
  EXPECT_EQ(Stock(one, sku).reserved(), 30);
  Context none;
  none.idempotency_key = "none";
  EXPECT_TRUE(Call<v1::ReserveResponse>(one, "Reserve", ReserveOf("none", sku, 1), none).ok()) << "the default deadline";
  EXPECT_TRUE(Call<v1::ReserveResponse>(one, "Reserve", ReserveOf("long", sku, 1), Within(std::chrono::hours(1))).ok());
  ExpectCleanBooks(one, {sku});
}

TEST_F(ServiceTest, AnUnknownMethodIsUnimplementedB61) {
  Instance one(TestConfig(), "one");
  const auto answer = Call<v1::ReserveResponse>(one, "Conjure", v1::ReserveRequest{});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kUnimplemented);
}

TEST_F(ServiceTest, OtherCallsCheckTheirFieldsToo) {
  Instance one(TestConfig(), "one");
  const auto sku = Sku("a");
  Receive(one, sku, 5);
  v1::AdjustStockRequest adjust;
  adjust.set_movement_id("x");
  adjust.set_sku(sku);
  EXPECT_EQ((Call<v1::AdjustStockResponse>(one, "AdjustStock", adjust).error().fields.at(0).field), "difference");
  adjust.set_difference(-6);
  EXPECT_EQ((Call<v1::AdjustStockResponse>(one, "AdjustStock", adjust).error().code), ErrorCode::kFailedPrecondition);
  adjust.set_difference(-5);
  EXPECT_TRUE((Call<v1::AdjustStockResponse>(one, "AdjustStock", adjust).ok()));
  v1::BatchGetStockRequest batch;
  EXPECT_FALSE((Call<v1::BatchGetStockResponse>(one, "BatchGetStock", batch).ok()));
  batch.add_skus(sku);
  batch.add_skus(Sku("nobody"));
  const auto levels = Call<v1::BatchGetStockResponse>(one, "BatchGetStock", batch);
  ASSERT_TRUE(levels.ok());
  EXPECT_EQ(levels->levels_size(), 1);
  EXPECT_EQ(levels->missing(0), Sku("nobody"));
  v1::GetStockRequest unknown;
  unknown.set_sku(Sku("nobody"));
  EXPECT_EQ((Call<v1::GetStockResponse>(one, "GetStock", unknown).error().code), ErrorCode::kNotFound);
  const auto page = client_.SendSync(http::ParseUrl(one.Url("/v1/stock:hot?limit=5")).value());
  ASSERT_TRUE(page.ok());
  EXPECT_EQ(page->status, 200);
}

}  // namespace
}  // namespace souk::inventory
