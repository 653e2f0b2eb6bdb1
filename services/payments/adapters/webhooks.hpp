#pragma once

#include <string>

#include "libs/http/router.hpp"
#include "services/payments/app/payments.hpp"

namespace souk::payments {

/// "Stripe-Signature: t=<unix>,v1=<hmac>": made with our secret, over this body, at most 5 minutes old.
/// kUnauthenticated says which of these does not hold.
Result<void> VerifySignature(std::string_view header, std::string_view body, std::string_view secret, SystemTime now);

/// The notice in a stored webhook body; nothing when it isn't about an intent.
std::optional<ProviderNotice> NoticeOf(const std::string& body);

/// POST /webhooks/provider: 200 applied or nothing new, 202 parked, 400 no event, 401 bad signature, 503 try again.
void MountWebhooks(http::Router& router, Payments& payments, std::string secret);

}  // namespace souk::payments
