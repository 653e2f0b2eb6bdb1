#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "libs/kafka/consumer.hpp"
#include "libs/kafka/ports.hpp"

namespace souk::kafka {

/// A broker in memory, for tests and simulations: one partition per topic, topics appear when used, groups with one
/// working member at a time. The same contract as Kafka (broker_contract.hpp), with faults on demand.
class MemoryBroker final : public Publisher {
 public:
  MemoryBroker();
  /// Subscriptions must be gone before.
  ~MemoryBroker() override;

  Result<void> Produce(Record record, DeliveryCallback delivered) override;
  Result<void> Flush(std::chrono::milliseconds timeout) override;
  std::size_t InFlight() const override;

  /// Takes group, topics and batch_max from the configuration; starts at the group's committed place, else at 0.
  std::unique_ptr<Subscription> Subscribe(const ConsumerConfig& config, BatchHandler handler);

  /// Everything a topic holds, in its order.
  std::vector<Record> Records(const std::string& topic) const;

  /// Away: records are taken and stay in flight until it is back, as with a broker that does not answer.
  void SetAway(bool away);
  /// How many records may be in flight; more are refused with kResourceExhausted.
  void SetCapacity(std::size_t records);
  /// Larger values fail at delivery, as with a topic's max.message.bytes.
  void SetValueBytesMax(std::size_t bytes);
  /// Fails everything in flight with kUnavailable, as a replaced producer does.
  void FailInFlight();

 private:
  class Member;
  struct Waiting {
    Record record;
    DeliveryCallback delivered;
  };
  struct Group {
    std::map<std::string, std::size_t> committed;  ///< by topic
    std::vector<const Member*> members;            ///< the first one works
  };

  void Deliver();
  Result<void> Store(Record record);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::vector<Record>> topics_;
  std::map<std::string, Group> groups_;
  std::deque<Waiting> waiting_;
  std::size_t delivering_ = 0;
  std::size_t failing_ = 0;  ///< this many at the head of waiting_ are to fail
  std::size_t capacity_ = 100'000;
  std::size_t value_bytes_max_ = 1'000'000;
  bool away_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace souk::kafka
