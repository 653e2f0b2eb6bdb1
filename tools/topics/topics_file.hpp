#pragma once

#include <string>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/kafka/admin.hpp"

namespace souk::topics {

/// One entry of deploy/kafka/topics.yaml.
struct Topic {
  std::string name;
  std::string key;
  int partitions = 0;
  std::string retention;  ///< "12h", "7d" or "compact"
  std::vector<std::string> messages;
  std::vector<std::string> producers;
  std::vector<std::string> groups;
};

struct TopicsFile {
  std::vector<Topic> topics;        ///< in the order of the file
  std::vector<Topic> dead_letters;  ///< of each consumer group: its dead letters, and the way back

  /// What the cluster should have. `min_isr` 0 leaves the broker's default.
  Result<std::vector<kafka::TopicSpec>> Specs(int replication, int min_isr) const;
};

/// kInvalidArgument names the entry and the key that is wrong: unknown or missing keys, a name that is not of the form, a
/// group or topic named twice where it may not be.
Result<TopicsFile> ParseTopics(const std::string& yaml);
/// kNotFound when the file can't be read.
Result<TopicsFile> LoadTopics(const std::string& path);

}  // namespace souk::topics
