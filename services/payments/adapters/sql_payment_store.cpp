#include "services/payments/adapters/sql_payment_store.hpp"

#include "services/payments/adapters/codec.hpp"
#include "services/payments/adapters/sql_rows.hpp"
#include "services/payments/adapters/statements.hpp"

namespace souk::payments {
namespace {

using sql::Array;

std::optional<SystemTime> StartedAt(const Payment& payment) {
  if (payment.operation_started_at == SystemTime{}) return std::nullopt;
  return payment.operation_started_at;
}

/// The columns of kUpdatePayments between the id and the stored version.
struct MutableColumns {
  Array status, captured, refunded, provider_id, decline_code, challenge_url, unknown, void_requested, has_refunds, operation, key,
      number, attempts, started_at, next_attempt_at, version, updated_at;
  void Add(const Payment& payment) {
    status.Add(ToString(payment.status));
    captured.Add(payment.captured);
    refunded.Add(payment.refunded);
    provider_id.Add(payment.provider_id);
    decline_code.Add(payment.decline_code);
    challenge_url.Add(payment.challenge_url);
    unknown.Add(payment.unknown);
    void_requested.Add(payment.void_requested);
    has_refunds.Add(payment.has_refunds);
    operation.Add(static_cast<int>(payment.operation));
    key.Add(payment.operation_key);
    number.Add(payment.operation_number);
    attempts.Add(payment.attempts);
    started_at.Add(StartedAt(payment));
    next_attempt_at.Add(payment.next_attempt_at);
    version.Add(payment.version);
    updated_at.Add(payment.updated_at);
  }
};

void InsertPayments(sql::Tx& tx, const std::vector<const TrackedPayment*>& made, std::int64_t& affected) {
  if (made.empty()) return;
  Array id, customer, method, currency, amount, created_at;
  MutableColumns rest;
  for (const TrackedPayment* tracked : made) {
    const Payment& payment = *tracked->state.payment;
    id.Add(payment.payment_id);
    customer.Add(payment.customer_id);
    method.Add(payment.payment_method);
    currency.Add(payment.amount.currency);
    amount.Add(payment.amount.minor_units);
    created_at.Add(payment.created_at);
    rest.Add(payment);
  }
  affected += tx.Exec(statements::kInsertPayments,
                      {id, customer, method, currency, amount, rest.status, rest.captured, rest.refunded, rest.provider_id,
                       rest.decline_code, rest.challenge_url, rest.unknown, rest.void_requested, rest.has_refunds,
                       rest.operation, rest.key, rest.number, rest.attempts, rest.started_at, rest.next_attempt_at,
                       rest.version, created_at, rest.updated_at})
                  .affected();
}

void UpdatePayments(sql::Tx& tx, const std::vector<const TrackedPayment*>& changed, std::int64_t& affected) {
  if (changed.empty()) return;
  Array id, stored_version;
  MutableColumns rest;
  for (const TrackedPayment* tracked : changed) {
    id.Add(tracked->state.payment->payment_id);
    stored_version.Add(tracked->stored_version);
    rest.Add(*tracked->state.payment);
  }
  affected += tx.Exec(statements::kUpdatePayments,
                      {id, rest.status, rest.captured, rest.refunded, rest.provider_id, rest.decline_code, rest.challenge_url,
                       rest.unknown, rest.void_requested, rest.has_refunds, rest.operation, rest.key, rest.number, rest.attempts,
                       rest.started_at, rest.next_attempt_at, rest.version, rest.updated_at, stored_version})
                  .affected();
}

Result<void> SavePayments(sql::Tx& tx, const Batch& batch) {
  std::vector<const TrackedPayment*> made;
  std::vector<const TrackedPayment*> changed;
  for (const auto& [id, tracked] : batch.payments()) {
    if (tracked.changed) (tracked.stored_version == 0 ? made : changed).push_back(&tracked);
  }
  std::int64_t affected = 0;
  InsertPayments(tx, made, affected);
  UpdatePayments(tx, changed, affected);
  if (affected != static_cast<std::int64_t>(made.size() + changed.size())) {
    return MakeError(ErrorCode::kAborted, "another instance changed the payment, try again", "VERSION_MOVED");
  }
  return {};
}

void SaveRefunds(sql::Tx& tx, const Batch& batch) {
  Array payment_id, refund_id, amount, status, provider_id, reason, key, attempts, started_at, next_attempt_at;
  for (const auto& [id, tracked] : batch.payments()) {
    for (const Refund& refund : tracked.state.refunds) {
      const auto& changed = tracked.refunds_changed;
      if (std::find(changed.begin(), changed.end(), refund.refund_id) == changed.end()) continue;
      payment_id.Add(id);
      refund_id.Add(refund.refund_id);
      amount.Add(refund.amount);
      status.Add(ToString(refund.status));
      provider_id.Add(refund.provider_id);
      reason.Add(refund.reason);
      key.Add(refund.key);
      attempts.Add(refund.attempts);
      started_at.Add(refund.started_at);
      next_attempt_at.Add(refund.next_attempt_at);
    }
  }
  if (payment_id.empty()) return;
  tx.Exec(statements::kSaveRefunds,
          {payment_id, refund_id, amount, status, provider_id, reason, key, attempts, started_at, next_attempt_at});
}

void SaveBookings(sql::Tx& tx, const std::vector<Booking>& bookings) {
  if (bookings.empty()) return;
  Array cause, account, payment_id, currency, amount, created_at;
  for (const Booking& booking : bookings) {
    cause.Add(booking.entry.cause);
    account.Add(booking.entry.account);
    payment_id.Add(booking.payment_id);
    currency.Add(booking.entry.amount.currency);
    amount.Add(booking.entry.amount.minor_units);
    created_at.Add(booking.at);
  }
  tx.Exec(statements::kInsertEntries, {cause, account, payment_id, currency, amount, created_at});
}

void SaveParked(sql::Tx& tx, const Batch& batch) {
  if (!batch.parked().empty()) {
    Array event_id, provider_id, payment_id, body, received_at;
    for (const Work* work : batch.parked()) {
      event_id.Add(work->parking->event_id);
      provider_id.Add(std::get<ProviderNotice>(work->input).intent.provider_id);
      payment_id.Add(work->payment_id.IsNil() ? std::nullopt : std::optional(work->payment_id));
      body.AddBytes(work->parking->body);
      received_at.Add(work->now);
    }
    tx.Exec(statements::kPark, {event_id, provider_id, payment_id, body, received_at});
  }
  if (batch.unparked().empty()) return;
  Array forgotten;
  for (const std::string& event_id : batch.unparked()) forgotten.Add(event_id);
  tx.Exec(statements::kUnpark, {forgotten});
}

/// Which works were applied by an earlier transaction.
std::vector<bool> Duplicates(sql::Tx& tx, std::span<Work> works) {
  std::vector<bool> duplicate(works.size(), false);
  std::vector<Uuid> ids;
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < works.size(); ++i) {
    if (!works[i].message_id) continue;
    ids.push_back(*works[i].message_id);
    positions.push_back(i);
  }
  if (ids.empty()) return duplicate;
  const std::vector<bool> fresh = outbox::InsertInbox(tx, kCommandsGroup, ids);
  for (std::size_t i = 0; i < ids.size(); ++i) duplicate[positions[i]] = !fresh[i];
  return duplicate;
}

/// The payment of each work; webhooks without an order id are looked up by the provider's.
std::vector<Uuid> Resolve(sql::Tx& tx, std::span<Work> works) {
  std::vector<Uuid> ids;
  Array unresolved;
  for (const Work& work : works) {
    ids.push_back(work.payment_id);
    if (work.payment_id.IsNil()) unresolved.Add(std::get<ProviderNotice>(work.input).intent.provider_id);
  }
  if (unresolved.empty()) return ids;
  std::unordered_map<std::string, Uuid> known;
  tx.Exec(statements::kResolveProviderIds, {unresolved}).ForEach([&](const sql::Row& row) { known[row.Text(0)] = row.Id(1); });
  for (std::size_t i = 0; i < works.size(); ++i) {
    if (!ids[i].IsNil()) continue;
    const auto found = known.find(std::get<ProviderNotice>(works[i].input).intent.provider_id);
    if (found != known.end()) ids[i] = found->second;
  }
  return ids;
}

}  // namespace

