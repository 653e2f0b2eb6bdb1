#include "services/inventory/adapters/writer.hpp"

#include <algorithm>
#include <iterator>

#include "libs/observability/log.hpp"
#include "services/inventory/app/reserve_gate.hpp"

namespace souk::inventory {
namespace {

constexpr int kUnknownCommitTries = 3;

SteadyTime Now() { return std::chrono::steady_clock::now(); }

}  // namespace

Writer::Writer(WriterConfig config, StockStore& store, WriterHooks hooks)
    : config_(config),
      store_(store),
      hooks_(std::move(hooks)),
      reserved_(metrics::GetCounter("souk_inventory_reservations_total", "Claims decided by the ledger", {{"result", "held"}})),
      refused_(metrics::GetCounter("souk_inventory_reservations_total", "Claims decided by the ledger", {{"result", "refused"}})),
      duplicates_(metrics::GetCounter("souk_inventory_duplicates_total", "Messages that had been applied before")),
      answerer_([this] { AnswerLoop(); }),
      commits_({"inventory", config.batch_max, config.queue_max}, [this](std::span<Work> works) { return Apply(works); },
               [this](Work& work, const Result<void>& result) { Finish(work, result); }) {}

Result<void> Writer::Apply(std::span<Work> works) {
  batch_began_ = Now();
  batch_items_ = works.size();
  if (taken_) taken_();
  unfinished_ = works.size();  // so many calls of Finish follow, unless the batch is halved and applied again
  const SteadyTime now = Now();
  const auto late = [now](const Work& work) { return work.deadline <= now; };
  if (std::any_of(works.begin(), works.end(), late)) {
    // Nobody waits for these any more: not begun, so there is no half effect.
    const auto first_late = std::stable_partition(works.begin(), works.end(), [&](const Work& w) { return !late(w); });
    for (auto it = first_late; it != works.end(); ++it) {
      it->outcome.error = MakeError(ErrorCode::kDeadlineExceeded, "the deadline passed before the work began", "NOT_BEGUN");
      if (hooks_.availability != nullptr && it->counted) hooks_.availability->Add(GiveBack(*it));
      it->counted = false;
    }
    works = works.first(static_cast<std::size_t>(first_late - works.begin()));
    if (works.empty()) return {};
  }
  Result<Applied> applied = store_.Apply(works);
  for (int i = 0; i < kUnknownCommitTries && !applied.ok() && applied.error().reason == "COMMIT_UNKNOWN"; ++i) {
    // Every command finds by its own key what it did before: doing all again is the look-up.
    if (hooks_.count_watch != nullptr) {
      for (const Work& work : works) {
        if (const auto* reserve = std::get_if<Reserve>(&work.command)) {
          for (const Line& line : reserve->lines) hooks_.count_watch->Suspect(line.sku);
        }
      }
    }
    applied = store_.Apply(works);
  }
  healthy_ = applied.ok() || applied.error().code != ErrorCode::kUnavailable;
  if (!applied.ok()) {
    log::Warn("a batch was not applied", {log::Field("items", works.size()), log::Why(applied.error())});
    return applied.error();
  }
  AfterCommit(works, *applied);
  return {};
}

void Writer::AfterCommit(std::span<Work> works, const Applied& applied) {
  const SteadyTime now = Now();
  for (const Work& work : works) {
    const auto* reserve = std::get_if<Reserve>(&work.command);
    if (work.outcome.duplicate) duplicates_.Increment();
    if (reserve == nullptr) continue;
    if (work.outcome.took_units && hooks_.hot != nullptr) hooks_.hot->Add(reserve->lines, now);
    if (work.outcome.took_units) reserved_.Increment();
    if (work.outcome.error) refused_.Increment();
  }
  std::vector<CountChange> changes = ToBook(works, applied);
  if (hooks_.availability != nullptr && !changes.empty()) hooks_.availability->Add(std::move(changes));
  for (const LevelChange& change : applied.levels) {
    for (LevelListener* listener : hooks_.listeners) listener->OnLevel(change.after);
  }
  if (hooks_.alert) {
    for (const Event& event : applied.alerts) hooks_.alert(event);
  }
}

void Writer::Finish(Work& work, const Result<void>& result) {
  if (!result.ok() && work.counted && hooks_.availability != nullptr) {
    hooks_.availability->Add(GiveBack(work));
    work.counted = false;
  }
  finished_.push_back({std::move(work), result});
  if (--unfinished_ > 0) return;
  {
    // All at once: waking the other thread for each would have the two take turns.
    const std::lock_guard lock(answers_mutex_);
    if (answers_.empty()) {
      answers_.swap(finished_);
    } else {
      std::move(finished_.begin(), finished_.end(), std::back_inserter(answers_));
    }
  }
  finished_.clear();
  answers_wake_.notify_one();
  Rest();
}

void Writer::Rest() {
  if (batch_items_ < config_.crowd || commits_.Waiting() >= config_.batch_max / 2) return;
  std::this_thread::sleep_until(batch_began_ + config_.pace);
}

void Writer::AnswerLoop() {
  std::vector<Answer> batch;
  for (;;) {
    {
      std::unique_lock lock(answers_mutex_);
      answers_wake_.wait(lock, [this] { return answers_end_ || !answers_.empty(); });
      if (answers_.empty()) return;
      batch.swap(answers_);
    }
    for (Answer& answer : batch) {
      if (answer.work.done) answer.work.done(answer.result, answer.work);
    }
    batch.clear();
  }
}

void Writer::Stop() {
  commits_.Stop();
  {
    const std::lock_guard lock(answers_mutex_);
    answers_end_ = true;
  }
  answers_wake_.notify_one();
  if (answerer_.joinable()) answerer_.join();
}

}  // namespace souk::inventory
