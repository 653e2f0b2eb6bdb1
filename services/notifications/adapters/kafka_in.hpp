#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/kafka/ports.hpp"
#include "services/notifications/adapters/writer.hpp"

namespace souk::notifications {

/// Turns event records into announcements and waits until all of them are durable. One object per consumer group, used
/// by its thread.
class KafkaIn {
 public:
  KafkaIn(std::string group, std::string sellers_domain, Writer& writer, kafka::Publisher& dead_letters,
          const Clock& clock)
      : group_(std::move(group)),
        sellers_domain_(std::move(sellers_domain)),
        writer_(writer),
        dead_letters_(dead_letters),
        clock_(clock) {}

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

  const std::string group_;
  const std::string sellers_domain_;
  Writer& writer_;
  kafka::Publisher& dead_letters_;
  const Clock& clock_;
  std::unordered_map<Uuid, int> failures_;  ///< of records that fail alone with a defect of ours
};

}  // namespace souk::notifications
