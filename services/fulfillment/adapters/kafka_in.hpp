#pragma once

#include <optional>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/kafka/parking.hpp"
#include "services/fulfillment/adapters/writer.hpp"
#include "services/fulfillment/app/ports.hpp"

namespace souk::fulfillment {

/// Turns command records into works and waits until all of them are durable. Used by one consumer thread.
class KafkaIn {
 public:
  KafkaIn(Writer& writer, Carrier& carrier, const Clock& clock) : writer_(writer), carrier_(carrier), clock_(clock) {}

  /// Which records can't be applied, and why; an error means that the same records must come again.
  Result<kafka::Verdicts> Handle(std::vector<kafka::Record>& records);

 private:
  struct Pending {
    std::size_t index;  ///< of its record
    Work work;
  };
  Result<std::optional<Work>> ToWork(const kafka::Record& record);
  Result<void> SubmitAndWait(std::vector<Pending>& pending, kafka::Verdicts& verdicts);

  Writer& writer_;
  Carrier& carrier_;
  const Clock& clock_;
};

}  // namespace souk::fulfillment
