#include <thread>

#include "libs/redis/cluster_fixture.hpp"

namespace souk::redis {
namespace {

using ::testing::HasSubstr;

TEST_F(ClusterTest, ReadsBackWhatItWroteOnEveryNode) {
  const auto client = Connect();
  for (int i = 0; i < 300; ++i) {
    const auto key = "key" + std::to_string(i);
    const auto set = client->ExecuteSync(key, {"SET", key, std::to_string(i)});
    ASSERT_TRUE(set.ok()) << set.error().message;
    EXPECT_EQ(set->text, "OK");
    EXPECT_EQ(client->ExecuteSync(key, {"GET", key})->text, std::to_string(i));
  }
  const auto sizes = client->ExecuteOnPrimaries({"DBSIZE"});
  ASSERT_TRUE(sizes.ok());
  ASSERT_EQ(sizes->size(), 3U);
  std::int64_t total = 0;
  for (const auto& size : *sizes) {
    EXPECT_GT(size.integer, 0);
    total += size.integer;
  }
  EXPECT_EQ(total, 300);
}

TEST_F(ClusterTest, FindsTheOtherNodesFromOneSeed) {
  auto config = Config();
  config.seeds.resize(1);
  const auto client = Connect(config);
  const auto stats = client->Stats();
  EXPECT_GE(stats.nodes.size(), 3U) << "replicas are named only once they have some data";
  EXPECT_EQ(std::count_if(stats.nodes.begin(), stats.nodes.end(), [](const NodeStats& node) { return node.primary; }), 3);
  EXPECT_EQ(client->PrimaryOf("a").port, nodes().port(nodes().PrimaryOf("a")));
}

TEST_F(ClusterTest, ConnectsThroughAReplicaSeed) {
  auto config = Config();
  for (int node = 0; node < nodes().size(); ++node) {
    if (nodes().IsReplica(node)) config.seeds = {{"127.0.0.1", nodes().port(node)}};
  }
  const auto client = Connect(config);
  EXPECT_TRUE(client->ExecuteSync("k", {"SET", "k", "v"}).ok());
}

TEST_F(ClusterTest, KeepsBinarySafeAndLargeValues) {
  const auto client = Connect();
  std::string value(5'000'000, '\0');
  for (std::size_t i = 0; i < value.size(); ++i) value[i] = static_cast<char>(i * 31);
  ASSERT_TRUE(client->ExecuteSync("big", {"SET", "big", value}, In(seconds(10))).ok());
  EXPECT_TRUE(client->ExecuteSync("big", {"GET", "big"}, In(seconds(10)))->text == value);
}

TEST_F(ClusterTest, GivesTheNodesErrorWithItsFirstWordAsReason) {
  const auto client = Connect();
  ASSERT_TRUE(client->ExecuteSync("k", {"SET", "k", "text"}).ok());
  const auto wrong = client->ExecuteSync("k", {"LPUSH", "k", "x"});
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code, ErrorCode::kInternal);
  EXPECT_EQ(wrong.error().reason, "WRONGTYPE");
  EXPECT_THAT(wrong.error().message, HasSubstr("Operation against a key"));
}

TEST_F(ClusterTest, RefusesAnEmptyCommandAndAConfigurationWithoutSeeds) {
  EXPECT_EQ(Cluster::Connect({}).error().code, ErrorCode::kInvalidArgument);
  const auto client = Connect();
  EXPECT_EQ(client->ExecuteSync("k", {}).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(ClusterTest, F38RefusesScriptKeysOfSeveralSlotsBeforeSending) {
  const auto client = Connect();
  const auto script = MakeScript("return #KEYS");
  const auto crossed = client->EvalSync(script, {"a", "b"}, {});
  ASSERT_FALSE(crossed.ok());
  EXPECT_EQ(crossed.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(crossed.error().reason, kReasonCrossSlot);
  EXPECT_THAT(crossed.error().fields.at(0).description, HasSubstr("\"a\" and \"b\""));
  EXPECT_EQ(client->EvalSync(script, {}, {}).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(client->EvalSync(script, {"{t}a", "{t}b"}, {})->integer, 2);
  EXPECT_EQ(client->ExecuteSync("a", {"MGET", "a", "b"}).error().code, ErrorCode::kInvalidArgument);
}

TEST_F(ClusterTest, LoadsAScriptAgainAfterScriptFlush) {
  const auto client = Connect();
  const auto script = MakeScript("return redis.call('INCRBY', KEYS[1], ARGV[1])");
  Tally tally;
  for (int round = 0; round < 3; ++round) {
    ASSERT_TRUE(client->ExecuteOnPrimaries({"SCRIPT", "FLUSH"}).ok());
    for (int i = 0; i < 1000; ++i) client->Eval(script, {"sum" + std::to_string(i % 10)}, {"2"}, In(seconds(5)), tally.Count());
    ASSERT_TRUE(Eventually([&] { return tally.done == 1000 * (round + 1); }));
  }
  EXPECT_EQ(tally.good, 3000);
  for (int i = 0; i < 10; ++i) {
    const auto key = "sum" + std::to_string(i);
    EXPECT_EQ(client->ExecuteSync(key, {"GET", key})->text, "600");
  }
  EXPECT_LE(client->Stats().script_loads, 30U) << "loads are shared by the commands that need them";
}

TEST_F(ClusterTest, EightThreadsCountExactly) {
  const auto client = Connect();
  constexpr int kThreads = 8;
  constexpr int kEach = 10000;
  constexpr int kWindow = 500;  // a caller's own bound on what it has in flight
  Tally tally;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      std::atomic<int> open{0};
      for (int i = 0; i < kEach; ++i) {
        ASSERT_TRUE(Eventually([&] { return open < kWindow; }, seconds(20), milliseconds(1)));
        const auto key = "count" + std::to_string((i + t) % 100);
        ++open;
        client->Execute(key, {"INCR", key}, In(seconds(10)), [&](const Result<Reply>& result) {
          tally.Count()(result);
          --open;
        });
      }
      ASSERT_TRUE(Eventually([&] { return open == 0; }));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(tally.good, kThreads * kEach);
  std::int64_t total = 0;
  for (int i = 0; i < 100; ++i) {
    const auto key = "count" + std::to_string(i);
    total += std::stoll(client->ExecuteSync(key, {"GET", key})->text);
  }
  EXPECT_EQ(total, kThreads * kEach);
  EXPECT_EQ(client->Stats().in_flight, 0U);
}

TEST_F(ClusterTest, AnswersTheCommandsOfOneKeyInTheirOrder) {
  const auto client = Connect();
  std::vector<std::int64_t> seen;
  Tally tally;
  for (int i = 0; i < 5000; ++i) {
    client->Execute("k", {"INCR", "k"}, In(seconds(5)), [&](const Result<Reply>& result) {
      if (result.ok()) seen.push_back(result->integer);
      tally.Count()(result);
    });
  }
  ASSERT_TRUE(Eventually([&] { return tally.done == 5000; }));
  ASSERT_EQ(seen.size(), 5000U);
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST_F(ClusterTest, ACallbackMayIssueTheNextCommand) {
  const auto client = Connect();
  std::atomic<int> last{0};
  std::function<void(Result<Reply>)> next = [&](const Result<Reply>& result) {
    last = static_cast<int>(result->integer);
    if (last < 200) client->Execute("chain", {"INCR", "chain"}, In(seconds(5)), next);
  };
  client->Execute("chain", {"INCR", "chain"}, In(seconds(5)), next);
  EXPECT_TRUE(Eventually([&] { return last == 200; }));
}

TEST_F(ClusterTest, AnswersEveryPendingCommandWhenTheClientIsDestroyed) {
  Tally tally;
  {
    const auto client = Connect();
    for (int i = 0; i < 5000; ++i) client->Execute("k" + std::to_string(i), {"INCR", "k" + std::to_string(i)}, In(seconds(5)), tally.Count());
  }
  EXPECT_EQ(tally.done, 5000);
}

TEST_F(ClusterTest, RefusesWhatADeadlineInThePastForbids) {
  const auto client = Connect();
  const auto late = client->ExecuteSync("k", {"INCR", "k"}, In(milliseconds(-1)));
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(late.error().reason, kReasonNotSent);
  EXPECT_TRUE(client->ExecuteSync("k", {"GET", "k"})->IsNil());
}

TEST_F(ClusterTest, TakesSeedsByName) {
  auto config = Config();
  config.seeds = {{"no-such-host.invalid", 1}, {"localhost", nodes().port(0)}};
  config.connect_timeout = seconds(5);
  const auto client = Connect(config);
  EXPECT_TRUE(client->ExecuteSync("k", {"SET", "k", "v"}).ok());
}

TEST_F(ClusterTest, AsksOneNodeByName) {
  const auto client = Connect();
  const auto primary = client->PrimaryOf("k");
  ASSERT_TRUE(client->ExecuteSync("k", {"SET", "k", "v"}).ok());
  const auto scanned = client->ExecuteOn(primary, {"SCAN", "0", "COUNT", "100"});
  ASSERT_TRUE(scanned.ok());
  EXPECT_EQ(scanned->items.at(1).items.at(0).text, "k");
  EXPECT_FALSE(client->ExecuteOn({"127.0.0.1", 1}, {"PING"}).ok());
}

TEST(ClusterPasswordTest, OpensNodesWithTheRightPasswordOnly) {
  souk::testing::RedisCluster::Options options;
  options.replicas = false;
  options.password = "open sesame";
  const auto nodes = souk::testing::RedisCluster::Start(options);
  ASSERT_TRUE(nodes.ok()) << nodes.error().message;
  ClusterConfig config;
  config.seeds = *ParseEndpoints((*nodes)->Seeds());
  const auto stranger = *Cluster::Connect(config);
  const auto refused = stranger->ExecuteSync("k", {"SET", "k", "v"}, In(milliseconds(200)));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().reason, kReasonNodeAway);
  config.password = options.password;
  const auto client = *Cluster::Connect(config);
  ASSERT_TRUE(client->AwaitConnected(In(seconds(10))));
  EXPECT_TRUE(client->ExecuteSync("k", {"SET", "k", "v"}).ok());
}

}  // namespace
}  // namespace souk::redis
