#pragma once

#include <span>

#include "libs/base/clock.hpp"
#include "services/products/app/ports.hpp"

namespace souk::products {

/// Applies a batch of work in one transaction, item by item in its order; each item's outcome is in the item. Refusals are outcomes; an error is returned only
/// when nothing of the batch is durable.
Result<void> ApplyBatch(ProductStore& store, const Clock& clock, std::span<Work> batch);

}  // namespace souk::products
