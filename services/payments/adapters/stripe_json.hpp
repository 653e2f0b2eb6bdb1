#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "services/payments/app/ports.hpp"

namespace souk::payments {

/// What an HTTP answer of the provider means for the call that was made. Anything that can't be read is UnknownOutcome.
ProviderResult ReadAnswer(CallKind kind, const std::string& refund_id, int http_status, std::string_view body);
/// A list answer. kUnavailable for anything else.
Result<IntentPage> ReadIntentList(int http_status, std::string_view body);

struct WebhookEvent {
  std::string id;
  std::string type;
  std::optional<IntentView> intent;  ///< set when the event is about a payment intent
};
/// Nothing when the body is no event.
std::optional<WebhookEvent> ReadWebhook(std::string_view body);

}  // namespace souk::payments
