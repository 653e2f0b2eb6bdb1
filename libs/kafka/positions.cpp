#include "libs/kafka/positions.hpp"

#include <algorithm>

namespace souk::kafka {

void Positions::Reset(const rd_kafka_topic_partition_list_t* assignment) {
  positions_.clear();
  last_ = 0;
  if (assignment == nullptr) return;
  for (int i = 0; i < assignment->cnt; ++i) {
    positions_.push_back({assignment->elems[i].topic, assignment->elems[i].partition, -1, -1, -1});
  }
}

Positions::Position* Positions::Find(std::string_view topic, int partition) {
  const auto matches = [&](const Position& p) { return p.partition == partition && p.topic == topic; };
  if (last_ < positions_.size() && matches(positions_[last_])) return &positions_[last_];
  const auto found = std::find_if(positions_.begin(), positions_.end(), matches);
  if (found == positions_.end()) return nullptr;
  last_ = static_cast<std::size_t>(found - positions_.begin());
  return &*found;
}

void Positions::Read(const Record& record) {
  if (Position* position = Find(record.topic, record.partition)) position->read = record.offset + 1;
}

void Positions::MarkDone() {
  for (Position& position : positions_) position.done = std::max(position.done, position.read);
}

rd::Partitions Positions::TakeUncommitted() {
  rd::Partitions list;
  for (Position& position : positions_) {
    if (position.done == position.committed) continue;
    if (!list) list.reset(rd_kafka_topic_partition_list_new(static_cast<int>(positions_.size())));
    rd_kafka_topic_partition_list_add(list.get(), position.topic.c_str(), position.partition)->offset = position.done;
    position.committed = position.done;
  }
  return list;
}

void Positions::CommitFailed(const rd_kafka_topic_partition_list_t* partitions) {
  for (int i = 0; partitions != nullptr && i < partitions->cnt; ++i) {
    Position* position = Find(partitions->elems[i].topic, partitions->elems[i].partition);
    if (position != nullptr) position->committed = -1;
  }
}

rd::Partitions Positions::All() const {
  rd::Partitions list(rd_kafka_topic_partition_list_new(static_cast<int>(positions_.size())));
  for (const Position& position : positions_) {
    rd_kafka_topic_partition_list_add(list.get(), position.topic.c_str(), position.partition);
  }
  return list;
}

std::int64_t Positions::Lag(rd_kafka_t* handle) const {
  std::int64_t lag = 0;
  for (const Position& position : positions_) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    if (position.read < 0) continue;  // nothing has come yet: nothing is known to wait
    if (rd_kafka_get_watermark_offsets(handle, position.topic.c_str(), position.partition, &low, &high) !=
        RD_KAFKA_RESP_ERR_NO_ERROR) {
      continue;
    }
    lag += std::max<std::int64_t>(0, high - std::max<std::int64_t>(position.done, 0));
  }
  return lag;
}

}  // namespace souk::kafka
