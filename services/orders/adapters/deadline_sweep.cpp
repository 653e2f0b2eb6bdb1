#include "services/orders/adapters/deadline_sweep.hpp"

#include <algorithm>

#include "libs/base/settlement.hpp"
#include "libs/observability/log.hpp"
#include "libs/observability/metrics.hpp"

namespace souk::orders {
namespace {

constexpr std::chrono::seconds kTroubleMin{5};
constexpr std::chrono::seconds kTroubleMax{600};
constexpr std::size_t kTroubledMax = 10'000;

}  // namespace

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
  SOUK_ASSIGN_OR_RETURN(const std::vector<Uuid> due, Due());
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
  SOUK_RETURN_IF_ERROR(Settle(due, *errors));
  return due.size();
}

Result<std::vector<Uuid>> DeadlineSweep::Due() {
  const SteadyTime until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  const SystemTime now = clock_.Now();
  const auto limit = static_cast<std::int64_t>(batch_max_) + static_cast<std::int64_t>(troubled_.size());
  SOUK_ASSIGN_OR_RETURN(std::vector<Uuid> due, view_.Due(now, limit, until));
  std::erase_if(due, [&](const Uuid& id) {
    const auto found = troubled_.find(id);
    return found != troubled_.end() && now < found->second.again_at;
  });
  if (due.size() > static_cast<std::size_t>(batch_max_)) due.resize(static_cast<std::size_t>(batch_max_));
  return due;
}

Result<void> DeadlineSweep::Settle(const std::vector<Uuid>& due, const std::vector<std::optional<Error>>& errors) {
  std::optional<Error> away;
  for (std::size_t i = 0; i < due.size(); ++i) {
    if (!errors[i]) {
      troubled_.erase(due[i]);
    } else if (IsRetryable(errors[i]->code)) {
      away = errors[i];
    } else if (troubled_.contains(due[i]) || troubled_.size() < kTroubledMax) {
      Trouble& trouble = troubled_[due[i]];
      trouble.again_at = clock_.Now() + std::min<std::chrono::seconds>(kTroubleMax, kTroubleMin * (std::int64_t{1} << std::min(trouble.failures, 10)));
      ++trouble.failures;
      log::Error("an order's deadline can't be worked on", {{"order_id", due[i].ToString()}, {"failures", trouble.failures}, log::Why(*errors[i])});
    }
  }
  if (away) return *away;
  return {};
}

}  // namespace souk::orders
