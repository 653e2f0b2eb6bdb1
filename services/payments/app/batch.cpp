#include "services/payments/app/batch.hpp"

namespace souk::payments {

void Batch::Load(Aggregate aggregate) {
  if (!aggregate.payment) return;
  TrackedPayment& tracked = payments_[aggregate.payment->payment_id];
  tracked.stored_version = aggregate.payment->version;
  tracked.state = std::move(aggregate);
}

bool Batch::Park(Work& work, const Uuid& payment_id) {
  const auto found = payments_.find(payment_id);
  if (!work.parking || (found != payments_.end() && found->second.state.payment)) return false;
  work.outcome.parked = true;
  if (!work.parking->was_parked) parked_.push_back(&work);
  return true;
}

void Batch::Decide(Work& work, const Uuid& payment_id) {
  work.outcome = {};
  if (Park(work, payment_id)) return;
  if (work.parking && work.parking->was_parked) unparked_.push_back(work.parking->event_id);
  TrackedPayment& tracked = payments_[payment_id];
  Decision decision = payments::Decide(payment_id, std::move(tracked.state), work.input, work.now, policy_);
  Keep(work, payment_id, std::move(decision));
}

void Batch::Keep(Work& work, const Uuid& payment_id, Decision decision) {
  TrackedPayment& tracked = payments_[payment_id];
  tracked.state = std::move(decision.next);
  work.outcome.refusal = std::move(decision.refusal);
  if (!work.outcome.refusal) {
    tracked.changed = tracked.changed || decision.changed;
    for (std::string& id : decision.refunds_changed) tracked.refunds_changed.push_back(std::move(id));
    for (Event& event : decision.events) events_.push_back({payment_id, std::move(event), work.now, work.cause});
    for (LedgerEntry& entry : decision.entries) bookings_.push_back({payment_id, std::move(entry), work.now});
    work.outcome.calls = std::move(decision.calls);
    work.outcome.escalated = decision.escalated;
  }
  work.outcome.payment = tracked.state.payment;
  work.outcome.refunds = tracked.state.refunds;
}

}  // namespace souk::payments
