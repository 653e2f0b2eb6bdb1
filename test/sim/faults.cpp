#include "test/sim/faults.hpp"

namespace souk::sim {

Faults Faults::Of(Random& random) {
  Faults faults;
  const auto maybe = [&random](int max) {
    const bool on = random.Below(2) == 0;
    const int value = 1 + static_cast<int>(random.Below(static_cast<std::uint64_t>(max)));
    return on ? value : 0;
  };
  for (int* rate : {&faults.aborted, &faults.duplicate, &faults.shuffle, &faults.slow_step}) *rate = maybe(2500);
  for (int* rate : {&faults.unknown_lost, &faults.unknown_done, &faults.produce_failed, &faults.produce_unsure, &faults.offset_lost,
                    &faults.provider_error, &faults.provider_error_after, &faults.provider_hangs, &faults.provider_hangs_after,
                    &faults.provider_garbage, &faults.provider_late, &faults.refund_refused, &faults.webhook_lost, &faults.webhook_twice,
                    &faults.carrier_away, &faults.redis_away, &faults.answer_lost}) {
    *rate = maybe(1500);
  }
  for (int* rate : {&faults.away, &faults.crash_before, &faults.crash_after, &faults.produce_refused, &faults.lost}) *rate = maybe(200);
  faults.crashes_per_hour = maybe(240);
  faults.pauses_per_hour = maybe(120);
  faults.redis_failovers_per_hour = maybe(240);
  faults.outages_per_hour = maybe(60);
  return faults;
}

Settings Settings::Of(Random& random) {
  Settings settings;
  settings.instances = 1 + static_cast<int>(random.Below(3));
  if (random.Below(3) == 0) settings.hold = std::chrono::seconds(5 + random.Below(40));
  return settings;
}

}  // namespace souk::sim
