#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/kafka/record.hpp"

namespace souk::kafka {

struct TopicSpec {
  std::string name;
  int partitions = 1;
  int replication = 1;
  std::map<std::string, std::string> config;  ///< e.g. {"retention.ms", "604800000"}
};

struct TopicState {
  std::string name;
  int partitions = 0;
  int replication = 0;
};

/// What CreateTopics did or saw for one topic.
struct TopicOutcome {
  enum class Kind { kUnchanged, kCreated, kGrown, kDiffers, kFailed };
  std::string name;
  Kind kind = Kind::kUnchanged;
  std::string detail;  ///< for kGrown, kDiffers and kFailed: what and how
};

struct GroupLag {
  std::string topic;
  int partition = 0;
  std::int64_t committed = -1;  ///< -1: the group has committed nothing here yet
  std::int64_t end = 0;
  std::int64_t lag = 0;         ///< end - committed, or the whole partition when nothing is committed
};

/// A place in every partition of a topic.
struct Position {
  enum class Kind { kBeginning, kEnd, kTime, kOffset };
  Kind kind = Kind::kBeginning;
  std::int64_t value = 0;  ///< Unix time in milliseconds, or an offset
};

/// Questions and orders to the cluster. Thread-safe; one connection, kept.
class Admin {
 public:
  static Result<std::unique_ptr<Admin>> Create(std::string brokers,
                                               std::chrono::milliseconds timeout = std::chrono::seconds(10));
  ~Admin();

  /// Creates what is missing, adds partitions where more are declared, never removes anything. Differences that it
  /// leaves alone (fewer partitions, other configuration) are reported as kDiffers. With `dry_run` only looks.
  Result<std::vector<TopicOutcome>> CreateTopics(const std::vector<TopicSpec>& specs, bool dry_run = false);
  Result<std::vector<TopicState>> ListTopics();
  /// Next offset per partition, by partition number. kNotFound for an unknown topic.
  Result<std::vector<std::int64_t>> EndOffsets(const std::string& topic);
  Result<std::vector<GroupLag>> ConsumerLag(const std::string& group, const std::vector<std::string>& topics);
  /// Where each partition of the topic begins, ends, or was at a time: the first record at or after it (the end when there is none).
  Result<std::vector<std::int64_t>> OffsetsAt(const std::string& topic, const Position& position);
  /// Sets where a group goes on reading: offsets by partition. kFailedPrecondition while the group has members.
  Result<void> SetOffsets(const std::string& group, const std::string& topic, const std::vector<std::int64_t>& offsets);
  /// Deletes topics; those that do not exist are no error. For tests and `down --purge`.
  Result<void> DeleteTopics(const std::vector<std::string>& names);

 private:
  class State;
  explicit Admin(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Reads a topic from the offsets given (by partition; missing = 0) to its end as of the call, partition by partition
/// in no particular order, each in its own order. `visit` answers false to stop early. Answers the offsets to
/// continue from. No group, no commit.
Result<std::vector<std::int64_t>> ReadAll(const std::string& brokers, const std::string& topic,
                                          std::vector<std::int64_t> from,
                                          const std::function<bool(const Record&)>& visit,
                                          std::chrono::milliseconds timeout = std::chrono::seconds(60));

}  // namespace souk::kafka
