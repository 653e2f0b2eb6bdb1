#include "services/payments/app/memory_payment_store.hpp"

#include <algorithm>

namespace souk::payments {

Uuid MemoryPaymentStore::Resolve(const Work& work) const {
  const auto* notice = std::get_if<ProviderNotice>(&work.input);
  if (!work.payment_id.IsNil() || notice == nullptr) return work.payment_id;
  for (const auto& [id, row] : rows_) {
    if (row.payment->provider_id == notice->intent.provider_id) return id;
  }
  return {};
}

bool MemoryPaymentStore::IsDuplicate(const Work& work, std::set<Uuid>& in_batch) const {
  return work.message_id && (inbox_.contains(*work.message_id) || !in_batch.insert(*work.message_id).second);
}

Result<void> MemoryPaymentStore::Apply(std::span<Work> works) {
  const std::lock_guard lock(mutex_);
  Batch batch(policy_);
  for (const Work& work : works) {
    const auto row = rows_.find(Resolve(work));
    if (row != rows_.end() && !batch.payments().contains(row->first)) batch.Load(row->second);
  }
  std::set<Uuid> message_ids;
  for (Work& work : works) {
    if (IsDuplicate(work, message_ids)) {
      work.outcome = {.duplicate = true};
    } else {
      batch.Decide(work, Resolve(work));
    }
  }
  if (auto error = std::exchange(fail_next_, std::nullopt)) return *error;
  for (const Booking& booking : batch.bookings()) {
    if (ledger_.contains({booking.entry.cause, booking.entry.account})) {
      return MakeError(ErrorCode::kInternal, "booked twice: " + booking.entry.cause);
    }
  }
  Save(batch, message_ids);
  return {};
}

void MemoryPaymentStore::Save(const Batch& batch, const std::set<Uuid>& message_ids) {
  for (const auto& [id, tracked] : batch.payments()) {
    if (tracked.changed) rows_[id] = tracked.state;
  }
  for (const Booking& booking : batch.bookings()) {
    ledger_[{booking.entry.cause, booking.entry.account}] = booking.entry.amount.minor_units;
  }
  for (const Work* work : batch.parked()) {
    parked_[work->parking->event_id] = {work->payment_id, std::get<ProviderNotice>(work->input).intent.provider_id, work->parking->body};
  }
  for (const std::string& event_id : batch.unparked()) parked_.erase(event_id);
  events_.insert(events_.end(), batch.events().begin(), batch.events().end());
  inbox_.insert(message_ids.begin(), message_ids.end());
}

Result<std::vector<Aggregate>> MemoryPaymentStore::Get(const std::vector<Uuid>& ids) {
  const std::lock_guard lock(mutex_);
  std::vector<Aggregate> found;
  for (const Uuid& id : ids) {
    if (const auto row = rows_.find(id); row != rows_.end()) found.push_back(row->second);
  }
  return found;
}

Result<std::vector<Payment>> MemoryPaymentStore::Changed(SystemTime since, const Uuid& after, int limit) {
  const std::lock_guard lock(mutex_);
  std::vector<Payment> found;
  for (auto row = rows_.upper_bound(after); row != rows_.end() && found.size() < static_cast<std::size_t>(limit); ++row) {
    const Payment& payment = *row->second.payment;
    if (!payment.provider_id.empty() && payment.updated_at >= since) found.push_back(payment);
  }
  return found;
}

Result<std::vector<Uuid>> MemoryPaymentStore::Due(SystemTime now, int limit) {
  const std::lock_guard lock(mutex_);
  std::vector<Uuid> found;
  for (const auto& [id, row] : rows_) {
    const auto due = [now](const std::optional<SystemTime>& at) { return at && *at <= now; };
    const bool refund_due = std::any_of(row.refunds.begin(), row.refunds.end(), [&](const Refund& refund) { return due(refund.next_attempt_at); });
    if ((due(row.payment->next_attempt_at) || refund_due) && found.size() < static_cast<std::size_t>(limit)) found.push_back(id);
  }
  return found;
}

Result<std::vector<ParkedWebhook>> MemoryPaymentStore::Parked(SystemTime, int limit) {
  const std::lock_guard lock(mutex_);
  std::vector<ParkedWebhook> found;
  for (const auto& [event_id, kept] : parked_) {
    for (const auto& [id, row] : rows_) {
      const bool same = kept.payment_id == id || row.payment->provider_id == kept.provider_id;
      if (same && found.size() < static_cast<std::size_t>(limit)) found.push_back({id, event_id, kept.body});
    }
  }
  return found;
}

Result<std::vector<StatusCount>> MemoryPaymentStore::Stats() {
  const std::lock_guard lock(mutex_);
  std::vector<StatusCount> counts;
  for (const auto& [id, row] : rows_) {
    const Payment& payment = *row.payment;
    counts.push_back({std::string(ToString(payment.status)), payment.unknown, 1, payment.amount.minor_units, payment.captured, payment.refunded});
  }
  return counts;
}

std::vector<EmittedEvent> MemoryPaymentStore::Events() {
  const std::lock_guard lock(mutex_);
  return events_;
}

std::vector<EmittedEvent> MemoryPaymentStore::TakeEvents() {
  const std::lock_guard lock(mutex_);
  return std::exchange(events_, {});
}

std::map<std::pair<std::string, std::string>, std::int64_t> MemoryPaymentStore::Entries() {
  const std::lock_guard lock(mutex_);
  return ledger_;
}

std::map<std::string, std::int64_t> MemoryPaymentStore::Balances() {
  const std::lock_guard lock(mutex_);
  std::map<std::string, std::int64_t> balances;
  for (const auto& [key, amount] : ledger_) balances[key.second] += amount;
  return balances;
}

}  // namespace souk::payments
