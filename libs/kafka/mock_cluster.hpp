#pragma once

#include <memory>
#include <string>

#include "libs/base/result.hpp"

namespace souk::kafka {

/// librdkafka's mock cluster: brokers inside this process, on loopback and random ports. It stands in where Apache Kafka
/// can't be had, and injects errors in tests. Nothing survives the process; a partition holds 5 MB; no admin calls, no
/// retention, no isolation of transactions.
class MockCluster {
 public:
  static Result<std::unique_ptr<MockCluster>> Start(int brokers);
  ~MockCluster();

  std::string Bootstrap() const;
  Result<void> CreateTopic(const std::string& name, int partitions, int replication);

 private:
  class State;
  explicit MockCluster(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace souk::kafka
