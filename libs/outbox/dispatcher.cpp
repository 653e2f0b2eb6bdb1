#include "libs/outbox/dispatcher.hpp"

#include <condition_variable>
#include <optional>

#include "libs/failpoint/failpoint.hpp"
#include "libs/observability/metrics.hpp"

namespace souk::outbox {
namespace {

// After the commit, before the hand-off to the producer. An error: the records wait for the catch-up.
failpoint::Point before_publish("outbox.before_publish", failpoint::Kind::kMayFail);

metrics::Counter& Published() {
  static metrics::Counter& counter =
      metrics::GetCounter("souk_outbox_published_total", "Outbox records acknowledged by the brokers");
  return counter;
}

metrics::Counter& Swept() {
  static metrics::Counter& counter =
      metrics::GetCounter("souk_outbox_swept_total", "Acknowledged outbox records that the sweep had to send");
  return counter;
}

bool WillNeverBeTaken(const Error& error) { return error.code == ErrorCode::kInvalidArgument; }

/// Shared with the delivery thread, which may outlive the wait.
struct Answer {
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<Result<void>> result;
};

}  // namespace

Dispatcher::Dispatcher(const RelayConfig& config, kafka::Publisher& publisher)
    : in_flight_max_(config.in_flight_max), deferred_max_(config.deferred_max), publisher_(publisher) {}

void Dispatcher::HandOff(std::vector<OutboxRecord> records) {
  const bool refused = !before_publish.Try().ok();
  const std::lock_guard lock(mutex_);
  if (closed_) return;  // the rows are in SQL: another process finds them
  for (OutboxRecord& record : records) {
    const std::string& aggregate = record.envelope.subject;
    if (taken_.contains(record.envelope.id)) continue;  // a sweep that looked between commit and hand-off has sent it
    if (refused || overflow_ || held_.contains(aggregate) || taken_.size() >= in_flight_max_) {
      Hold(aggregate, Held::Kind::kDeferred);
      continue;
    }
    const std::string name = aggregate;
    const Result<void> sent = Send(ToPending(std::move(record)), false, nullptr);
    if (!sent.ok()) Hold(name, WillNeverBeTaken(sent.error()) ? Held::Kind::kSuspect : Held::Kind::kDeferred);
  }
}

void Dispatcher::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

Dispatcher::Offer Dispatcher::OfferSwept(PendingRow row) {
  const std::lock_guard lock(mutex_);
  if (const auto taken = taken_.find(row.key.id); taken != taken_.end()) {
    if (taken->second) return Offer::kKnown;
    Hold(row.key.aggregate_id, Held::Kind::kDeferred);
    return Offer::kInFlight;
  }
  const auto held = held_.find(row.key.aggregate_id);
  if (held != held_.end() && held->second.kind != Held::Kind::kDeferred) return Offer::kKnown;
  if (taken_.size() >= in_flight_max_) return Offer::kRefused;
  const std::string aggregate = row.key.aggregate_id;
  const Result<void> sent = Send(std::move(row), true, nullptr);
  if (sent.ok()) return Offer::kSent;
  if (!WillNeverBeTaken(sent.error())) return Offer::kRefused;
  Hold(aggregate, Held::Kind::kSuspect);
  return Offer::kKnown;
}

Result<void> Dispatcher::Send(PendingRow row, bool swept, std::function<void(const Result<void>&)> then) {
  const Uuid id = row.key.id;
  taken_.emplace(id, false);
  ++unacknowledged_;
  auto delivered = [self = shared_from_this(), key = std::move(row.key), swept,
                    then = std::move(then)](Result<void> result) {
    self->OnDelivered(key, swept, result);
    if (then) then(result);
  };
  Result<void> produced = publisher_.Produce(std::move(row.record), std::move(delivered));
  if (!produced.ok()) {
    taken_.erase(id);
    --unacknowledged_;
  }
  return produced;
}

void Dispatcher::OnDelivered(const RowKey& key, bool swept, const Result<void>& result) {
  const std::lock_guard lock(mutex_);
  --unacknowledged_;
  if (!result.ok()) {
    taken_.erase(key.id);
    const bool never = WillNeverBeTaken(result.error());
    Hold(key.aggregate_id, never ? Held::Kind::kSuspect : Held::Kind::kDeferred);
    return;
  }
  if (const auto taken = taken_.find(key.id); taken != taken_.end()) taken->second = true;
  acknowledged_.push_back(key);
  ++published_;
  Published().Increment();
  if (!swept) return;
  ++swept_;
  Swept().Increment();
}

void Dispatcher::Hold(const std::string& aggregate, Held::Kind kind) {
  const auto found = held_.find(aggregate);
  if (found != held_.end()) {
    found->second.marked = true;
    if (kind != Held::Kind::kDeferred) found->second.kind = kind;
    return;
  }
  if (kind == Held::Kind::kDeferred && held_.size() >= deferred_max_) {
    (overflow_ ? overflow_again_ : overflow_) = true;
    return;
  }
  held_.emplace(aggregate, Held{kind, true, {}});
}

bool Dispatcher::HasRoom() const {
  const std::lock_guard lock(mutex_);
  return taken_.size() < in_flight_max_;
}

bool Dispatcher::IsTaken(const Uuid& id) const {
  const std::lock_guard lock(mutex_);
  return taken_.contains(id);
}

std::vector<RowKey> Dispatcher::TakeAcknowledged(std::size_t max) {
  const std::lock_guard lock(mutex_);
  std::vector<RowKey> keys;
  if (acknowledged_.size() <= max) {
    keys.swap(acknowledged_);
    return keys;
  }
  const auto first = acknowledged_.end() - static_cast<std::ptrdiff_t>(max);
  keys.assign(std::make_move_iterator(first), std::make_move_iterator(acknowledged_.end()));
  acknowledged_.erase(first, acknowledged_.end());
  return keys;
}

void Dispatcher::Deleted(const std::vector<RowKey>& keys) {
  const std::lock_guard lock(mutex_);
  for (const RowKey& key : keys) taken_.erase(key.id);
}

void Dispatcher::NotDeleted(std::vector<RowKey> keys) {
  const std::lock_guard lock(mutex_);
  for (RowKey& key : keys) acknowledged_.push_back(std::move(key));
}

std::vector<std::string> Dispatcher::BeginCatchUp(std::size_t max) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> aggregates;
  for (auto& [aggregate, held] : held_) {
    if (held.kind != Held::Kind::kDeferred) continue;
    if (aggregates.size() >= max) break;
    held.marked = false;
    aggregates.push_back(aggregate);
  }
  return aggregates;
}

