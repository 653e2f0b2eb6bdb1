#pragma once

#include "libs/kafka/parking.hpp"
#include "services/order-recovery/app/resume_overdue.hpp"

namespace souk::recovery {

/// Turns order events into sightings. Older events than the newest that was seen change nothing, so no inbox is needed.
class KafkaIn {
 public:
  explicit KafkaIn(ResumeOverdue& resume) : resume_(resume) {}
  /// Which records can't be read, and why; an error means that the same records must come again.
  Result<kafka::Verdicts> Handle(std::vector<kafka::Record>& records);

 private:
  ResumeOverdue& resume_;
};

}  // namespace souk::recovery
