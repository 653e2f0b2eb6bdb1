#pragma once

#include <atomic>
#include <memory>

#include "libs/base/clock.hpp"
#include "services/orders/adapters/sql_order_store.hpp"
#include "services/orders/adapters/writer.hpp"

namespace souk::orders {

/// Finds orders whose deadline passed, at boot and while running, and hands them to the writer like any other work. Bounded; several
/// instances may do it at once: the row's version decides.
class DeadlineSweep {
 public:
  DeadlineSweep(SqlOrderView& view, Writer& writer, const Clock& clock, int batch_max)
      : view_(view), writer_(writer), clock_(clock), batch_max_(batch_max) {}

  /// Works off what is due, batch after batch, at most `kBatchesMax`. Blocks; one at a time.
  void Run();

 private:
  static constexpr int kBatchesMax = 20;
  /// How many were due and applied; an error ends the run.
  Result<std::size_t> RunBatch();

  SqlOrderView& view_;
  Writer& writer_;
  const Clock& clock_;
  const int batch_max_;
};

}  // namespace souk::orders
