#include "libs/redis/cluster_load.hpp"

namespace souk::redis {
namespace {

/// Another primary than the one that serves `key`.
int OtherPrimary(const souk::testing::RedisCluster& nodes, int than) {
  for (const int node : nodes.Primaries()) {
    if (node != than) return node;
  }
  return -1;
}

TEST_F(ClusterTest, F38CountsExactlyWhileASlotMoves) {
  const auto client = Connect();
  std::vector<std::string> keys;
  for (int i = 0; i < 40; ++i) keys.push_back("{moving}" + std::to_string(i));
  const int from = nodes().PrimaryOf("{moving}");
  const int to = OtherPrimary(nodes(), from);
  FieldLoad load(*client, keys, seconds(10));
  ASSERT_TRUE(load.AwaitApplied(1000));
  const auto moved = nodes().MigrateSlot(KeySlot("{moving}"), from, to, [&] { EXPECT_TRUE(load.AwaitApplied(200)); }, 4);
  ASSERT_TRUE(moved.ok()) << moved.error().message;
  ASSERT_TRUE(load.AwaitApplied(1000));
  int acknowledged_lost = 0;
  load.Verify(acknowledged_lost);
  EXPECT_EQ(acknowledged_lost, 0);
  EXPECT_EQ(load.unknown(), 0);
  EXPECT_EQ(load.not_applied(), 0);
  EXPECT_GT(client->Stats().asked, 0U);
  EXPECT_GT(client->Stats().moved, 0U);
  EXPECT_EQ(nodes().PrimaryOf("{moving}"), to);
  EXPECT_EQ(client->PrimaryOf("{moving}").port, nodes().port(to));
}

TEST_F(ClusterTest, AskChangesNothingInTheMap) {
  const auto client = Connect();
  const int from = nodes().PrimaryOf("{asked}");
  const int to = OtherPrimary(nodes(), from);
  ASSERT_TRUE(client->ExecuteSync("{asked}1", {"SET", "{asked}1", "old"}).ok());
  const auto moved = nodes().MigrateSlot(KeySlot("{asked}"), from, to, [&] {
    EXPECT_TRUE(client->ExecuteSync("{asked}new", {"SET", "{asked}new", "x"}).ok());
    EXPECT_EQ(client->PrimaryOf("{asked}").port, nodes().port(from));
  });
  ASSERT_TRUE(moved.ok()) << moved.error().message;
  EXPECT_GT(client->Stats().asked, 0U);
  EXPECT_EQ(client->ExecuteSync("{asked}1", {"GET", "{asked}1"})->text, "old");
  EXPECT_EQ(client->PrimaryOf("{asked}").port, nodes().port(to));
}

TEST_F(ClusterTest, F38WaitsWhileTheKeysOfAScriptAreOnTwoNodes) {
  const auto client = Connect();
  const auto script = MakeScript("redis.call('INCR', KEYS[1]) return redis.call('INCR', KEYS[2])");
  const int from = nodes().PrimaryOf("{pair}");
  const int to = OtherPrimary(nodes(), from);
  const auto run = [&](SteadyTime deadline) { return client->EvalSync(script, {"{pair}a", "{pair}b"}, {}, deadline); };
  ASSERT_TRUE(run(In(seconds(5))).ok());
  int batches = 0;
  Tally tally;
  const auto between = [&] {
    if (++batches != 2) return;  // one key there, one key here
    const auto torn = run(In(milliseconds(150)));
    ASSERT_FALSE(torn.ok());
    EXPECT_EQ(torn.error().code, ErrorCode::kUnavailable);
    EXPECT_EQ(torn.error().reason, kReasonTryAgain);
    client->Eval(script, {"{pair}a", "{pair}b"}, {}, In(seconds(20)), tally.Count());
  };
  const auto moved = nodes().MigrateSlot(KeySlot("{pair}"), from, to, between, 1);
  ASSERT_TRUE(moved.ok()) << moved.error().message;
  ASSERT_TRUE(Eventually([&] { return tally.done == 1; }));
  EXPECT_EQ(tally.good, 1) << "it waited until both keys had arrived";
  EXPECT_EQ(client->ExecuteSync("{pair}a", {"GET", "{pair}a"})->text, "2");
  EXPECT_EQ(client->ExecuteSync("{pair}b", {"GET", "{pair}b"})->text, "2");
}

TEST_F(ClusterTest, GivesTheScriptToTheNodeThatAskNames) {
  const auto client = Connect();
  const auto script = MakeScript("return redis.call('INCR', KEYS[1])");
  const int from = nodes().PrimaryOf("{scripted}");
  const int to = OtherPrimary(nodes(), from);
  ASSERT_TRUE(client->EvalSync(script, {"{scripted}1"}, {}).ok());
  ASSERT_TRUE(nodes().Command(to, {"SCRIPT", "FLUSH"}).ok());
  const auto moved = nodes().MigrateSlot(KeySlot("{scripted}"), from, to, [&] {
    const auto result = client->EvalSync(script, {"{scripted}new"}, {}, In(seconds(5)));
    EXPECT_TRUE(result.ok()) << result.error().message;
  });
  ASSERT_TRUE(moved.ok()) << moved.error().message;
  EXPECT_EQ(client->EvalSync(script, {"{scripted}1"}, {})->integer, 2);
}

}  // namespace
}  // namespace souk::redis
