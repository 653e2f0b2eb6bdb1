#pragma once

#include <optional>
#include <vector>

#include "libs/kafka/parking.hpp"
#include "services/orders/adapters/writer.hpp"

namespace souk::orders {

/// Turns records into work, waits until all of it is durable, and says of each record that can't be applied why.
class KafkaIn {
 public:
  explicit KafkaIn(Writer& writer) : writer_(writer) {}

  /// What the participants answered: group orders.replies.
  Result<kafka::Verdicts> OnReplies(std::vector<kafka::Record>& records);
  /// What the shop sells: group orders.catalogue.
  Result<kafka::Verdicts> OnProducts(std::vector<kafka::Record>& records);

 private:
  /// One piece of work and where it came from.
  struct Item {
    Work work;
    std::size_t index = 0;  ///< of its record
  };
  Result<void> SubmitAndWait(std::vector<Item> items, kafka::Verdicts& verdicts);

  Writer& writer_;
};

}  // namespace souk::orders
