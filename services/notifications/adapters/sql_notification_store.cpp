#include "services/notifications/adapters/sql_notification_store.hpp"

#include <map>
#include <unordered_map>
#include <unordered_set>

#include "libs/outbox/outbox.hpp"
#include "services/notifications/adapters/statements.hpp"
#include "services/notifications/app/plan.hpp"
#include "services/notifications/app/refusals.hpp"

namespace souk::notifications {
namespace {

using sql::Array;
using std::chrono::milliseconds;
using Webhooks = std::unordered_map<std::string, Webhook>;
using Key = std::pair<std::string, std::string>;

constexpr std::chrono::seconds kReadWait{2};

/// One batch inside one transaction. Made anew for every try.
class BatchWriter {
 public:
  BatchWriter(sql::Tx& tx, std::span<Work> works, milliseconds lease) : tx_(tx), works_(works), lease_(lease) {}

  void Run() {
    FindFresh();
    LoadWebhooks();
    LoadKeys();
    for (std::size_t i = 0; i < works_.size(); ++i) {
      works_[i].created.clear();
      works_[i].refusal.reset();
      works_[i].replayed = false;
      if (const auto* announce = std::get_if<Announce>(&works_[i].command)) {
        if (fresh_[i]) Add(i, *announce);
      } else if (const auto* webhook = std::get_if<SetWebhook>(&works_[i].command)) {
        Add(works_[i], *webhook);
      } else {
        attempts_.push_back(&std::get<RecordAttempt>(works_[i].command));
      }
    }
    SaveWebhooks();
    SaveNotifications();
    SaveAttempts();
  }

 private:
  struct New {
    std::size_t work;
    const Notice* notice;
    Planned planned;
  };

  void FindFresh() {
    fresh_.assign(works_.size(), true);
    std::map<std::string, std::vector<std::size_t>> by_consumer;
    for (std::size_t i = 0; i < works_.size(); ++i) {
      const auto* announce = std::get_if<Announce>(&works_[i].command);
      if (announce != nullptr && works_[i].message_id) by_consumer[announce->consumer].push_back(i);
    }
    for (const auto& [consumer, indexes] : by_consumer) {
      std::vector<Uuid> ids;
      for (const std::size_t i : indexes) ids.push_back(*works_[i].message_id);
      const std::vector<bool> inserted = outbox::InsertInbox(tx_, consumer, ids);
      for (std::size_t n = 0; n < indexes.size(); ++n) fresh_[indexes[n]] = inserted[n];
    }
  }

  void LoadWebhooks() {
    std::unordered_set<std::string> users;
    for (std::size_t i = 0; i < works_.size(); ++i) {
      const auto* announce = std::get_if<Announce>(&works_[i].command);
      if (announce != nullptr && fresh_[i]) users.insert(announce->notice.user_id);
    }
    if (users.empty()) return;
    Array ids;
    for (const std::string& user : users) ids.Add(user);
    tx_.Exec(statements::kLoadWebhooks, {ids}).ForEach([&](const sql::Row& row) {
      webhooks_[row.Text(0)] = {row.Text(1), row.Text(2)};
    });
  }

  void LoadKeys() {
    Array users, keys;
    for (const Work& work : works_) {
      const auto* webhook = std::get_if<SetWebhook>(&work.command);
      if (webhook == nullptr || webhook->idempotency_key.empty()) continue;
      users.Add(webhook->user_id);
      keys.Add(webhook->idempotency_key);
    }
    if (users.empty()) return;
    tx_.Exec(statements::kLoadKeys, {users, keys}).ForEach([&](const sql::Row& row) {
      keys_[{row.Text(0), row.Text(1)}] = row.Text(2);
    });
  }

  void Add(std::size_t index, const Announce& announce) {
    const auto found = webhooks_.find(announce.notice.user_id);
    const auto webhook = found == webhooks_.end() ? std::nullopt : std::optional<Webhook>(found->second);
    for (Planned& planned : Plan(announce.notice, webhook)) {
      if (planned_.insert(planned.notification_id).second)
        new_.push_back({index, &announce.notice, std::move(planned)});
    }
  }

  void Add(Work& work, const SetWebhook& command) {
    if (!command.idempotency_key.empty()) {
      const std::string hash = RequestHash(command);
      const auto [key, is_new] = keys_.try_emplace(Key{command.user_id, command.idempotency_key}, hash);
      if (!is_new && key->second != hash) {
        work.refusal = KeyReused();
        return;
      }
      work.replayed = !is_new;
      if (work.replayed) return;
      new_keys_.push_back(key->first);
    }
    webhooks_[command.user_id] = {command.url, command.secret};
    changed_webhooks_.insert(command.user_id);
  }

  void SaveWebhooks() {
    if (!changed_webhooks_.empty()) {
      Array users, urls, secrets;
      for (const std::string& user : changed_webhooks_) {
        users.Add(user);
        urls.Add(webhooks_[user].url);
        secrets.Add(webhooks_[user].secret);
      }
      tx_.Exec(statements::kSaveWebhooks, {users, urls, secrets});
    }
    if (new_keys_.empty()) return;
    Array users, keys, hashes;
    for (const Key& key : new_keys_) {
      users.Add(key.first);
      keys.Add(key.second);
      hashes.Add(keys_[key]);
    }
    tx_.Exec(statements::kInsertKeys, {users, keys, hashes});
  }

