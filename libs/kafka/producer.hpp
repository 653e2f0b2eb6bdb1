#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "libs/kafka/ports.hpp"

namespace souk::kafka {

struct ProducerConfig {
  std::string brokers;             ///< "host:port,host:port"
  std::string client_id = "souk";
  double linger_ms = 1;            ///< how long a record may wait for company; 0 to 1
  std::string compression = "lz4";
  int queue_max_messages = 100'000;
  int queue_max_kbytes = 65'536;
  /// How long a record may stay undelivered before it fails; 0 = for ever. For ever is what keeps the order of an
  /// aggregate through an outage: a record that timed out could be overtaken by the next one.
  std::chrono::milliseconds message_timeout{0};
  int message_max_bytes = 1'000'000;
};

/// Idempotent producer (acks=all). A fatal error of the client replaces it: what was not delivered fails with
/// kUnavailable, and the next Produce goes to the new one.
class Producer final : public Publisher {
 public:
  /// Doesn't wait for a broker. kInvalidArgument names the setting that the client refused.
  static Result<std::unique_ptr<Producer>> Create(ProducerConfig config);
  /// Waits up to 5 s for what is queued; the rest fails with kUnavailable.
  ~Producer() override;

  Result<void> Produce(Record record, DeliveryCallback delivered) override;
  Result<void> Flush(std::chrono::milliseconds timeout) override;
  std::size_t InFlight() const override;
  /// Times the client was replaced after a fatal error.
  int Replacements() const;
  /// For tests: makes the client report a fatal error.
  void InjectFatalError();

 private:
  class State;
  explicit Producer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace souk::kafka