SqlPaymentStore::SqlPaymentStore(sql::ConnectionConfig config, Policy policy, Committed committed)
    : connection_(std::move(config)), policy_(policy), committed_(std::move(committed)) {}

Result<void> SqlPaymentStore::Apply(std::span<Work> works) {
  std::vector<outbox::OutboxRecord> records;
  SOUK_RETURN_IF_ERROR(connection_.Run([&](sql::Tx& tx) { return ApplyIn(tx, works, records); }));
  if (!records.empty() && committed_) committed_(std::move(records));
  return {};
}

Result<void> SqlPaymentStore::ApplyIn(sql::Tx& tx, std::span<Work> works, std::vector<outbox::OutboxRecord>& records) const {
  records.clear();
  const std::vector<bool> duplicate = Duplicates(tx, works);
  const std::vector<Uuid> ids = Resolve(tx, works);
  Array wanted;
  for (std::size_t i = 0; i < works.size(); ++i) {
    if (!duplicate[i] && !ids[i].IsNil()) wanted.Add(ids[i]);
  }
  Batch batch(policy_);
  const auto exec = [&tx](const sql::Statement& statement, const std::vector<sql::Param>& params) { return tx.Exec(statement, params); };
  for (Aggregate& aggregate : LoadAggregates(exec, wanted)) batch.Load(std::move(aggregate));
  for (std::size_t i = 0; i < works.size(); ++i) {
    if (duplicate[i]) {
      works[i].outcome = {};
      works[i].outcome.duplicate = true;
    } else {
      batch.Decide(works[i], ids[i]);
    }
  }
  SOUK_RETURN_IF_ERROR(SavePayments(tx, batch));
  SaveRefunds(tx, batch);
  SaveBookings(tx, batch.bookings());
  SaveParked(tx, batch);
  for (const EmittedEvent& event : batch.events()) records.push_back(ToOutbox(event));
  if (records.empty()) return {};
  return outbox::Append(tx, records);
}

}  // namespace souk::payments