  void SaveNotifications() {
    if (new_.empty()) return;
    Array id, user, event, type, subject, channel, recipient, payload, status, next, reason, created;
    for (const New& n : new_) {
      const SystemTime now = works_[n.work].now;
      const bool pending = n.planned.status == DeliveryStatus::kPending;
      id.Add(n.planned.notification_id);
      user.Add(n.notice->user_id);
      event.Add(n.notice->event_id);
      type.Add(n.notice->event_type);
      subject.Add(n.notice->subject);
      channel.Add(ToString(n.planned.channel));
      recipient.Add(n.planned.recipient);
      payload.AddBytes(n.notice->payload);
      status.Add(ToString(n.planned.status));
      next.Add(pending ? std::optional<SystemTime>(now + lease_) : std::nullopt);
      reason.Add(n.planned.reason);
      created.Add(now);
    }
    const sql::Rows rows =
        tx_.Exec(statements::kInsertNotifications,
                 {id, user, event, type, subject, channel, recipient, payload, status, next, reason, created});
    if (lease_.count() == 0) return;
    std::unordered_set<Uuid> inserted;
    rows.ForEach([&](const sql::Row& row) { inserted.insert(row.Id(0)); });
    for (const New& n : new_) {
      if (n.planned.status != DeliveryStatus::kPending || !inserted.contains(n.planned.notification_id)) continue;
      works_[n.work].created.push_back(
          ToDelivery(*n.notice, n.planned, works_[n.work].now, works_[n.work].now + lease_));
    }
  }

  void SaveAttempts() {
    if (attempts_.empty()) return;
    Array id, status, attempts, next, sent, reason;
    std::unordered_set<Uuid> seen;
    for (auto attempt = attempts_.rbegin(); attempt != attempts_.rend();
         ++attempt) {  // of several for one id the last counts
      const auto& [notification_id, progress] = **attempt;
      if (!seen.insert(notification_id).second) continue;
      id.Add(notification_id);
      status.Add(ToString(progress.status));
      attempts.Add(progress.attempts);
      next.Add(progress.next_attempt_at);
      sent.Add(progress.sent_at);
      reason.Add(progress.reason);
    }
    tx_.Exec(statements::kRecordAttempts, {id, status, attempts, next, sent, reason});
  }

  sql::Tx& tx_;
  const std::span<Work> works_;
  const milliseconds lease_;
  std::vector<bool> fresh_;
  Webhooks webhooks_;
  std::map<Key, std::string> keys_;
  std::vector<Key> new_keys_;
  std::unordered_set<std::string> changed_webhooks_;
  std::unordered_set<Uuid> planned_;
  std::vector<New> new_;
  std::vector<const RecordAttempt*> attempts_;
};

}  // namespace

Result<void> SqlNotificationStore::Apply(std::span<Work> works, milliseconds lease) {
  const std::lock_guard lock(write_mutex_);
  return writes_.Run([&](sql::Tx& tx) -> Result<void> {
    BatchWriter(tx, works, lease).Run();
    return {};
  });
}

Result<std::vector<Delivery>> SqlNotificationStore::Claim(Channel channel, SystemTime now, milliseconds lease,
                                                          int limit) {
  const std::lock_guard lock(claim_mutex_);
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows,
                        claims_.Query(statements::kClaim, {ToString(channel), now, now + lease, limit}));
  std::vector<Delivery> claimed;
  Array users;
  rows.ForEach([&](const sql::Row& row) {
    users.Add(row.View(1));
    claimed.push_back({row.Id(0),
                       channel,
                       row.Text(1),
                       row.Text(2),
                       row.Bytes(3),
                       row.Text(4),
                       {},
                       static_cast<int>(row.Int(5)),
                       row.Time(6),
                       now + lease});
  });
  if (channel != Channel::kWebhook || claimed.empty()) return claimed;
  SOUK_ASSIGN_OR_RETURN(const sql::Rows found, claims_.Query(statements::kLoadWebhooks, {users}));
  Webhooks webhooks;
  found.ForEach([&](const sql::Row& row) { webhooks[row.Text(0)] = {row.Text(1), row.Text(2)}; });
  for (Delivery& delivery : claimed) {
    const Webhook& webhook = webhooks[delivery.user_id];
    delivery.recipient = webhook.url;
    delivery.secret = webhook.secret;
  }
  return claimed;
}

Result<std::vector<NotificationRow>> SqlNotificationView::List(const std::string& user_id, int limit) {
  SOUK_ASSIGN_OR_RETURN(auto connection, pool_.Acquire(std::chrono::steady_clock::now() + kReadWait));
  SOUK_ASSIGN_OR_RETURN(const sql::Rows rows, connection->Query(statements::kListNotifications, {user_id, limit}));
  std::vector<NotificationRow> found;
  rows.ForEach([&](const sql::Row& row) {
    Progress progress{ParseDeliveryStatus(row.View(4)).value_or(DeliveryStatus::kPending), static_cast<int>(row.Int(5)),
                      row.OptionalTime(6), row.OptionalTime(7), row.Text(8)};
    found.push_back({row.Id(0), user_id, row.Text(1), row.Text(2), row.Text(3), std::move(progress), row.Time(9)});
  });
  return found;
}

}  // namespace souk::notifications
