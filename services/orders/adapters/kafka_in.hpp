#pragma once

#include <vector>

#include "libs/kafka/ports.hpp"
#include "services/orders/adapters/writer.hpp"

namespace souk::orders {

/// Turns records into work, waits until all of it is durable. What can't be read goes to the dead letters of its group.
class KafkaIn {
 public:
  KafkaIn(Writer& writer, kafka::Publisher& dead_letters) : writer_(writer), dead_letters_(dead_letters) {}

  /// What the participants answered: group orders.replies.
  Result<void> OnReplies(std::vector<kafka::Record>& records);
  /// What the shop sells: group orders.catalogue.
  Result<void> OnProducts(std::vector<kafka::Record>& records);

 private:
  Result<void> Apply(std::vector<Work> works);
  Result<void> PutAside(std::string_view group, const kafka::Record& record, const Error& error);

  Writer& writer_;
  kafka::Publisher& dead_letters_;
};

}  // namespace souk::orders
