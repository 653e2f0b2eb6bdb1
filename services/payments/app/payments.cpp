#include "services/payments/app/payments.hpp"

#include <unordered_set>

namespace souk::payments {
namespace {
constexpr std::chrono::hours kParkedKept{7 * 24};
}  // namespace

Payments::Payments(PaymentsConfig config, PaymentGateway& gateway, const Clock& clock, Submit submit)
    : clock_(clock),
      submit_(std::move(submit)),
      calls_(gateway, clock, config.concurrency, config.calls_queue_max, [this](Work work) { return submit_(std::move(work)); }) {}

Result<void> Payments::Do(Work work) {
  work.now = clock_.Now();
  return submit_(std::move(work));
}

void Payments::Committed(Work& work, const Result<void>& result) {
  if (work.done) work.done(work.outcome, result);
  if (!result.ok()) return;  // the sender tries again, or the sweep asks
  if (work.outcome.escalated) ++escalations_;
  if (!work.outcome.calls.empty()) calls_.Make(std::move(work.outcome.calls), work.cause);
  if (!work.outcome.payment) return;
  recent_.Remember(*work.outcome.payment);
  waiters_.Notify(*work.outcome.payment, work.outcome.refunds);
}

Result<std::size_t> Payments::Sweep(PaymentReader& reader, const ReadNotice& read, int limit) {
  SOUK_ASSIGN_OR_RETURN(const std::vector<Uuid> due, reader.Due(clock_.Now(), limit));
  std::size_t started = 0;
  std::unordered_set<Uuid> once;
  for (const Uuid& id : due) {
    if (!once.insert(id).second) continue;
    Work work;
    work.payment_id = id;
    work.input = RetryDue{};
    SOUK_RETURN_IF_ERROR(Do(std::move(work)));
    ++started;
  }
  SOUK_ASSIGN_OR_RETURN(const std::size_t unparked, SweepParked(reader, read, limit));
  return started + unparked;
}

Result<std::size_t> Payments::SweepParked(PaymentReader& reader, const ReadNotice& read, int limit) {
  SOUK_ASSIGN_OR_RETURN(const std::vector<ParkedWebhook> parked, reader.Parked(clock_.Now() - kParkedKept, limit));
  std::size_t started = 0;
  for (const ParkedWebhook& webhook : parked) {
    auto notice = read(webhook.body);
    if (!notice) continue;
    Work work;
    work.payment_id = webhook.payment_id;
    work.input = std::move(*notice);
    work.parking = Parking{webhook.event_id, {}, true};
    SOUK_RETURN_IF_ERROR(Do(std::move(work)));
    ++started;
  }
  return started;
}

}  // namespace souk::payments
