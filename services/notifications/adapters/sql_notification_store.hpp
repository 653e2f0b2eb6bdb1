#pragma once

#include <mutex>

#include "libs/sql/connection.hpp"
#include "libs/sql/pool.hpp"
#include "services/notifications/app/ports.hpp"

namespace souk::notifications {

/// Applies each batch in one SERIALIZABLE transaction: message ids, notifications, webhooks, outcomes of attempts.
class SqlNotificationStore final : public NotificationStore {
 public:
  explicit SqlNotificationStore(const sql::ConnectionConfig& config) : writes_(config), claims_(config) {}

  Result<void> Apply(std::span<Work> works, std::chrono::milliseconds lease) override;
  Result<std::vector<Delivery>> Claim(Channel channel, SystemTime now, std::chrono::milliseconds lease,
                                      int limit) override;

 private:
  std::mutex write_mutex_;
  sql::Connection writes_;
  std::mutex claim_mutex_;
  sql::Connection claims_;
};

class SqlNotificationView final : public NotificationView {
 public:
  explicit SqlNotificationView(sql::Pool& pool) : pool_(pool) {}
  Result<std::vector<NotificationRow>> List(const std::string& user_id, int limit) override;

 private:
  sql::Pool& pool_;
};

}  // namespace souk::notifications
