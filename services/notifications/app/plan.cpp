#include "services/notifications/app/plan.hpp"

#include "libs/base/hash.hpp"

namespace souk::notifications {

std::vector<Planned> Plan(const Notice& notice, const std::optional<Webhook>& webhook) {
  std::vector<Planned> planned;
  if (!notice.email.empty()) {
    Planned mail{
        NotificationId(notice, Channel::kEmail), Channel::kEmail, notice.email, {}, DeliveryStatus::kPending, {}};
    if (!IsMailable(notice.email)) {
      mail.status = DeliveryStatus::kFailed;
      mail.reason = "this is no address that a mail can be sent to";
    }
    planned.push_back(std::move(mail));
  }
  if (webhook) {
    planned.push_back({NotificationId(notice, Channel::kWebhook),
                       Channel::kWebhook,
                       webhook->url,
                       webhook->secret,
                       DeliveryStatus::kPending,
                       {}});
  }
  return planned;
}

Delivery ToDelivery(const Notice& notice, const Planned& planned, SystemTime now, SystemTime leased_until) {
  return {planned.notification_id,
          planned.channel,
          notice.user_id,
          notice.event_type,
          notice.payload,
          planned.recipient,
          planned.secret,
          0,
          now,
          leased_until};
}

std::string RequestHash(const SetWebhook& command) {
  return Sha256Hex(command.user_id + '\n' + command.url + '\n' + command.secret);
}

}  // namespace souk::notifications