bool Dispatcher::CaughtUp(const std::string& aggregate) {
  const std::lock_guard lock(mutex_);
  const auto found = held_.find(aggregate);
  if (found == held_.end() || found->second.kind != Held::Kind::kDeferred || found->second.marked) return false;
  held_.erase(found);
  return true;
}

bool Dispatcher::Overflow() const {
  const std::lock_guard lock(mutex_);
  return overflow_;
}

void Dispatcher::BeginFullSweep() {
  const std::lock_guard lock(mutex_);
  overflow_again_ = false;
}

void Dispatcher::EndFullSweep() {
  const std::lock_guard lock(mutex_);
  overflow_ = overflow_again_;
}

std::vector<std::string> Dispatcher::Suspects(SteadyTime now) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> suspects;
  for (const auto& [aggregate, held] : held_) {
    if (held.kind == Held::Kind::kDeferred) continue;
    if (held.kind == Held::Kind::kSuspect || now >= held.retry_at) suspects.push_back(aggregate);
  }
  return suspects;
}

Result<void> Dispatcher::SendAlone(PendingRow row, std::chrono::milliseconds timeout) {
  auto answer = std::make_shared<Answer>();
  {
    const std::lock_guard lock(mutex_);
    SOUK_RETURN_IF_ERROR(Send(std::move(row), true, [answer](const Result<void>& result) {
      const std::lock_guard answer_lock(answer->mutex);
      answer->result = result;
      answer->arrived.notify_one();
    }));
  }
  std::unique_lock lock(answer->mutex);
  if (!answer->arrived.wait_for(lock, timeout, [&] { return answer->result.has_value(); })) {
    return MakeError(ErrorCode::kDeadlineExceeded, "no acknowledgement in time");
  }
  return *answer->result;
}

void Dispatcher::Park(const std::string& aggregate, SteadyTime retry_at) {
  const std::lock_guard lock(mutex_);
  held_[aggregate] = Held{Held::Kind::kParked, true, retry_at};
}

void Dispatcher::Acquit(const std::string& aggregate) {
  const std::lock_guard lock(mutex_);
  held_[aggregate] = Held{Held::Kind::kDeferred, true, {}};
}

std::size_t Dispatcher::InFlight() const {
  const std::lock_guard lock(mutex_);
  return unacknowledged_;
}

void Dispatcher::FillStats(RelayStats& stats) const {
  const std::lock_guard lock(mutex_);
  stats.in_flight = static_cast<std::int64_t>(unacknowledged_);
  stats.published = published_;
  stats.swept = swept_;
  for (const auto& [aggregate, held] : held_) {
    ++(held.kind == Held::Kind::kDeferred ? stats.deferred : stats.parked);
  }
}

}  // namespace souk::outbox
