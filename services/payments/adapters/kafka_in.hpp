#pragma once

#include "libs/kafka/ports.hpp"
#include "services/payments/app/payments.hpp"

namespace souk::payments {

/// Handles batches of payments.payment.commands.v1: each record becomes work; ok only when all of it is durable. What
/// never can be applied goes to the dead letters.
class KafkaIn {
 public:
  KafkaIn(Payments& payments, kafka::Publisher& dead_letters) : payments_(payments), dead_letters_(dead_letters) {}
  Result<void> Handle(std::vector<kafka::Record>& records);

 private:
  struct Waiting;
  /// Queues one record's work; false when it can't be queued now.
  bool Start(const kafka::Record& record, std::size_t index, Waiting& waiting);
  Result<void> Settle(const std::vector<kafka::Record>& records, Waiting& waiting);

  Payments& payments_;
  kafka::Publisher& dead_letters_;
};

}  // namespace souk::payments
