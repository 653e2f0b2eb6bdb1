#include <algorithm>

#include "libs/redis/cluster_load.hpp"

namespace souk::redis {
namespace {

/// Keys on every node, so that the load meets the failing one and the others.
std::vector<std::string> ManyKeys() {
  std::vector<std::string> keys;
  for (int i = 0; i < 60; ++i) keys.push_back("field" + std::to_string(i));
  return keys;
}

/// The other node of a primary and its replica, whichever is which by now.
int TwinOf(int node) { return node < 3 ? node + 3 : node - 3; }

bool Contains(const std::vector<Endpoint>& endpoints, int port) {
  return std::any_of(endpoints.begin(), endpoints.end(), [&](const Endpoint& endpoint) { return endpoint.port == port; });
}

class FailoverTest : public ClusterTest {
 protected:
  void TearDown() override {
    for (int node = 0; node < nodes().size(); ++node) {
      nodes().Resume(node);
      if (!nodes().Command(node, {"PING"}).ok()) {
        EXPECT_TRUE(nodes().Restart(node).ok());
      }
    }
  }

  /// Breaks the primary of a key under load; the promise: nothing is applied twice, nobody is told a wrong thing.
  void SurvivesLossOf(const std::function<void(int)>& break_node) {
    const auto client = Connect();
    FieldLoad load(*client, ManyKeys());
    ASSERT_TRUE(load.AwaitApplied(2000));
    const int broken = nodes().PrimaryOf("field0");
    break_node(broken);
    const auto serves = [&] { return client->ExecuteSync("field0", {"HLEN", "field0"}, In(milliseconds(500))).ok(); };
    EXPECT_TRUE(Eventually([&] { return client->PrimaryOf("field0").port != nodes().port(broken) && serves(); }, seconds(30)));
    EXPECT_TRUE(load.AwaitApplied(2000));
    load.Stop();
    nodes().Resume(broken);
    int acknowledged_lost = 0;
    load.Verify(acknowledged_lost);
    RecordProperty("applied", load.applied());
    RecordProperty("unknown", load.unknown());
    RecordProperty("not_applied", load.not_applied());
    RecordProperty("acknowledged_lost", acknowledged_lost);
    EXPECT_LT(acknowledged_lost, load.applied() / 10);
  }
};

TEST_F(FailoverTest, F32ServesAgainAfterAPrimaryIsKilledUnderLoad) {
  SurvivesLossOf([&](int node) { nodes().Kill9(node); });
}

TEST_F(FailoverTest, F33ServesAgainAfterAPrimaryFallsSilentUnderLoad) {
  SurvivesLossOf([&](int node) { nodes().Pause(node); });
}

TEST_F(FailoverTest, LosesNothingInAnOrderedFailover) {
  const auto client = Connect();
  FieldLoad load(*client, ManyKeys(), seconds(10));
  ASSERT_TRUE(load.AwaitApplied(1000));
  for (const int primary : nodes().Primaries()) {
    // One after the other: elections at the same time split the votes, and a node stands still until its next try.
    const int twin = TwinOf(primary);
    EXPECT_TRUE(nodes().Command(twin, {"CLUSTER", "FAILOVER"}).ok());
    EXPECT_TRUE(Eventually([&] { return Contains(client->Primaries(), nodes().port(twin)) && nodes().AwaitHealthy(); }));
    EXPECT_TRUE(load.AwaitApplied(1000));
  }
  int acknowledged_lost = 0;
  load.Verify(acknowledged_lost);
  EXPECT_EQ(acknowledged_lost, 0);
  EXPECT_EQ(load.unknown(), 0);
  EXPECT_EQ(load.not_applied(), 0);
}

TEST_F(FailoverTest, KeepsTheDeadlineOnASilentNode) {
  const auto client = Connect();
  const int node = nodes().PrimaryOf("k");
  nodes().Pause(node);
  const auto late = client->ExecuteSync("k", {"INCR", "k"}, In(milliseconds(200)));
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_TRUE(EffectUnknown(late.error()));
  nodes().Resume(node);
  EXPECT_TRUE(client->ExecuteSync("k", {"INCR", "k"}, In(seconds(10))).ok());
}

TEST_F(FailoverTest, BoundsTheQueueOfASilentNode) {
  auto config = Config();
  config.queue_max = 100;
  const auto client = Connect(config);
  const int node = nodes().PrimaryOf("k");
  nodes().Pause(node);
  Tally tally;
  std::atomic<int> full{0};
  for (int i = 0; i < 1000; ++i) {
    client->Execute("k", {"INCR", "k"}, In(seconds(20)), [&](const Result<Reply>& result) {
      if (!result.ok() && result.error().code == ErrorCode::kResourceExhausted) ++full;
      tally.Count()(result);
    });
  }
  EXPECT_TRUE(Eventually([&] { return full >= 900; })) << "refused at once, while the node is still silent";
  EXPECT_LE(tally.done - full, 100);
  nodes().Resume(node);
  ASSERT_TRUE(Eventually([&] { return tally.done == 1000; }, seconds(30)));
  EXPECT_GE(client->Stats().refused, 900U);
}

TEST_F(FailoverTest, SaysNodeAwayWhileAllAreDownAndServesWhenTheyAreBack) {
  const auto client = Connect();
  ASSERT_TRUE(client->ExecuteSync("k", {"SET", "k", "v"}).ok());
  for (int node = 0; node < nodes().size(); ++node) nodes().Stop(node);
  EXPECT_TRUE(Eventually([&] { return !client->Connected(); }));
  const auto away = client->ExecuteSync("k", {"GET", "k"}, In(milliseconds(300)));
  ASSERT_FALSE(away.ok());
  EXPECT_EQ(away.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(away.error().reason, kReasonNodeAway);
  Tally tally;
  client->Execute("k", {"INCR", "patient"}, In(seconds(60)), tally.Count());
  const auto late_client = Cluster::Connect(Config());
  ASSERT_TRUE(late_client.ok()) << "connecting succeeds also while the cluster is away";
  EXPECT_FALSE((*late_client)->Connected());
  for (int node = 0; node < nodes().size(); ++node) ASSERT_TRUE(nodes().Restart(node).ok());
  EXPECT_TRUE(client->AwaitConnected(In(seconds(30))));
  EXPECT_TRUE((*late_client)->AwaitConnected(In(seconds(30))));
  ASSERT_TRUE(Eventually([&] { return client->ExecuteSync("k", {"GET", "k"}, In(seconds(1))).ok(); }, seconds(30)));
  EXPECT_EQ(client->ExecuteSync("k", {"GET", "k"})->text, "v");
  EXPECT_TRUE(Eventually([&] { return tally.done == 1; }, seconds(30)));
}

TEST_F(FailoverTest, F39SaysClusterDownWhileSlotsAreUnserved) {
  const auto client = Connect();
  const int primary = nodes().PrimaryOf("lost");
  std::string alive_key;
  for (const int node : nodes().Primaries()) {
    if (node != primary) alive_key = KeyOn(node);
  }
  const int twin = TwinOf(primary);
  nodes().Kill9(twin);
  nodes().Kill9(primary);
  Result<Reply> down = Reply{};
  EXPECT_TRUE(Eventually([&] {
    down = client->ExecuteSync(alive_key, {"GET", alive_key}, In(milliseconds(200)));
    return !down.ok() && down.error().reason == kReasonClusterDown;
  }, seconds(30)));
  EXPECT_EQ(down.error().code, ErrorCode::kUnavailable);
  EXPECT_FALSE(EffectUnknown(down.error()));
  Tally tally;
  client->Execute(alive_key, {"INCR", alive_key}, In(seconds(60)), tally.Count());
  ASSERT_TRUE(nodes().Restart(primary).ok());
  ASSERT_TRUE(nodes().Restart(twin).ok());
  EXPECT_TRUE(Eventually([&] { return tally.done == 1; }, seconds(60)));
  EXPECT_EQ(tally.good, 1) << "it waited until the cluster was whole";
}

}  // namespace
}  // namespace souk::redis
