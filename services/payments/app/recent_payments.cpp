#include "services/payments/app/recent_payments.hpp"

namespace souk::payments {

void RecentPayments::Remember(const Payment& payment) {
  if (payment.status == Status::kAuthorizing) return;  // everything is news to it
  const std::lock_guard lock(mutex_);
  slots_[Slot(payment.payment_id)] = payment;
}

bool RecentPayments::NothingNew(const Uuid& payment_id, const ProviderNotice& notice) const {
  Aggregate known;
  {
    const std::lock_guard lock(mutex_);
    const auto& slot = slots_[Slot(payment_id)];
    if (!slot || slot->payment_id != payment_id) return false;
    known.payment = *slot;
  }
  const SystemTime now = known.payment->updated_at;
  const Decision decision = Decide(payment_id, std::move(known), notice, now, Policy{});
  return !decision.changed && decision.events.empty();
}

}  // namespace souk::payments
