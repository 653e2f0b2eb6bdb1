#pragma once

#include <functional>

#include "libs/sql/group_commit.hpp"
#include "services/orders/app/apply_batch.hpp"

namespace souk::orders {

/// The one place of this process where orders change: everything that waits goes into the next transaction.
class Writer {
 public:
  /// Sees every piece of work after its commit, before its own `done`. On the writer's thread: must not block.
  using Observer = std::function<void(const Work&)>;

  Writer(OrderStore& store, BatchContext context, std::size_t batch_max, Observer observer)
      : store_(store),
        context_(context),
        observer_(std::move(observer)),
        commits_({.name = "orders", .batch_max = batch_max, .queue_max = 16384},
                 [this](std::span<Work> batch) { return ApplyBatch(store_, context_, batch); },
                 [this](Work& work, const Result<void>& result) {
                   if (result.ok()) observer_(work);
                   if (work.done) work.done(work, result);
                 }) {}

  /// kResourceExhausted when too much waits, kUnavailable when stopping; then `done` is not called.
  Result<void> Submit(Work work) { return commits_.Submit(std::move(work)); }
  std::size_t Waiting() const { return commits_.Waiting(); }
  void Stop() { commits_.Stop(); }

 private:
  OrderStore& store_;
  const BatchContext context_;
  const Observer observer_;
  sql::GroupCommit<Work> commits_;  // last: its thread uses the others
};

}  // namespace souk::orders
