#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libs/kafka/ports.hpp"

namespace souk::kafka {

struct ConsumerConfig {
  std::string brokers;
  std::string group;                ///< "<service>.<purpose>"
  std::vector<std::string> topics;
  std::string client_id = "souk";
  std::string group_instance_id;    ///< static membership when not empty: a quick restart moves no partitions
  int batch_max = 500;              ///< records per handler call at most; 1 to 10,000
  std::string offset_reset = "earliest";  ///< "earliest", "latest", or "error": stop and wait for an operator
  std::chrono::milliseconds session_timeout{6'000};
  std::chrono::milliseconds max_poll_interval{300'000};
  std::chrono::milliseconds fetch_wait_max{100};
  int fetch_bytes_min = 1;          ///< the broker waits up to fetch_wait_max for so much: more records per batch, less haste
  std::chrono::milliseconds commit_interval{100};
  std::chrono::milliseconds retry_backoff_min{20};    ///< doubles per failed attempt, with jitter ...
  std::chrono::milliseconds retry_backoff_max{2'000};  ///< ... up to this

  /// Called on the consumer's thread when it has got partitions, before their records: what another member knew has to be read again.
  std::function<void()> on_assigned;

  // Faults on demand, for tests only: what at-least-once delivery allows, made frequent.
  bool chaos_duplicate = false;  ///< each record comes twice, in the same batch or the second time in the next one
  bool chaos_shuffle = false;    ///< order across keys is lost (within a key it is kept)
  std::uint64_t chaos_seed = 1;
};

/// A member of a consumer group with a thread of its own: collects what is there (never waiting for more once something
/// is), hands it over, commits afterwards. While the handler keeps failing it goes on polling with its partitions
/// paused, so the group does not expel it; partitions lost meanwhile take their records along.
class Consumer final : public Subscription {
 public:
  /// Starts; doesn't wait for a broker or the group. kInvalidArgument names a bad setting.
  static Result<std::unique_ptr<Consumer>> Start(ConsumerConfig config, BatchHandler handler);
  ~Consumer() override;

  void Stop() override;
  bool Ready() const override;
  bool HasAssignment() const override;
  std::int64_t Lag() const override;
  ConsumerStats Stats() const override;
  /// Why it can't go on without an operator (lost offsets with offset_reset "error"); empty when it can.
  std::string Failure() const;

 private:
  class State;
  explicit Consumer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace souk::kafka
