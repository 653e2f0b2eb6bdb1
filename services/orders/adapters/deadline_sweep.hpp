#pragma once

#include <unordered_map>
#include <vector>

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
  /// An order whose row can't be worked on: looked at again later and later, so that it holds up nobody.
  struct Trouble {
    int failures = 0;
    SystemTime again_at;
  };
  /// How many were due and applied; an error ends the run.
  Result<std::size_t> RunBatch();
  /// Due, without those in trouble that are not to be looked at yet.
  Result<std::vector<Uuid>> Due();
  Result<void> Settle(const std::vector<Uuid>& due, const std::vector<std::optional<Error>>& errors);

  SqlOrderView& view_;
  Writer& writer_;
  const Clock& clock_;
  const int batch_max_;
  std::unordered_map<Uuid, Trouble> troubled_;
};

}  // namespace souk::orders
