#pragma once

#include "libs/kafka/parking.hpp"
#include "services/payments/app/payments.hpp"

namespace souk::payments {

/// Handles batches of payments.payment.commands.v1: each record becomes work; ok only when all of it is durable, or
/// judged as never to be applied.
class KafkaIn {
 public:
  explicit KafkaIn(Payments& payments) : payments_(payments) {}
  Result<kafka::Verdicts> Handle(std::vector<kafka::Record>& records);

 private:
  struct Waiting;
  /// Queues one record's work; false when it can't be queued now.
  bool Start(const kafka::Record& record, std::size_t index, Waiting& waiting);

  Payments& payments_;
};

}  // namespace souk::payments
