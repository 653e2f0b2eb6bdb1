#pragma once

#include <map>
#include <mutex>
#include <set>

#include "services/notifications/app/plan.hpp"

namespace souk::notifications {

/// The store of unit tests: the same rules, kept in memory. Thread-safe.
class MemoryNotificationStore final : public NotificationStore, public NotificationView {
 public:
  Result<void> Apply(std::span<Work> works, std::chrono::milliseconds lease) override;
  Result<std::vector<Delivery>> Claim(Channel channel, SystemTime now, std::chrono::milliseconds lease,
                                      int limit) override;
  Result<std::vector<NotificationRow>> List(const std::string& user_id, int limit) override;

  /// The next `count` applications fail with this before anything is kept.
  void FailNext(int count, Error error);

 private:
  struct Row {
    Notice notice;
    Delivery delivery;
    Progress progress;
  };
  void Do(Work& work, const Announce& command, std::chrono::milliseconds lease);
  void Do(Work& work, const SetWebhook& command);
  void Do(const RecordAttempt& command);

  std::mutex mutex_;
  std::map<Uuid, Row> rows_;
  std::map<std::string, Webhook> webhooks_;
  std::map<std::pair<std::string, std::string>, std::string> keys_;
  std::set<std::pair<std::string, Uuid>> inbox_;
  int failures_ = 0;
  Error failure_;
};

}  // namespace souk::notifications
