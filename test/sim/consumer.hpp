#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "libs/kafka/chaos.hpp"
#include "test/sim/kafka.hpp"

namespace souk::sim {

class Node;

/// One member of a consumer group, in one process. Reads its share of the partitions from the stored offsets; a batch that fails comes
/// again; offsets are stored some time after a batch was applied, and lost when the process or the member goes before that.
class Consumer : public std::enable_shared_from_this<Consumer> {
 public:
  using Done = std::function<void(const Result<void>&)>;
  /// Applies a batch and calls `done` once: ok when all of it is durable.
  using Handler = std::function<void(std::shared_ptr<std::vector<kafka::Record>>, Done)>;

  /// `lossy`: the group's records may be put aside as dead letters, and dropped by somebody.
  Consumer(Node& node, std::string group, std::vector<std::string> topics, bool lossy, Handler handler);
  void Wake();
  void Join();
  void Leave();
  /// The process is gone: nothing is called any more.
  void Die() { dead_ = true; }

 private:
  void Poll();
  void Handle(std::shared_ptr<std::vector<kafka::Record>> batch);
  void Handled(const std::shared_ptr<std::vector<kafka::Record>>& batch, const Result<void>& result);
  void CommitLater();
  std::vector<kafka::Record> Fetch();
  void Disturb(std::vector<kafka::Record>& batch);

  Node& node_;
  const std::string group_;
  const std::vector<std::string> topics_;
  const bool lossy_;
  const Handler handler_;
  kafka::Chaos duplicates_;
  kafka::Chaos shuffle_;
  std::uint64_t generation_ = 0;
  std::map<Broker::Place, std::int64_t> positions_;  ///< of the next record to read
  std::map<Broker::Place, std::int64_t> fetched_;    ///< positions behind the batch in hand
  bool busy_ = false;
  bool awake_ = false;
  bool committing_ = false;
  bool dead_ = false;
};

}  // namespace souk::sim
