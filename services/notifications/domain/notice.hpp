#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libs/base/money.hpp"
#include "libs/base/uuid.hpp"

namespace souk::notifications {

enum class NoticeKind { kConfirmed, kDispatched, kCompleted, kRejected, kCancelled, kReturned, kStockLow };

enum class Channel { kEmail, kWebhook };
std::string_view ToString(Channel channel);

/// What somebody is to be told, as far as it decides whom and how often.
struct Notice {
  Uuid event_id;           ///< names the event, however often and on whatever way it comes
  std::string event_type;  ///< full protobuf name
  std::string user_id;
  std::string email;    ///< empty = no mail
  std::string subject;  ///< order id or sku
  std::string payload;  ///< the event, serialized
};

/// What a mail about an event says.
struct Facts {
  NoticeKind kind = NoticeKind::kConfirmed;
  std::string order_id;
  Money total;
  Money refunded;
  std::string tracking_code;
  std::string reason;  ///< sentence for people; empty when there is nothing to say
  std::string sku;
  std::int64_t available = 0;
  std::int64_t threshold = 0;
};

struct MailText {
  std::string title;
  std::string text;
};
MailText RenderMail(const Facts& facts);

/// The same user, event and channel give the same id: this is what makes a notification happen once.
Uuid NotificationId(const Notice& notice, Channel channel);

/// True for an address that can stand in an SMTP envelope as it is: one "@", 3 to 254 ASCII characters, none of them a
/// control character, a space or an angle bracket.
bool IsMailable(std::string_view address);

}  // namespace souk::notifications
