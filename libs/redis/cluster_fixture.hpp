#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/redis/cluster.hpp"
#include "libs/testing/eventually.hpp"
#include "libs/testing/redis_cluster.hpp"

namespace souk::redis {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::souk::testing::Eventually;

inline SteadyTime In(milliseconds time) { return steady_clock::now() + time; }

/// Six real nodes, shared by the tests of the program; whole and empty again before each of them.
class ClusterTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (shared_) return;
    auto started = souk::testing::RedisCluster::Start();
    ASSERT_TRUE(started.ok()) << started.error().message;
    shared_ = std::move(started).value();
  }

  void SetUp() override {
    ASSERT_NE(shared_, nullptr);
    ASSERT_TRUE(nodes().AwaitHealthy());
    const auto emptied = nodes().FlushAll();
    ASSERT_TRUE(emptied.ok()) << emptied.error().message;
    ASSERT_TRUE(Eventually([] { return EveryNodeIsEmpty(); })) << "replicas follow their primaries";
  }

  static bool EveryNodeIsEmpty() {
    for (int node = 0; node < nodes().size(); ++node) {
      const auto size = nodes().Command(node, {"DBSIZE"});
      if (!size.ok() || size->integer != 0) return false;
    }
    return true;
  }

  static souk::testing::RedisCluster& nodes() { return *shared_; }

  static ClusterConfig Config() {
    ClusterConfig config;
    config.seeds = *ParseEndpoints(nodes().Seeds());
    return config;
  }

  static std::unique_ptr<Cluster> Connect(ClusterConfig config) {
    auto client = Cluster::Connect(std::move(config));
    EXPECT_TRUE(client.ok());
    EXPECT_TRUE((*client)->AwaitConnected(In(seconds(10))));
    return std::move(client).value();
  }
  static std::unique_ptr<Cluster> Connect() { return Connect(Config()); }

  /// A key that node `node` serves.
  static std::string KeyOn(int node, const std::string& prefix = "key") {
    for (int i = 0;; ++i) {
      auto key = prefix + std::to_string(i);
      if (nodes().PrimaryOf(key) == node) return key;
    }
  }

 private:
  static inline std::unique_ptr<souk::testing::RedisCluster> shared_;
};

/// Counts what became of many asynchronous commands.
struct Tally {
  std::atomic<int> good{0}, lost{0}, refused{0}, done{0};

  Callback Count() {
    return [this](const Result<Reply>& result) {
      if (result.ok()) ++good;
      else if (EffectUnknown(result.error())) ++lost;
      else ++refused;
      ++done;
    };
  }
};

}  // namespace souk::redis
