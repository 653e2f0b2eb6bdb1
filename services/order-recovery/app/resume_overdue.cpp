#include "services/order-recovery/app/resume_overdue.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_set>

namespace souk::recovery {
namespace {

/// Shared with the callbacks, which may come after the wait is over.
struct Answers {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t open = 0;
  std::vector<Result<Answer>> results;
};

}  // namespace

Result<void> ResumeOverdue::See(std::span<const Sighting> sightings) {
  if (sightings.empty()) return {};
  std::unordered_set<Uuid> ids;
  for (const Sighting& sighting : sightings) ids.insert(sighting.order_id);
  const std::uint64_t jitter = random_.Next();
  return store_.Update({ids.begin(), ids.end()}, [&](WatchedOrders& orders) {
    std::uint64_t salt = jitter;
    for (const Sighting& sighting : sightings) {
      const auto found = orders.find(sighting.order_id);
      std::optional<Watched> before;
      if (found != orders.end()) before = std::move(found->second);
      orders[sighting.order_id] = recovery::See(std::move(before), sighting, config_.policy, salt += 7919);
    }
  });
}

Result<std::size_t> ResumeOverdue::RunOnce(int limit) {
  const SystemTime now = clock_.Now();
  SOUK_ASSIGN_OR_RETURN(const std::vector<Watched> leased, store_.Lease(now, now + config_.lease, limit, config_.who));
  if (leased.empty()) return std::size_t{0};
  const auto answers = std::make_shared<Answers>();
  answers->open = leased.size();
  answers->results.assign(leased.size(), MakeError(ErrorCode::kDeadlineExceeded, "orders did not answer in time"));
  for (std::size_t i = 0; i < leased.size(); ++i) {
    orders_.Resume(leased[i].order_id, false, [answers, i](Result<Answer> answer) {
      const std::lock_guard lock(answers->mutex);
      answers->results[i] = std::move(answer);
      if (--answers->open == 0) answers->changed.notify_all();
    });
  }
  std::vector<Result<Answer>> results;
  {
    std::unique_lock lock(answers->mutex);
    answers->changed.wait_for(lock, config_.call_max, [&] { return answers->open == 0; });
    results = answers->results;
  }
  SOUK_RETURN_IF_ERROR(Keep(leased, results));
  return leased.size();
}

Result<void> ResumeOverdue::Keep(const std::vector<Watched>& leased, const std::vector<Result<Answer>>& answers) {
  std::vector<Uuid> ids;
  for (const Watched& watched : leased) ids.push_back(watched.order_id);
  const SystemTime now = clock_.Now();
  const std::uint64_t jitter = random_.Next();
  return store_.Update(ids, [&](WatchedOrders& orders) {
    std::uint64_t salt = jitter;
    for (std::size_t i = 0; i < leased.size(); ++i) {
      const auto found = orders.find(leased[i].order_id);
      if (found == orders.end()) continue;
      Watched& watched = found->second;
      salt += 7919;
      watched = answers[i].ok() ? AfterAnswer(std::move(watched), *answers[i], now, config_.policy, salt)
                                : AfterError(std::move(watched), answers[i].error(), now, config_.policy, salt);
    }
  });
}

}  // namespace souk::recovery
