#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "libs/base/result.hpp"
#include "services/orders/domain/messages.hpp"
#include "services/orders/domain/quote.hpp"

namespace souk::orders {

/// A customer's order as it was asked for. `draft` has everything but lines, total and time.
struct PlaceOrder {
  OrderContent draft;
  std::vector<RequestedLine> lines;
  std::optional<Money> expected_total;
  bool waits = false;  ///< the caller wants the outcome, so its answer is open until there is one
};

/// A use of an Idempotency-Key by a call that changes an existing order.
struct KeyUse {
  Uuid key_id;  ///< derived from call, order and key
  std::string request_hash;
};

/// Something that happens to one order.
struct OrderWork {
  Uuid order_id;
  Command command;
  std::optional<KeyUse> key;
};

/// The shop changed a price or took a product away.
struct PriceChange {
  std::string sku;
  Price price;
};

/// What became of one piece of work.
struct Outcome {
  std::optional<Error> error;
  std::shared_ptr<const Order> order;  ///< afterwards; null for prices and unknown orders of replies
  std::optional<Phase> before;         ///< none: the order is new
  bool changed = false;
  bool replayed = false;       ///< the same call was answered before
  std::string stored_answer;   ///< what it was answered with, where that is kept
};

/// Everything that changes state is one of these, whatever brought it.
struct Work {
  std::variant<PlaceOrder, OrderWork, PriceChange> job;
  std::optional<Uuid> message_id;  ///< of the Kafka message: applied once
  std::string causation_id;
  std::string traceparent;
  Outcome outcome;
  /// Called once, on the writer's thread, after the commit or with the failure. Must not block.
  std::function<void(Work&, const Result<void>&)> done;
};

}  // namespace souk::orders
