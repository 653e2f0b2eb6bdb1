#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/random.hpp"
#include "libs/kafka/consumer.hpp"

namespace souk::kafka {

/// Where a record stands.
struct Place {
  std::string topic;
  int partition = 0;
  std::int64_t offset = 0;
  auto operator<=>(const Place&) const = default;
};

/// Which records of a consumer group are parked, so that later ones of the same key wait behind them. Shared by all instances of the
/// group, and outlives them. Errors: kUnavailable and kin.
class ParkingLot {
 public:
  virtual ~ParkingLot() = default;
  virtual Result<std::set<std::string>> Keys() = 0;
  /// Parks the record; again changes nothing. False: it has left before, and is not to be parked again (a replay).
  virtual Result<bool> Park(const std::string& key, const Place& place, const std::string& reason) = 0;
  /// Parks the record if one of its key is parked; false when none is (any more).
  virtual Result<bool> Follow(const std::string& key, const Place& place) = 0;
  /// No record of the key is parked that comes before this one in its partition.
  virtual Result<bool> IsFirst(const std::string& key, const Place& place) = 0;
  /// The record was applied or given up.
  virtual Result<void> Leave(const std::string& key, const Place& place) = 0;
};

/// The same in memory, for tests.
class MemoryParkingLot final : public ParkingLot {
 public:
  Result<std::set<std::string>> Keys() override;
  Result<bool> Park(const std::string& key, const Place& place, const std::string& reason) override;
  Result<bool> Follow(const std::string& key, const Place& place) override;
  Result<bool> IsFirst(const std::string& key, const Place& place) override;
  Result<void> Leave(const std::string& key, const Place& place) override;

 private:
  std::mutex mutex_;
  std::map<std::string, std::set<Place>> parked_;
  std::set<Place> left_;
};

/// An error that says: this was understood, decided and remembered, and the answer is no. It is not tried again (its message id is in the inbox), and
/// nothing waits behind it.
Error AsRefusal(Error error);

/// What became of each record of a batch: nothing = its effect is durable, or it needs none; an error = it failed for a reason of its own.
using Verdicts = std::vector<std::optional<Error>>;
/// Applies a batch and judges each record. An error of the whole, or a retryable one of a record, means: all of it again later. Never moves out
/// of the records.
using JudgingHandler = std::function<Result<Verdicts>(std::vector<Record>&)>;

struct ParkingConfig {
  std::string group;
  int attempts_max = 3;  ///< of a record that fails for a reason of its own, with back-off; then it is parked
  std::chrono::milliseconds backoff_min{20};  ///< doubles, with jitter
};

/// Stands between a consumer and a handler: what fails for a reason of its own is tried again with back-off and then parked in the dead letters of
/// the group, and the rest goes on. With a lot, order matters: later records of a parked key follow it, until all of them were redriven (through
/// RedriveTopic) or dropped. A refusal becomes a dead letter at once and alone: not found, wrong state, AsRefusal. Used by one consumer thread.
class Parking {
 public:
  /// `lot` null: the order of a key does not matter to this group.
  Parking(ParkingConfig config, JudgingHandler handler, ParkingLot* lot, Publisher& publisher);

  /// `config` with the redrive topic, and told of assignments. Its group is this one's.
  ConsumerConfig Subscribe(ConsumerConfig config);
  Result<void> Handle(std::vector<Record>& records);

 private:
  struct Item {
    Record* record = nullptr;
    bool redriven = false;
  };
  Result<void> Reload();
  /// Turns what came through the redrive topic into the records they were. False: not to be applied.
  Result<bool> Restore(Record& record);
  bool IsPlain(const std::vector<Record>& records) const;
  /// Those that nothing keeps from being applied now.
  Result<std::vector<Item>> Admit(const std::vector<Item>& items);
  Result<bool> Admit(const Item& item);
  Result<void> Apply(const std::vector<Item>& items);
  /// One call of the handler; what failed stays in `items`, with its error.
  Result<void> Try(std::vector<Item>& items, std::vector<Error>& errors);
  Result<void> Park(const Item& item, const Error& error, int attempts);
  void BackOff(int attempt);

  const ParkingConfig config_;
  const JudgingHandler handler_;
  ParkingLot* const lot_;
  Publisher& publisher_;
  SystemRandom random_;
  std::atomic<bool> reload_{true};
  std::set<std::string> keys_;  ///< parked, as far as this instance knows; only its own partitions matter to it
};

}  // namespace souk::kafka
