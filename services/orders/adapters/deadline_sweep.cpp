#include "services/orders/adapters/deadline_sweep.hpp"

#include "libs/base/settlement.hpp"
#include "libs/observability/log.hpp"
#include "libs/observability/metrics.hpp"

namespace souk::orders {

void DeadlineSweep::Run() {
  for (int i = 0; i < kBatchesMax; ++i) {
    const Result<std::size_t> swept = RunBatch();
    if (!swept.ok()) {
      log::Warn("the sweep of deadlines will try again", {log::Why(swept.error())});
      return;
    }
    if (*swept < static_cast<std::size_t>(batch_max_)) return;
  }
}

Result<std::size_t> DeadlineSweep::RunBatch() {
  static metrics::Counter& asked = metrics::GetCounter("souk_orders_deadlines_passed_total", "Waits that were asked for again or given up");
  const SteadyTime until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  SOUK_ASSIGN_OR_RETURN(const std::vector<Uuid> due, view_.Due(clock_.Now(), batch_max_, until));
  if (due.empty()) return std::size_t{0};
  const auto settlement = std::make_shared<Settlement>(due.size());
  for (std::size_t i = 0; i < due.size(); ++i) {
    Work work;
    work.job = OrderWork{due[i], DeadlinePassed{}, std::nullopt};
    work.causation_id = "deadline";
    work.done = [settlement, i](Work& done, const Result<void>& result) {
      if (result.ok() && done.outcome.changed) asked.Increment();
      settlement->Settle(i, result);
    };
    SOUK_RETURN_IF_ERROR(writer_.Submit(std::move(work)));
  }
  const auto errors = settlement->Wait(std::chrono::seconds(30));
  if (!errors) return MakeError(ErrorCode::kDeadlineExceeded, "the batch was not committed in time");
  for (const auto& error : *errors) {
    if (error) return *error;
  }
  return due.size();
}

}  // namespace souk::orders
