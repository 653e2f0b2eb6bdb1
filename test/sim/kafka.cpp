#include "test/sim/kafka.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "test/sim/consumer.hpp"

namespace souk::sim {

int Broker::PartitionOf(const std::string& key) {
  std::uint32_t hash = 2'166'136'261U;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
  return static_cast<int>(hash % kPartitions);
}

void Broker::GoAway(microseconds time) {
  away_until_ = std::max(away_until_, world_.Now() + time);
  world_.Trace("kafka", "is away");
}

microseconds Broker::AwayFor() const {
  if (world_.quiet()) return microseconds(0);
  return std::max(microseconds(0), std::chrono::duration_cast<microseconds>(away_until_ - world_.Now()));
}

void Broker::Append(kafka::Record record) {
  const Place place{record.topic, PartitionOf(record.key)};
  auto& log = logs_[place];
  record.partition = place.second;
  record.offset = static_cast<std::int64_t>(log.size());
  record.timestamp_ms = ToUnixMillis(world_.Now());
  if (seen_) seen_(record);
  log.push_back(std::move(record));
  for (auto& [name, group] : groups_) {
    for (Consumer* member : group.members) member->Wake();
  }
}

void Broker::Join(const std::string& group, Consumer* member) {
  Group& joined = groups_[group];
  if (std::find(joined.members.begin(), joined.members.end(), member) != joined.members.end()) return;
  joined.members.push_back(member);
  ++joined.generation;
  for (Consumer* each : joined.members) each->Wake();
}

void Broker::Leave(const std::string& group, Consumer* member) {
  Group& left = groups_[group];
  if (std::erase(left.members, member) == 0) return;
  ++left.generation;
  for (Consumer* each : left.members) each->Wake();
}

std::vector<Broker::Place> Broker::AssignedTo(const std::string& group, const Consumer* member, const std::vector<std::string>& topics) {
  const auto& members = groups_[group].members;
  const auto found = std::find(members.begin(), members.end(), member);
  std::vector<Place> assigned;
  if (found == members.end()) return assigned;
  const auto mine = static_cast<std::size_t>(found - members.begin());
  for (const std::string& topic : topics) {
    for (int partition = 0; partition < kPartitions; ++partition) {
      if (static_cast<std::size_t>(partition) % members.size() == mine) assigned.emplace_back(topic, partition);
    }
  }
  return assigned;
}

bool Broker::Commit(const std::string& group, std::uint64_t generation, const std::map<Place, std::int64_t>& offsets) {
  Group& known = groups_[group];
  if (known.generation != generation) return false;
  for (const auto& [place, offset] : offsets) known.offsets[place] = std::max(known.offsets[place], offset);
  return true;
}

std::int64_t Broker::Lag(const std::string& group, const std::vector<std::string>& topics) {
  std::int64_t lag = 0;
  for (const std::string& topic : topics) {
    for (int partition = 0; partition < kPartitions; ++partition) {
      const Place place{topic, partition};
      lag += static_cast<std::int64_t>(logs_[place].size()) - groups_[group].offsets[place];
    }
  }
  return lag;
}

Result<void> Producer::Produce(kafka::Record record, kafka::DeliveryCallback delivered) {
  if (dead_) return MakeError(ErrorCode::kUnavailable, "the process is gone");
  if (world_.Fault(world_.faults().produce_refused)) return MakeError(ErrorCode::kResourceExhausted, "the producer's queue is full");
  const Broker::Place place{record.topic, Broker::PartitionOf(record.key)};
  auto& lane = lanes_[place];
  lane.push_back({std::move(record), std::move(delivered)});
  ++in_flight_;
  if (lane.size() > 1) return {};
  world_.After(world_.Between(microseconds(500), milliseconds(20)), [self = shared_from_this(), place] { self->DeliverNext(place); });
  return {};
}

void Producer::DeliverNext(const Broker::Place& place) {
  auto& lane = lanes_[place];
  if (dead_ || lane.empty()) return;
  if (const microseconds away = broker_.AwayFor(); away.count() > 0) {
    world_.After(std::min<microseconds>(away, seconds(1)), [self = shared_from_this(), place] { self->DeliverNext(place); });
    return;
  }
  Waiting next = std::move(lane.front());
  lane.pop_front();
  const bool failed = world_.Fault(world_.faults().produce_failed);
  const bool unsure = !failed && world_.Fault(world_.faults().produce_unsure);
  if (failed || unsure) world_.Trace(owner_, fmt::format("produce {} of {} {}", next.record.HeaderValue("ce_type"), next.record.key, failed ? "failed" : "unsure"));
  if (!failed) broker_.Append(std::move(next.record));
  world_.After(world_.Between(microseconds(200), milliseconds(failed || unsure ? 3'000 : 20)),
               [self = shared_from_this(), delivered = std::move(next.delivered), ok = !failed && !unsure] {
                 if (self->dead_) return;
                 --self->in_flight_;
                 delivered(ok ? Result<void>() : Result<void>(MakeError(ErrorCode::kUnavailable, "no acknowledgement")));
               });
  if (lane.empty()) return;
  world_.After(world_.Between(microseconds(100), milliseconds(5)), [self = shared_from_this(), place] { self->DeliverNext(place); });
}

void Producer::Die() {
  dead_ = true;
  for (auto& [place, lane] : lanes_) {
    if (broker_.AwayFor().count() > 0) continue;
    const std::size_t sent = world_.Below(lane.size() + 1);
    for (std::size_t i = 0; i < sent; ++i) broker_.Append(std::move(lane[i].record));
  }
  lanes_.clear();
}

}  // namespace souk::sim
