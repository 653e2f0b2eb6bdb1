#pragma once

#include <map>
#include <mutex>
#include <set>

#include "services/order-recovery/app/ports.hpp"

namespace souk::recovery::testing {

/// Orders as the tests want it: broken or away for some, and it remembers what it was asked.
class FakeOrders final : public Orders {
 public:
  explicit FakeOrders(const Clock& clock) : clock_(clock) {}

  void Resume(const Uuid& id, bool ask_now, std::function<void(Result<Answer>)> done) override {
    {
      const std::lock_guard lock(mutex_);
      ++resumed[id];
      if (ask_now) ++asked_now[id];
    }
    if (away) return done(MakeError(ErrorCode::kUnavailable, "away"));
    if (broken.contains(id)) return done(MakeError(ErrorCode::kInternal, "the row can't be read"));
    Answer answer;
    answer.now = {.order_id = id, .version = 100 + resumed[id], .status = "PENDING", .phase = phase, .waiting_for = "payment",
                  .deadline_at = clock_.Now() + std::chrono::seconds(5), .at = clock_.Now(), .ended = false};
    answer.resumed = true;
    done(answer);
  }
  Result<void> Cancel(const Uuid& id, const std::string& key, const std::string& comment) override {
    if (too_late) return MakeError(ErrorCode::kFailedPrecondition, "too late", "TOO_LATE_TO_CANCEL");
    cancelled[id] = key + " " + comment;
    return {};
  }
  Result<Insight> Look(const Uuid&) override {
    if (away) return MakeError(ErrorCode::kUnavailable, "away");
    return Insight{.attempts = 2, .deadline_at = {}, .give_up_at = {}, .last_step = "authorize retried"};
  }

  bool away = false;
  bool too_late = false;
  std::set<Uuid> broken;
  std::string phase = "AUTHORIZING";
  std::map<Uuid, int> resumed, asked_now;
  std::map<Uuid, std::string> cancelled;

 private:
  const Clock& clock_;
  std::mutex mutex_;
};

}  // namespace souk::recovery::testing
