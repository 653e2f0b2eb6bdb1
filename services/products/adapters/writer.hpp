#pragma once

#include "libs/sql/group_commit.hpp"
#include "services/products/app/apply_batch.hpp"

namespace souk::products {

/// Everything that changes the catalogue goes through here: see docs/architecture.md, "One way in".
class Writer {
 public:
  Writer(ProductStore& store, const Clock& clock, std::size_t batch_max)
      : commits_({.name = "products", .batch_max = batch_max, .queue_max = 8192},
                 [&store, &clock](std::span<Work> works) { return ApplyBatch(store, clock, works); },
                 [](Work& work, const Result<void>& result) {
                   if (work.done) work.done(work, result);
                 }) {}

  /// kResourceExhausted when too much waits, kUnavailable when stopping; then `done` is not called.
  Result<void> Submit(Work work) { return commits_.Submit(std::move(work)); }
  void Stop() { commits_.Stop(); }

 private:
  sql::GroupCommit<Work> commits_;
};

}  // namespace souk::products
