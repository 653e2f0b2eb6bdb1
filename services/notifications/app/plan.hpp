#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/notifications/app/ports.hpp"

namespace souk::notifications {

struct Webhook {
  std::string url;
  std::string secret;
};

/// A notification to be stored.
struct Planned {
  Uuid notification_id;
  Channel channel = Channel::kEmail;
  std::string recipient;
  std::string secret;
  DeliveryStatus status = DeliveryStatus::kPending;
  std::string reason;
};

/// One per channel that the user can be reached by; a mail address that can't be written to is kept as failed, so that
/// somebody can see it.
std::vector<Planned> Plan(const Notice& notice, const std::optional<Webhook>& webhook);

/// The delivery of a planned notification.
Delivery ToDelivery(const Notice& notice, const Planned& planned, SystemTime now, SystemTime leased_until);

/// Tells the body of an idempotent request from another.
std::string RequestHash(const SetWebhook& command);

}  // namespace souk::notifications
