#include <map>
#include <mutex>

#include "libs/redis/cluster_fixture.hpp"

namespace souk::redis {
namespace {

class Inbox {
 public:
  MessageCallback Take() {
    return [this](std::string channel, std::string message) {
      const std::lock_guard lock(mutex_);
      ++seen_[channel + "/" + message];
    };
  }
  int Count(const std::string& what) {
    const std::lock_guard lock(mutex_);
    return seen_[what];
  }

 private:
  std::mutex mutex_;
  std::map<std::string, int> seen_;
};

TEST_F(ClusterTest, DeliversMessagesToEverySubscriberOfTheChannel) {
  const auto client = Connect();
  Inbox one, two;
  const auto first = client->Subscribe({"low-stock", "other"}, one.Take());
  const auto second = client->Subscribe({"low-stock"}, two.Take());
  ASSERT_TRUE(Eventually([&] { return first->Active() && second->Active(); }));
  for (int i = 0; i < 50; ++i) client->Publish("low-stock", std::to_string(i));
  client->Publish("other", "x");
  EXPECT_TRUE(Eventually([&] { return one.Count("other/x") == 1; }));
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(Eventually([&] { return one.Count("low-stock/" + std::to_string(i)) == 1; }));
    EXPECT_TRUE(Eventually([&] { return two.Count("low-stock/" + std::to_string(i)) == 1; }));
  }
  EXPECT_EQ(two.Count("other/x"), 0);
}

TEST_F(ClusterTest, SubscribesAgainWhenItsNodeGoesAway) {
  const auto client = Connect();
  Inbox inbox;
  const auto subscription = client->Subscribe({"news"}, inbox.Take());
  ASSERT_TRUE(Eventually([&] { return subscription->Active(); }));
  int round = 0;
  for (int node = 0; node < nodes().size(); ++node) {
    // Every node once: the subscription's is among them.
    ASSERT_TRUE(nodes().Command(node, {"CLIENT", "KILL", "TYPE", "pubsub"}).ok());
    const auto word = "round" + std::to_string(round++);
    EXPECT_TRUE(Eventually([&] {
      client->Publish("news", word);
      return inbox.Count("news/" + word) > 0;
    }, seconds(20), milliseconds(50)));
  }
}

TEST_F(ClusterTest, ChangesNodeWhenItsNodeFallsSilent) {
  const auto client = Connect();
  Inbox inbox;
  const auto subscription = client->Subscribe({"news"}, inbox.Take());
  ASSERT_TRUE(Eventually([&] { return subscription->Active(); }));
  int silent = -1;
  for (int node = 0; node < nodes().size(); ++node) {
    const auto channels = nodes().Command(node, {"PUBSUB", "CHANNELS"});
    if (channels.ok() && !channels->items.empty()) silent = node;
  }
  ASSERT_GE(silent, 0);
  nodes().Pause(silent);
  EXPECT_TRUE(Eventually([&] {
    client->Publish("news", "moved");
    return inbox.Count("news/moved") > 0;
  }, seconds(20), milliseconds(50)));
  nodes().Resume(silent);
}

TEST_F(ClusterTest, DeliversNothingAfterTheSubscriptionIsGone) {
  const auto client = Connect();
  Inbox kept, gone;
  const auto keeps = client->Subscribe({"c"}, kept.Take());
  auto goes = client->Subscribe({"c"}, gone.Take());
  ASSERT_TRUE(Eventually([&] { return keeps->Active() && goes->Active(); }));
  goes.reset();
  client->Publish("c", "after");
  EXPECT_TRUE(Eventually([&] { return kept.Count("c/after") == 1; }));
  EXPECT_EQ(gone.Count("c/after"), 0);
}

}  // namespace
}  // namespace souk::redis
