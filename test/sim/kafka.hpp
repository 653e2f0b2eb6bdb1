#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "libs/kafka/ports.hpp"
#include "libs/kafka/record.hpp"
#include "test/sim/world.hpp"

namespace souk::sim {

class Consumer;

/// Topics, partitions and groups. Durable: nothing that it has taken is lost. A record's partition follows from its key.
class Broker {
 public:
  static constexpr int kPartitions = 3;
  using Place = std::pair<std::string, int>;  ///< topic and partition

  explicit Broker(World& world) : world_(world) {}

  void Append(kafka::Record record);
  /// Away: what was sent waits, and nobody gets anything.
  void GoAway(microseconds time);
  microseconds AwayFor() const;
  static int PartitionOf(const std::string& key);
  const std::vector<kafka::Record>& Log(const Place& place) { return logs_[place]; }
  /// Sees every record that is taken.
  void OnAppend(std::function<void(const kafka::Record&)> seen) { seen_ = std::move(seen); }

  /// Group membership: each change shares the partitions anew, and everybody goes on from the stored offsets.
  void Join(const std::string& group, Consumer* member);
  void Leave(const std::string& group, Consumer* member);
  std::uint64_t Generation(const std::string& group) { return groups_[group].generation; }
  std::vector<Place> AssignedTo(const std::string& group, const Consumer* member, const std::vector<std::string>& topics);
  std::int64_t Committed(const std::string& group, const Place& place) { return groups_[group].offsets[place]; }
  /// False when the member was put out of its generation meanwhile.
  bool Commit(const std::string& group, std::uint64_t generation, const std::map<Place, std::int64_t>& offsets);
  /// Records behind the stored offset of `group` in these topics.
  std::int64_t Lag(const std::string& group, const std::vector<std::string>& topics);

 private:
  struct Group {
    std::uint64_t generation = 1;
    std::vector<Consumer*> members;
    std::map<Place, std::int64_t> offsets;
  };
  World& world_;
  SystemTime away_until_{};
  std::map<Place, std::vector<kafka::Record>> logs_;
  std::map<std::string, Group> groups_;
  std::function<void(const kafka::Record&)> seen_;
};

/// The producer of one process. Records of one partition stay in order, but for those that failed.
class Producer final : public kafka::Publisher, public std::enable_shared_from_this<Producer> {
 public:
  Producer(World& world, Broker& broker, std::string owner) : world_(world), broker_(broker), owner_(std::move(owner)) {}

  Result<void> Produce(kafka::Record record, kafka::DeliveryCallback delivered) override;
  Result<void> Flush(milliseconds) override { return {}; }
  std::size_t InFlight() const override { return in_flight_; }
  /// The process died: some of what was on its way still arrives, nobody hears of it.
  void Die();

 private:
  struct Waiting {
    kafka::Record record;
    kafka::DeliveryCallback delivered;
  };
  void DeliverNext(const Broker::Place& place);

  World& world_;
  Broker& broker_;
  const std::string owner_;
  std::map<Broker::Place, std::deque<Waiting>> lanes_;
  std::size_t in_flight_ = 0;
  bool dead_ = false;
};

}  // namespace souk::sim
