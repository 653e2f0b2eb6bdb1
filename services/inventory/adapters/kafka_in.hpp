#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "libs/kafka/consumer.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/kafka/parking.hpp"
#include "services/inventory/app/ports.hpp"

namespace souk::inventory {

/// Turns Kafka records into work: a fetched batch is queued at once and the offsets move on when all of it is durable.
/// What can't be read or will never fit is told to the caller; types of others are skipped.
class KafkaIn {
 public:
  struct Config {
    std::string group;
    bool use_inbox = true;  ///< false where the command is safe to repeat by itself
    std::chrono::milliseconds patience{20'000};  ///< for the writer, before the batch is tried again
  };
  /// The command of a record; kUnimplemented: not for us; any other error: dead letter.
  using Parse = std::function<Result<Command>(const kafka::Envelope&, const std::string& payload)>;

  KafkaIn(Config config, Parse parse, WorkQueue& ledger, const Clock& clock);
  Result<kafka::Verdicts> Handle(std::vector<kafka::Record>& records);

 private:
  struct Batch;
  Result<Work> ToWork(const kafka::Record& record) const;

  const Config config_;
  const Parse parse_;
  WorkQueue& ledger_;
  const Clock& clock_;
};

}  // namespace souk::inventory
