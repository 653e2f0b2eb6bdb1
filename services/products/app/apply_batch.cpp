#include "services/products/app/apply_batch.hpp"

#include "services/products/app/batch.hpp"

namespace souk::products {

Result<void> ApplyBatch(ProductStore& store, const Clock& clock, std::span<Work> batch) {
  return store.Transact([&](ProductTx& tx) { return Batch(tx, batch, clock.Now()).Run(); });
}

}  // namespace souk::products
