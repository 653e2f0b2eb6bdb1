#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/kafka/ports.hpp"
#include "services/fulfillment/adapters/writer.hpp"
#include "services/fulfillment/app/ports.hpp"

namespace souk::fulfillment {

/// Turns command records into works and waits until all of them are durable. Used by one consumer thread.
class KafkaIn {
 public:
  KafkaIn(Writer& writer, Carrier& carrier, kafka::Publisher& dead_letters, const Clock& clock)
      : writer_(writer), carrier_(carrier), dead_letters_(dead_letters), clock_(clock) {}

  /// Ok when every record is applied or set aside; an error means that the same records must come again.
  Result<void> Handle(std::vector<kafka::Record>& records);

 private:
  struct Pending {
    const kafka::Record* record;
    Work work;
  };
  Result<std::optional<Work>> ToWork(const kafka::Record& record);
  Result<void> SetAside(const kafka::Record& record, const Error& error);
  Result<void> SubmitAndWait(std::vector<Pending>& pending);
  Result<void> Settle(const Pending& pending, const Error& error);

  Writer& writer_;
  Carrier& carrier_;
  kafka::Publisher& dead_letters_;
  const Clock& clock_;
  std::unordered_map<Uuid, int> failures_;  ///< of records that fail alone with a defect of ours
};

}  // namespace souk::fulfillment
