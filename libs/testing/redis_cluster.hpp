#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/redis/reply.hpp"
#include "libs/testing/process.hpp"

namespace souk::testing {

/// A real Redis Cluster of its own for one test program: redis-server processes on this host, gone with this object.
/// Nodes are numbered 0 … size()-1; 0 … primaries-1 begin as primaries, node primaries+i as a replica of i.
/// Start it from a thread that outlives it (see ChildProcess). SOUK_KEEP_TEST_DATA in the environment leaves the nodes' logs
/// and data in the temporary folder.
class RedisCluster {
 public:
  struct Options {
    int base_port = 0;  ///< six ports from here, and the same + 10000 for the bus; 0 = a free run from 21000 up
    int primaries = 3;
    bool replicas = true;                         ///< one for each primary
    std::chrono::milliseconds node_timeout{1000};  ///< cluster-node-timeout
    std::string password;
  };

  /// Returns when every node says that the cluster is well and every replica has its primary's data (about 2 s).
  static Result<std::unique_ptr<RedisCluster>> Start(Options options);
  static Result<std::unique_ptr<RedisCluster>> Start() { return Start(Options{}); }
  ~RedisCluster();
  RedisCluster(const RedisCluster&) = delete;
  RedisCluster& operator=(const RedisCluster&) = delete;

  int size() const { return static_cast<int>(nodes_.size()); }
  int port(int node) const { return base_port_ + node; }
  /// "127.0.0.1:21000,127.0.0.1:21001,…", as SOUK_REDIS_NODES takes it.
  std::string Seeds() const;

  /// SIGTERM: the node saves and ends. Returns when it has.
  void Stop(int node);
  void Kill9(int node);
  /// SIGSTOP: the node keeps its connections and says nothing.
  void Pause(int node);
  void Resume(int node);
  /// Starts a stopped node again, with the data and the place in the cluster that it had.
  Result<void> Restart(int node);

  /// Every living node sees all slots served, every pair of living nodes is on speaking terms, replicas are in step.
  bool AwaitHealthy(std::chrono::milliseconds patience = std::chrono::seconds(20)) const;
  bool Healthy() const;

  /// One command on one node, without routing.
  Result<redis::Reply> Command(int node, const std::vector<std::string>& args) const;
  /// The node that serves the key, as the living nodes say; -1 while they say none.
  int PrimaryOf(std::string_view key) const;
  /// The nodes that serve slots now.
  std::vector<int> Primaries() const;
  bool IsReplica(int node) const;
  /// Empties every primary. Slots stay where they are.
  Result<void> FlushAll() const;
  /// Moves a slot with its keys while clients work. `between` runs after each batch of keys, when the slot is open
  /// (ASK and TRYAGAIN are being said).
  Result<void> MigrateSlot(int slot, int from, int to, const std::function<void()>& between = [] {}, int batch = 16) const;

 private:
  RedisCluster(Options options, int base_port, int lock, std::filesystem::path dir);

  Result<void> Launch(int node);
  Result<void> Form();
  Result<void> Expect(int node, const std::vector<std::string>& args) const;
  Result<std::string> IdOf(int node) const;
  bool KnowsEveryNode(int node) const;
  bool NodeHealthy(int node) const;
  int NodeOfPort(std::int64_t port) const;
  Result<void> MoveKeys(int slot, int from, int to, const std::function<void()>& between, int batch) const;

  const Options options_;
  const int base_port_;
  const int lock_;  // a file lock that keeps these ports from other test programs
  const std::filesystem::path dir_;
  mutable std::vector<ChildProcess> nodes_;
};

}  // namespace souk::testing
