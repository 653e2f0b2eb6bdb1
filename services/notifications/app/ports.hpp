#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/base/result.hpp"
#include "services/notifications/domain/delivery.hpp"
#include "services/notifications/domain/notice.hpp"

namespace souk::notifications {

/// Something to send, in the hands of this process until its lease in the store ends.
struct Delivery {
  Uuid notification_id;
  Channel channel = Channel::kEmail;
  std::string user_id;
  std::string event_type;
  std::string payload;
  std::string recipient;  ///< address or URL
  std::string secret;     ///< of the webhook
  int attempts = 0;
  SystemTime created_at;
  SystemTime leased_until;  ///< after this somebody else may send it
};

/// Somebody is to be told. Channels are chosen from what is known about the user.
struct Announce {
  Notice notice;
  std::string consumer;  ///< inbox of the message id
};
struct SetWebhook {
  std::string user_id;
  std::string url;
  std::string secret;
  std::string idempotency_key;  ///< empty = none
};
struct RecordAttempt {
  Uuid notification_id;
  Progress progress;
};
using Command = std::variant<Announce, SetWebhook, RecordAttempt>;

/// One thing to do; see docs/architecture.md, "One way in".
struct Work {
  Command command;
  SystemTime now;
  std::optional<Uuid> message_id;
  bool replayed = false;          ///< out: a SetWebhook whose key was used for the same before
  std::optional<Error> refusal;   ///< out: the command can't be done; nothing of it was stored
  std::vector<Delivery> created;  ///< out: new deliveries, leased to this process
  std::function<void(Work&, const Result<void>&)> done;
};

/// The truth about notifications.
class NotificationStore {
 public:
  virtual ~NotificationStore() = default;
  /// Makes the outcome of all of `works` durable, all or nothing. New deliveries are leased to this process until their
  /// work's `now` plus `lease`; a lease of zero leaves them to whoever claims first. kUnavailable, kAborted, kInternal
  /// as usual.
  virtual Result<void> Apply(std::span<Work> works, std::chrono::milliseconds lease) = 0;
  /// Takes over at most `limit` deliveries that are due, the longest due first, leased until now + `lease`. Two callers
  /// never get the same.
  virtual Result<std::vector<Delivery>> Claim(Channel channel, SystemTime now, std::chrono::milliseconds lease,
                                              int limit) = 0;
};

struct NotificationRow {
  Uuid notification_id;
  std::string user_id, event_type, subject, channel;
  Progress progress;
  SystemTime created_at;
};

class NotificationView {
 public:
  virtual ~NotificationView() = default;
  /// Newest first.
  virtual Result<std::vector<NotificationRow>> List(const std::string& user_id, int limit) = 0;
};

/// Brings one delivery to its recipient. Blocks up to its own time limit; used by one thread.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Attempt Send(const Delivery& delivery) = 0;
};

}  // namespace souk::notifications
