#include "services/notifications/app/memory_notification_store.hpp"

#include <algorithm>

#include "libs/base/match.hpp"
#include "services/notifications/app/refusals.hpp"

namespace souk::notifications {

Result<void> MemoryNotificationStore::Apply(std::span<Work> works, std::chrono::milliseconds lease) {
  const std::lock_guard lock(mutex_);
  if (failures_ > 0) {
    --failures_;
    return failure_;
  }
  for (Work& work : works) {
    std::visit(Match{[&](const Announce& command) { Do(work, command, lease); },
                     [&](const SetWebhook& command) { Do(work, command); },
                     [&](const RecordAttempt& command) { Do(command); }},
               work.command);
  }
  return {};
}

void MemoryNotificationStore::Do(Work& work, const Announce& command, std::chrono::milliseconds lease) {
  if (work.message_id && !inbox_.insert({command.consumer, *work.message_id}).second) return;
  const auto found = webhooks_.find(command.notice.user_id);
  const auto webhook = found == webhooks_.end() ? std::nullopt : std::optional<Webhook>(found->second);
  for (const Planned& planned : Plan(command.notice, webhook)) {
    if (rows_.contains(planned.notification_id)) continue;
    Row row{command.notice,
            ToDelivery(command.notice, planned, work.now, work.now + lease),
            {planned.status, 0, {}, {}, planned.reason}};
    if (planned.status == DeliveryStatus::kPending) {
      row.progress.next_attempt_at = work.now + lease;
      if (lease.count() > 0) work.created.push_back(row.delivery);
    }
    rows_.emplace(planned.notification_id, std::move(row));
  }
}

void MemoryNotificationStore::Do(Work& work, const SetWebhook& command) {
  if (!command.idempotency_key.empty()) {
    const auto [key, is_new] = keys_.emplace(std::pair(command.user_id, command.idempotency_key), RequestHash(command));
    if (!is_new && key->second != RequestHash(command)) {
      work.refusal = KeyReused();
      return;
    }
    work.replayed = !is_new;
    if (work.replayed) return;
  }
  webhooks_[command.user_id] = {command.url, command.secret};
}

void MemoryNotificationStore::Do(const RecordAttempt& command) {
  const auto found = rows_.find(command.notification_id);
  if (found == rows_.end() || found->second.progress.status != DeliveryStatus::kPending) return;
  found->second.progress = command.progress;
  found->second.delivery.attempts = command.progress.attempts;
}

Result<std::vector<Delivery>> MemoryNotificationStore::Claim(Channel channel, SystemTime now,
                                                             std::chrono::milliseconds lease, int limit) {
  const std::lock_guard lock(mutex_);
  std::vector<Row*> due;
  for (auto& [id, row] : rows_) {
    if (row.delivery.channel == channel && row.progress.next_attempt_at && *row.progress.next_attempt_at <= now)
      due.push_back(&row);
  }
  std::sort(due.begin(), due.end(),
            [](const Row* a, const Row* b) { return *a->progress.next_attempt_at < *b->progress.next_attempt_at; });
  due.resize(std::min(due.size(), static_cast<std::size_t>(limit)));
  std::vector<Delivery> claimed;
  for (Row* row : due) {
    row->progress.next_attempt_at = now + lease;
    row->delivery.leased_until = now + lease;
    if (const auto webhook = webhooks_.find(row->delivery.user_id);
        channel == Channel::kWebhook && webhook != webhooks_.end()) {
      row->delivery.recipient = webhook->second.url;
      row->delivery.secret = webhook->second.secret;
    }
    claimed.push_back(row->delivery);
  }
  return claimed;
}

Result<std::vector<NotificationRow>> MemoryNotificationStore::List(const std::string& user_id, int limit) {
  const std::lock_guard lock(mutex_);
  std::vector<NotificationRow> found;
  for (const auto& [id, row] : rows_) {
    if (row.notice.user_id != user_id) continue;
    found.push_back({id, user_id, row.notice.event_type, row.notice.subject,
                     std::string(ToString(row.delivery.channel)), row.progress, row.delivery.created_at});
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.created_at > b.created_at; });
  if (found.size() > static_cast<std::size_t>(limit)) found.resize(static_cast<std::size_t>(limit));
  return found;
}

void MemoryNotificationStore::FailNext(int count, Error error) {
  const std::lock_guard lock(mutex_);
  failures_ = count;
  failure_ = std::move(error);
}

}  // namespace souk::notifications
