#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "libs/kafka/ports.hpp"
#include "services/orders/adapters/writer.hpp"

namespace souk::orders {

/// Turns records into work, waits until all of it is durable. What can't be read, and what fails alone again and again for a reason that no
/// waiting mends, goes to the dead letters of its group, so that it never holds up the others.
class KafkaIn {
 public:
  KafkaIn(Writer& writer, kafka::Publisher& dead_letters) : writer_(writer), dead_letters_(dead_letters) {}

  /// What the participants answered: group orders.replies.
  Result<void> OnReplies(std::vector<kafka::Record>& records);
  /// What the shop sells: group orders.catalogue.
  Result<void> OnProducts(std::vector<kafka::Record>& records);

 private:
  /// One piece of work and where it came from.
  struct Item {
    Work work;
    const kafka::Record* record = nullptr;
  };
  Result<void> Apply(std::string_view group, std::vector<Item> items);
  Result<void> SubmitAndWait(std::vector<Item>& items, std::vector<std::optional<Error>>& errors);
  Result<void> PutAside(std::string_view group, const kafka::Record& record, const Error& error);

  Writer& writer_;
  kafka::Publisher& dead_letters_;
};

}  // namespace souk::orders
