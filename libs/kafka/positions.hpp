#pragma once

// Private to this library: how far a consumer is in each partition that it owns.

#include <cstdint>
#include <string>
#include <vector>

#include "libs/kafka/rd.hpp"

namespace souk::kafka {

class Positions {
 public:
  void Reset(const rd_kafka_topic_partition_list_t* assignment);
  bool empty() const { return positions_.empty(); }

  /// The record is part of the batch in hand.
  void Read(const Record& record);
  /// Everything read so far has taken effect.
  void MarkDone();
  /// What is done but not committed yet, now counted as committed; null when there is nothing.
  rd::Partitions TakeUncommitted();
  /// A commit failed: offer these again.
  void CommitFailed(const rd_kafka_topic_partition_list_t* partitions);
  rd::Partitions All() const;
  /// By the high watermarks that the last fetches brought.
  std::int64_t Lag(rd_kafka_t* handle) const;

 private:
  struct Position {
    std::string topic;
    int partition = 0;
    std::int64_t read = -1;  ///< next offset after the last record read
    std::int64_t done = -1;
    std::int64_t committed = -1;
  };
  Position* Find(std::string_view topic, int partition);

  std::vector<Position> positions_;
  std::size_t last_ = 0;  ///< records come in runs of one partition
};

}  // namespace souk::kafka
