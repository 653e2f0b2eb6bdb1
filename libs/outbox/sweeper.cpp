#include "libs/outbox/sweeper.hpp"

#include <limits>
#include <set>

#include "libs/failpoint/failpoint.hpp"
#include "libs/observability/log.hpp"

namespace souk::outbox {
namespace {

// Between the brokers' acknowledgement and the end of the row.
failpoint::Point before_delete("outbox.before_delete", failpoint::Kind::kMayFail);
failpoint::Point after_delete("outbox.after_delete", failpoint::Kind::kPassOnly);

constexpr std::chrono::milliseconds kAloneMax{5'000};
constexpr std::size_t kCatchUpAggregates = 500;
constexpr int kCatchUpRowsPerBatch = 5;

}  // namespace

Sweeper::Pass Sweeper::MakePass(bool full) {
  Pass pass;
  pass.full = full;
  pass.start = Uuid::V7(random_.Next(), random_.Next(), random_.Next()).ToString();
  std::array<std::uint8_t, 16> last{};
  last.fill(0xff);
  pass.after = {pass.start, std::numeric_limits<std::int64_t>::max(), Uuid(last)};
  return pass;
}

void Sweeper::DeleteAcknowledged() {
  while (true) {
    std::vector<RowKey> keys = dispatcher_.TakeAcknowledged(static_cast<std::size_t>(config_.batch_max));
    if (keys.empty()) return;
    if (!before_delete.Try().ok() || !table_.Delete(keys)) {
      dispatcher_.NotDeleted(std::move(keys));
      return;
    }
    after_delete.Pass();
    dispatcher_.Deleted(keys);
  }
}

bool Sweeper::Sweep() {
  if (dispatcher_.Overflow() && !(pass_ && pass_->full)) {
    pass_ = MakePass(true);
    dispatcher_.BeginFullSweep();
  }
  if (!dispatcher_.HasRoom()) return false;
  return pass_ ? SweepPage() : CatchUp();
}

bool Sweeper::SweepPage() {
  const std::string until = pass_->wrapped ? pass_->start : "";
  auto rows = table_.Page(pass_->after, until, pass_->full ? std::chrono::milliseconds(0) : config_.sweep_age, config_.batch_max);
  if (!rows) return false;
  bool sent = false;
  std::string waiting;  // the aggregate with a row in flight: deferred now, the catch-up sends the rest of it
  for (PendingRow& row : *rows) {
    RowKey key = row.key;
    if (key.aggregate_id != waiting) {
      const Dispatcher::Offer offer = dispatcher_.OfferSwept(std::move(row));
      if (offer == Dispatcher::Offer::kRefused) return sent;
      if (offer == Dispatcher::Offer::kInFlight) waiting = key.aggregate_id;
      sent = sent || offer == Dispatcher::Offer::kSent;
    }
    pass_->after = std::move(key);
  }
  if (rows->size() < static_cast<std::size_t>(config_.batch_max)) EndOfTable();
  return true;
}

void Sweeper::EndOfTable() {
  if (!pass_->wrapped) {
    pass_->wrapped = true;
    pass_->after = {};
    return;
  }
  if (pass_->full) dispatcher_.EndFullSweep();
  pass_.reset();
}

/// Sends what deferred aggregates left in the table, until they may go direct again.
bool Sweeper::CatchUp() {
  const std::vector<std::string> aggregates = dispatcher_.BeginCatchUp(kCatchUpAggregates);
  if (aggregates.empty()) return false;
  const int limit = config_.batch_max * kCatchUpRowsPerBatch;
  auto rows = table_.OfAggregates(aggregates, limit);
  if (!rows) return false;
  std::set<std::string> finished;
  std::string current, waiting;
  bool sent = false;
  bool cut = rows->size() == static_cast<std::size_t>(limit);
  for (PendingRow& row : *rows) {
    if (!current.empty() && row.key.aggregate_id != current) finished.insert(current);
    current = row.key.aggregate_id;
    if (current == waiting) continue;
    const Dispatcher::Offer offer = dispatcher_.OfferSwept(std::move(row));
    if (offer == Dispatcher::Offer::kInFlight) waiting = current;
    sent = sent || offer == Dispatcher::Offer::kSent;
    if (offer != Dispatcher::Offer::kRefused) continue;
    cut = true;
    break;
  }
  // Nothing cut: aggregates without rows are finished as well. Those not finished, or with a row in flight, stay deferred.
  bool caught_up = false;
  for (const std::string& aggregate : aggregates) {
    if (!cut || finished.contains(aggregate)) caught_up = dispatcher_.CaughtUp(aggregate) || caught_up;
  }
  return sent || caught_up;
}

std::optional<PendingTable::Backlog> Sweeper::LookForOrphans() {
  const auto backlog = table_.Count();
  if (backlog && backlog->oldest >= config_.sweep_age && !pass_) pass_ = MakePass(false);
  return backlog;
}

void Sweeper::TrySuspects(SteadyTime now) {
  for (const std::string& aggregate : dispatcher_.Suspects(now)) TryAlone(aggregate, now);
}

/// A broker refuses a whole batch for one record's size: only what is refused alone is really at fault.
void Sweeper::TryAlone(const std::string& aggregate, SteadyTime now) {
  auto rows = table_.OfAggregates({aggregate}, config_.batch_max);
  if (!rows) return;
  for (PendingRow& row : *rows) {
    if (dispatcher_.IsTaken(row.key.id)) continue;
    const RowKey key = row.key;
    const std::size_t bytes = row.record.value.size();
    const std::string topic = row.record.topic;
    const Result<void> sent = dispatcher_.SendAlone(std::move(row), kAloneMax);
    if (sent.ok()) continue;
    if (sent.error().code != ErrorCode::kInvalidArgument) return;  // the broker is away: stays a suspect
    dispatcher_.Park(aggregate, now + config_.park_retry);
    log::Error("outbox: the broker refuses a record, its aggregate waits for an operator",
               {{"aggregate_id", aggregate}, {"message_id", key.id.ToString()}, {"topic", topic}, {"bytes", bytes}, log::Why(sent.error())});
    return;
  }
  dispatcher_.Acquit(aggregate);
}

}  // namespace souk::outbox
