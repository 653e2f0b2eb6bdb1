#include <gtest/gtest.h>

#include <cstdlib>
#include <set>

#include "libs/kafka/admin.hpp"
#include "libs/testing/process.hpp"
#include "test/e2e/fleet.hpp"
#include "tools/topics/topics_file.hpp"

// What is declared and what the running services really do.
namespace souk::e2e {
namespace {

bool Contains(const std::vector<std::string>& list, const std::string& value) { return std::find(list.begin(), list.end(), value) != list.end(); }

// "/orders/orders-2" and "orders" both name the service orders.
std::string ServiceOf(std::string_view source) {
  if (source.starts_with("/")) source.remove_prefix(1);
  return std::string(source.substr(0, source.find('/')));
}

TEST(TopicsInUseTest, EveryRecordIsOfADeclaredTypeFromADeclaredProducerAndEveryGroupReads) {
  Fleet& fleet = Fleet::Get();
  ExpectNothingOutOfPlace(ReplayUnder(fleet, 120, 60, [] {}), 120);
  const std::string& brokers = fleet.AuditConfig().kafka_brokers;
  const auto file = topics::LoadTopics("deploy/kafka/topics.yaml");
  ASSERT_TRUE(file.ok());
  auto admin = kafka::Admin::Create(brokers);
  ASSERT_TRUE(admin.ok());
  for (const topics::Topic& topic : file->topics) {
    std::set<std::string> wrong;
    std::int64_t records = 0;
    const auto read = kafka::ReadAll(brokers, topic.name, {}, [&](const kafka::Record& record) {
      ++records;
      const std::string type(record.HeaderValue("ce_type"));
      const std::string service = ServiceOf(record.HeaderValue("ce_source"));
      if (!Contains(topic.messages, type)) wrong.insert("type " + type);
      if (!Contains(topic.producers, service)) wrong.insert("producer " + service);
      if (record.HeaderValue("ce_subject") != record.key) wrong.insert("key " + record.key);
      return true;
    });
    ASSERT_TRUE(read.ok()) << topic.name;
    EXPECT_GT(records, 0) << topic.name << " is declared but nothing is on it";
    EXPECT_TRUE(wrong.empty()) << topic.name << ": " << *wrong.begin() << " is not declared";
    for (const std::string& group : topic.groups) {
      if (group == "gateway.live") continue;  // one group per instance: gateway.live.<instance>
      const auto lag = (*admin)->ConsumerLag(group, {topic.name});
      ASSERT_TRUE(lag.ok()) << group;
      bool reads = false;
      for (const auto& partition : *lag) reads = reads || partition.committed >= 0;
      EXPECT_TRUE(reads) << group << " is declared for " << topic.name << " but has read nothing";
    }
  }
  const auto existing = (*admin)->ListTopics();
  ASSERT_TRUE(existing.ok());
  std::set<std::string> declared;
  for (const auto& topic : file->topics) declared.insert(topic.name);
  for (const auto& topic : file->dead_letters) declared.insert(topic.name);
  for (const auto& topic : *existing) {
    EXPECT_TRUE(declared.contains(topic.name) || topic.name.starts_with("__")) << topic.name << " exists but is not declared";
  }
}

class RefusedStartTest : public ::testing::TestWithParam<const char*> {
 protected:
  int Run(const std::vector<std::string>& flags, const std::vector<std::string>& env = {}) {
    const char* bin = std::getenv("SOUK_BIN");
    EXPECT_NE(bin, nullptr) << "run these tests through ./souk test e2e";
    std::vector<std::string> argv = {std::string(bin == nullptr ? "" : bin) + "/" + GetParam()};
    argv.insert(argv.end(), flags.begin(), flags.end());
    // What the test runner says to the fleet is not meant for this process.
    std::vector<std::string> clean = {"SOUK_TEST_NOTHING="};
    clean.insert(clean.end(), env.begin(), env.end());
    souk::testing::ChildProcess process;
    EXPECT_TRUE(process.Start(argv, clean, "/dev/null").ok());
    return process.Wait();
  }
};

// B84: an unknown key, a bad value, a missing secret, a bad address: the process ends by itself, and not with 0.
TEST_P(RefusedStartTest, B84EndsWithAnErrorInsteadOfGuessing) {
  EXPECT_EQ(Run({"--http.prot=1"}), 2);
  EXPECT_EQ(Run({"--http.port=notaport"}), 2);
  EXPECT_EQ(Run({"--http.port=70000"}), 2);
  EXPECT_EQ(Run({"positional"}), 2);
  EXPECT_EQ(Run({}, {"SOUK_HTTP_PROT=1"}), 2);
  EXPECT_NE(Run({"--profile=production", "--http.port=0", "--admin.port=0", "--grpc.port=0", "--sql.url="}), 0);
}
INSTANTIATE_TEST_SUITE_P(EveryService, RefusedStartTest, ::testing::Values("orders", "inventory", "payments", "fulfillment", "notifications", "products", "order-recovery"),
                         [](const auto& one) {
                           std::string name(one.param);
                           std::erase(name, '-');
                           return name;
                         });

}  // namespace
}  // namespace souk::e2e
