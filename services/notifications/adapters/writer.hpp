#pragma once

#include <chrono>
#include <functional>

#include "libs/sql/group_commit.hpp"
#include "services/notifications/app/ports.hpp"

namespace souk::notifications {

/// Everything that changes a notification goes through here: see docs/architecture.md, "One way in".
class Writer {
 public:
  /// `lease` is asked before each batch: how long new deliveries belong to this process (zero when it can't send now).
  /// `created` gets the new deliveries after their commit.
  Writer(NotificationStore& store, std::size_t batch_max, std::function<std::chrono::milliseconds()> lease,
         std::function<void(std::vector<Delivery>)> created)
      : commits_(
            {.name = "notifications", .batch_max = batch_max, .queue_max = 65'536},
            [&store, lease = std::move(lease)](std::span<Work> works) { return store.Apply(works, lease()); },
            [created = std::move(created)](Work& work, const Result<void>& result) {
              if (result.ok() && !work.created.empty()) created(std::move(work.created));
              if (work.done) work.done(work, result);
            }) {}

  Result<void> Submit(Work work) { return commits_.Submit(std::move(work)); }
  void Stop() { commits_.Stop(); }

 private:
  sql::GroupCommit<Work> commits_;
};

}  // namespace souk::notifications
