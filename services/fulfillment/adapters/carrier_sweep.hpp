#pragma once

#include "libs/base/clock.hpp"
#include "services/fulfillment/adapters/writer.hpp"
#include "services/fulfillment/app/ports.hpp"

namespace souk::fulfillment {

/// Finds steps that are due and has them decided. Bounded; several instances may sweep at once: who comes second
/// decides nothing.
class CarrierSweep {
 public:
  CarrierSweep(ShipmentView& view, Writer& writer, const Clock& clock, int batch_max)
      : view_(view), writer_(writer), clock_(clock), batch_max_(batch_max) {}

  /// Works off everything that is due now, batch by batch; stops early on an error, the next sweep goes on.
  void Run();

 private:
  /// How many steps were due.
  Result<std::size_t> RunBatch();

  ShipmentView& view_;
  Writer& writer_;
  const Clock& clock_;
  const int batch_max_;
};

}  // namespace souk::fulfillment
