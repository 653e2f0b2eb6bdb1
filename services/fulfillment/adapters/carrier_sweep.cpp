#include "services/fulfillment/adapters/carrier_sweep.hpp"

#include "libs/base/settlement.hpp"
#include "libs/failpoint/failpoint.hpp"
#include "libs/observability/log.hpp"
#include "libs/observability/metrics.hpp"

namespace souk::fulfillment {
namespace {

failpoint::Point before_step("carrier.before_step", failpoint::Kind::kMayFail);
failpoint::Point after_step("carrier.after_step", failpoint::Kind::kMayFail);

constexpr std::chrono::seconds kBatchWait{10};
constexpr int kBatchesMax = 50;  // of one sweep, so that a stop never waits long

}  // namespace

void CarrierSweep::Run() {
  for (int batch = 0; batch < kBatchesMax; ++batch) {
    const Result<std::size_t> due = RunBatch();
    if (!due.ok()) {
      log::Warn("the carrier's sweep stopped early", {log::Why(due.error())});
      return;
    }
    if (*due < static_cast<std::size_t>(batch_max_)) return;
  }
}

Result<std::size_t> CarrierSweep::RunBatch() {
  const SystemTime now = clock_.Now();
  SOUK_ASSIGN_OR_RETURN(const std::vector<DueStep> due, view_.Due(now, batch_max_));
  if (due.empty()) return due.size();
  SOUK_RETURN_IF_ERROR(before_step.Try());
  const auto settlement = std::make_shared<Settlement>(due.size());
  for (std::size_t i = 0; i < due.size(); ++i) {
    Work work;
    work.shipment_id = due[i].shipment_id;
    work.now = now;
    if (due[i].return_id) {
      work.command = ReturnStep{*due[i].return_id};
    } else {
      work.command = CarrierStep{};
    }
    work.done = [settlement, i](const Result<void>& result) { settlement->Settle(i, result); };
    if (Result<void> submitted = writer_.Submit(std::move(work)); !submitted.ok()) settlement->Settle(i, submitted);
  }
  const auto errors = settlement->Wait(kBatchWait);
  if (!errors) return MakeError(ErrorCode::kDeadlineExceeded, "due steps were not applied in time");
  for (const auto& error : *errors) {
    if (error) return *error;
  }
  SOUK_RETURN_IF_ERROR(after_step.Try());
  static auto& steps = metrics::GetCounter("souk_fulfillment_steps_total", "Steps of the carrier that were due");
  steps.Increment(static_cast<double>(due.size()));
  return due.size();
}

}  // namespace souk::fulfillment
