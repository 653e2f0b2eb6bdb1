#include "services/inventory/app/reserve_gate.hpp"

#include <algorithm>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace souk::inventory {

std::vector<CountChange> GiveBack(const Work& work) {
  std::vector<CountChange> changes;
  if (const auto* reserve = std::get_if<Reserve>(&work.command); reserve != nullptr && work.counted) {
    for (const Line& line : reserve->lines) changes.push_back({line.sku, line.quantity, 0});
  }
  return changes;
}

std::vector<CountChange> ToBook(std::span<Work> works, const Applied& applied) {
  std::unordered_map<std::string_view, std::int64_t> taken;
  for (Work& work : works) {
    const auto* reserve = std::get_if<Reserve>(&work.command);
    if (reserve == nullptr || !work.counted) continue;
    for (const Line& line : reserve->lines) taken[line.sku] += line.quantity;
    work.counted = false;
  }
  std::vector<CountChange> changes;
  for (const LevelChange& change : applied.levels) {
    std::int64_t difference = change.available_delta;
    if (const auto it = taken.find(change.after.sku); it != taken.end()) {
      difference += it->second;
      taken.erase(it);
    }
    if (difference != 0) changes.push_back({change.after.sku, difference, change.after.Available()});
  }
  for (const auto& [sku, units] : taken) changes.push_back({std::string(sku), units, 0});
  return changes;
}

void Fail(Work& work, Error error) {
  const Result<void> result = std::move(error);
  if (work.done) work.done(result, work);
}

void ReserveGate::Submit(Work work) {
  if (availability_ == nullptr) return ToLedger(std::move(work));
  bool taken = false;
  Batch batch;
  {
    const std::lock_guard lock(mutex_);
    taken = waiting_.size() < config_.waiting_max;
    if (taken) waiting_.push_back(std::move(work));
    batch = NextRound();
  }
  if (!taken) {
    Fail(work, MakeError(ErrorCode::kResourceExhausted, "too many requests are waiting, try again later", "QUEUE_FULL"));
  }
  if (batch != nullptr) Launch(std::move(batch));
}

void ReserveGate::Nudge() {
  Batch batch;
  {
    const std::lock_guard lock(mutex_);
    batch = NextRound();
  }
  if (batch != nullptr) Launch(std::move(batch));
}

void ReserveGate::Launch(Batch batch) {
  std::vector<std::vector<Line>> claims;
  claims.reserve(batch->size());
  for (const Work& work : *batch) claims.push_back(std::get<Reserve>(work.command).lines);
  availability_->Take(std::move(claims), [this, batch](std::vector<Verdict> verdicts) {
    OnVerdicts(batch, std::move(verdicts));
    {
      const std::lock_guard lock(mutex_);
      asking_ = false;
    }
    Nudge();
  });
}

ReserveGate::Batch ReserveGate::NextRound() {
  if (asking_ || waiting_.empty() || ledger_.Waiting() > 0) return nullptr;
  asking_ = true;
  auto batch = std::make_shared<std::vector<Work>>();
  if (waiting_.size() <= config_.batch_max) {
    batch->swap(waiting_);
  } else {
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(config_.batch_max);
    batch->assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
  }
  return batch;
}

void ReserveGate::OnVerdicts(const Batch& batch, std::vector<Verdict> verdicts) {
  std::vector<Work> refused;
  for (std::size_t i = 0; i < batch->size(); ++i) {
    Work& work = (*batch)[i];
    switch (verdicts[i].kind) {
      case Verdict::Kind::kTaken:
        work.counted = true;
        ToLedger(std::move(work));
        break;
      case Verdict::Kind::kUnknown:
        ToLedgerUncounted(std::move(work));
        break;
      case Verdict::Kind::kRefused:
        work.outcome.error = OutOfStock(verdicts[i].short_lines);
        refused.push_back(std::move(work));
        break;
    }
  }
  if (!refused.empty()) Refuse(std::move(refused));
}

void ReserveGate::Refuse(std::vector<Work> works) {
  std::vector<Uuid> ids;
  for (const Work& work : works) ids.push_back(std::get<Reserve>(work.command).id);
  auto refused = std::make_shared<std::vector<Work>>(std::move(works));
  reader_.Known(std::move(ids), [this, refused](Result<std::vector<Uuid>> known) {
    // Nobody knows whether one of them was granted before: a no might be wrong for ever, "try again" is not.
    if (!known.ok()) {
      for (Work& work : *refused) {
        work.outcome = {};
        Fail(work, known.error());
      }
      return;
    }
    const std::unordered_set<Uuid> exist(known->begin(), known->end());
    for (Work& work : *refused) {
      if (exist.contains(std::get<Reserve>(work.command).id)) {
        ToLedger(std::move(work));
        continue;
      }
      ++refused_early_;
      if (work.done) work.done({}, work);
    }
  });
}

void ReserveGate::ToLedgerUncounted(Work work) {
  if (uncounted_.fetch_add(1) >= config_.uncounted_max) {
    --uncounted_;
    return Fail(work, MakeError(ErrorCode::kUnavailable, "the stock counts are away, try again", "COUNTS_UNAVAILABLE"));
  }
  ++uncounted_total_;
  work.done = [this, done = std::move(work.done)](const Result<void>& result, Work& finished) {
    --uncounted_;
    if (done) done(result, finished);
  };
  ToLedger(std::move(work));
}

void ReserveGate::ToLedger(Work work) {
  // Submit takes its argument only when it succeeds; what an error needs is kept aside.
  auto done = work.done;
  const auto back = GiveBack(work);
  const auto result = ledger_.Submit(std::move(work));
  if (result.ok()) return;
  if (!back.empty()) availability_->Add(back);
  Work nothing;
  if (done) done(result.error(), nothing);
}

}  // namespace souk::inventory
