#include "test/sim/sql.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace souk::sim {
namespace {

constexpr int kAttemptsMax = 12;  // as libs/sql

Error Unavailable(const char* reason) { return MakeError(ErrorCode::kUnavailable, "SQL is away", reason); }

}  // namespace

bool Sql::Answers() {
  if (world_.quiet()) return true;
  if (world_.Now() < away_until_) return false;
  if (!world_.Fault(world_.faults().away)) return true;
  GoAway(world_.Between(milliseconds(100), seconds(6)));
  return false;
}

void Sql::GoAway(microseconds time) {
  away_until_ = std::max(away_until_, world_.Now() + time);
  world_.Trace(name_, "is away");
}

Result<void> Sql::Run(const std::string& who, const std::function<Result<void>(bool)>& once) {
  const Faults& faults = world_.faults();
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    if (!Answers()) return Unavailable("SQL_UNAVAILABLE");
    if (world_.Fault(faults.aborted)) {
      SOUK_RETURN_IF_ERROR(once(false));
      continue;
    }
    if (world_.Fault(faults.crash_before)) {
      (void)once(false).ok();
      throw Killed{"before COMMIT"};
    }
    if (world_.Fault(faults.unknown_lost)) {
      SOUK_RETURN_IF_ERROR(once(false));
      world_.Trace(who, "COMMIT unknown, nothing stored");
      return Unavailable("COMMIT_UNKNOWN");
    }
    const Result<void> done = once(true);
    if (!done.ok()) return done;
    if (world_.Fault(faults.unknown_done)) {
      world_.Trace(who, "COMMIT unknown, all stored");
      return Unavailable("COMMIT_UNKNOWN");
    }
    if (world_.Fault(faults.crash_after)) throw Killed{"after COMMIT"};
    return done;
  }
  return MakeError(ErrorCode::kAborted, "lost too many races");
}

void Sql::Append(const std::vector<outbox::OutboxRecord>& records, std::int64_t sequence) {
  for (const outbox::OutboxRecord& record : records) {
    const kafka::Envelope& envelope = record.envelope;
    if (!versions_.emplace(envelope.subject, envelope.aggregate_version, envelope.type).second) {
      world_.Fail(fmt::format("{}: {} has two messages {} with version {}", name_, envelope.subject, envelope.type, envelope.aggregate_version));
    }
    committed_.insert(envelope.id);
    outbox::PendingRow row = outbox::ToPending(record);
    rows_.insert_or_assign(std::move(row.key), Row{std::move(row.record), world_.Now(), sequence});
  }
}

std::optional<std::vector<outbox::PendingRow>> OutboxTable::Page(const outbox::RowKey& after, const std::string& until, milliseconds age, int limit) {
  if (!sql_.Answers()) return std::nullopt;
  std::vector<outbox::PendingRow> page;
  const auto& rows = sql_.rows();
  for (auto row = rows.upper_bound(after); row != rows.end() && page.size() < static_cast<std::size_t>(limit); ++row) {
    if (!until.empty() && row->first.aggregate_id > until) break;
    if (row->second.created_at + age <= sql_.world().Now()) page.push_back({row->first, row->second.record});
  }
  return page;
}

std::optional<std::vector<outbox::PendingRow>> OutboxTable::OfAggregates(const std::vector<std::string>& names, int limit) {
  if (!sql_.Answers()) return std::nullopt;
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  std::vector<outbox::PendingRow> found;
  for (const std::string& name : sorted) {
    const auto& rows = sql_.rows();
    for (auto row = rows.lower_bound({name, 0, {}}); row != rows.end() && row->first.aggregate_id == name; ++row) {
      if (found.size() == static_cast<std::size_t>(limit)) return found;
      found.push_back({row->first, row->second.record});
    }
  }
  return found;
}

bool OutboxTable::Delete(const std::vector<outbox::RowKey>& keys) {
  if (!sql_.Answers()) return false;
  for (const outbox::RowKey& key : keys) sql_.rows().erase(key);
  return true;
}

std::optional<outbox::PendingTable::Backlog> OutboxTable::Count() {
  if (!sql_.Answers()) return std::nullopt;
  Backlog backlog{static_cast<std::int64_t>(sql_.rows().size()), milliseconds(0)};
  for (const auto& [key, row] : sql_.rows()) {
    backlog.oldest = std::max(backlog.oldest, std::chrono::duration_cast<milliseconds>(sql_.world().Now() - row.created_at));
  }
  return backlog;
}

}  // namespace souk::sim
