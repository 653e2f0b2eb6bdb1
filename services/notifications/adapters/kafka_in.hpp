#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/kafka/parking.hpp"
#include "services/notifications/adapters/writer.hpp"

namespace souk::notifications {

/// Turns event records into announcements and waits until all of them are durable. One object per consumer group, used
/// by its thread.
class KafkaIn {
 public:
  KafkaIn(std::string group, std::string sellers_domain, Writer& writer, const Clock& clock)
      : group_(std::move(group)), sellers_domain_(std::move(sellers_domain)), writer_(writer), clock_(clock) {}

  /// Which records can't be applied, and why; an error means that the same records must come again.
  Result<kafka::Verdicts> Handle(std::vector<kafka::Record>& records);

 private:
  struct Pending {
    std::size_t index;  ///< of its record
    Work work;
  };
  Result<std::optional<Work>> ToWork(const kafka::Record& record);
  Result<void> SubmitAndWait(std::vector<Pending>& pending, kafka::Verdicts& verdicts);

  const std::string group_;
  const std::string sellers_domain_;
  Writer& writer_;
  const Clock& clock_;
};

}  // namespace souk::notifications
