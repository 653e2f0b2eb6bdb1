#pragma once

#include <span>

#include "libs/base/clock.hpp"
#include "libs/base/random.hpp"
#include "services/orders/app/ports.hpp"
#include "services/orders/domain/place_order_saga.hpp"

namespace souk::orders {

struct BatchContext {
  const Clock& clock;
  Random& random;
  SagaTimes times;
};

/// Applies a batch of work in one transaction, item by item in its order; each item's outcome is in the item. Refusals
/// are outcomes; an error is returned only when nothing of the batch is durable.
Result<void> ApplyBatch(OrderStore& store, const BatchContext& context, std::span<Work> batch);

/// How long an unanswered call may still be answered by whoever took it: the longest wait, and a little.
inline constexpr std::chrono::seconds kAnswerOpenMax{61};

}  // namespace souk::orders
