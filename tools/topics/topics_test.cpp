#include <gtest/gtest.h>

#include <algorithm>

#include "tools/topics/topics_file.hpp"

namespace souk::topics {
namespace {

constexpr const char* kFile = R"(
defaults: {partitions: 6, retention: 7d}
dead_letters: {partitions: 1, retention: 30d}
topics:
  - name: orders.order.events.v1
    key: order id
    messages: [souk.orders.v1.OrderAccepted]
    producers: [orders]
    groups: [notifications.orders, gateway.live]
  - name: products.product.events.v1
    key: sku
    partitions: 3
    retention: compact
    messages: [souk.products.v1.ProductChanged]
    producers: [products]
    groups: [gateway.live]
)";

TEST(TopicsFileTest, ReadsTopicsAndAddsOneDeadLetterTopicPerGroup) {
  const auto file = ParseTopics(kFile);
  ASSERT_TRUE(file.ok());
  ASSERT_EQ(file->topics.size(), 2u);
  EXPECT_EQ(file->topics[0].partitions, 6);
  EXPECT_EQ(file->topics[1].partitions, 3);
  ASSERT_EQ(file->dead_letters.size(), 4u);
  EXPECT_EQ(file->dead_letters[0].name, "gateway.live.dlq");
  EXPECT_EQ(file->dead_letters[1].name, "gateway.live.redrive");
  EXPECT_EQ(file->dead_letters[2].name, "notifications.orders.dlq");
}

TEST(TopicsFileTest, TurnsRetentionAndInSyncReplicasIntoConfiguration) {
  const auto specs = ParseTopics(kFile)->Specs(3, 2);
  ASSERT_TRUE(specs.ok());
  ASSERT_EQ(specs->size(), 6u);
  EXPECT_EQ((*specs)[0].replication, 3);
  EXPECT_EQ((*specs)[0].config.at("retention.ms"), "604800000");
  EXPECT_EQ((*specs)[0].config.at("min.insync.replicas"), "2");
  EXPECT_EQ((*specs)[1].config.at("cleanup.policy"), "compact");
}

TEST(TopicsFileTest, NamesTheKeyThatIsUnknown) {
  std::string text = kFile;
  text.replace(text.find("key: sku"), 8, "keys: sku");
  EXPECT_NE(ParseTopics(text).error().message.find("products.product.events.v1.keys"), std::string::npos);
}

TEST(TopicsFileTest, RefusesNamesThatAreNotOfTheForm) {
  for (const char* bad : {"orders_order_events_v1", "orders.order.event.v1", "orders.order.events.v0",
                          "orders.order.events", "Orders.order.events.v1", "orders..events.v1",
                          "-orders.order.events.v1"}) {
    std::string text = kFile;
    text.replace(text.find("orders.order.events.v1"), 22, bad);
    EXPECT_EQ(ParseTopics(text).error().code, ErrorCode::kInvalidArgument) << bad;
  }
  std::string text = kFile;
  text.replace(text.find("notifications.orders"), 20, "notifications");
  EXPECT_EQ(ParseTopics(text).error().code, ErrorCode::kInvalidArgument);
}

TEST(TopicsFileTest, RefusesATopicDeclaredTwiceAndBrokenYaml) {
  std::string text = kFile;
  text.replace(text.find("products.product.events.v1"), 26, "orders.order.events.v1");
  EXPECT_NE(ParseTopics(text).error().message.find("twice"), std::string::npos);
  EXPECT_FALSE(ParseTopics("topics: [").ok());
}

TEST(TopicsFileTest, ReadsTheDeclarationOfTheFleet) {
  const auto file = LoadTopics("deploy/kafka/topics.yaml");
  ASSERT_TRUE(file.ok()) << file.error().message;
  const auto named = [&](const std::string& name) {
    return std::any_of(file->topics.begin(), file->topics.end(), [&](const Topic& t) { return t.name == name; });
  };
  EXPECT_TRUE(named("orders.order.events.v1"));
  EXPECT_TRUE(file->Specs(1, 0).ok());
}

}  // namespace
}  // namespace souk::topics
