#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "libs/base/clock.hpp"
#include "services/notifications/app/ports.hpp"

namespace souk::notifications {

struct WebhookConfig {
  std::chrono::milliseconds timeout{5'000};
  bool private_addresses_allowed = false;  ///< development only: customers' webhooks must not reach into our network
};

/// "t=<unix seconds>,v1=<hex of HMAC-SHA-256 over '<unix seconds>.<body>'>": receivers refuse what is not signed with
/// their secret or too old.
std::string WebhookSignature(const std::string& secret, SystemTime now, const std::string& body);

/// Ok for an http or https URL with a host and without user and password, at most 500 bytes; unless
/// `private_addresses_allowed`, hosts that are written as addresses must be public and names must not be local. The
/// same is checked again against the resolved address when sending.
Result<void> CheckWebhookUrl(const std::string& url, bool private_addresses_allowed);

/// Posts events as signed JSON. Redirects are not followed. 2xx is delivered, 410 and addresses that are not public are
/// refused, the rest is tried again.
class WebhookTransport final : public Transport {
 public:
  WebhookTransport(WebhookConfig config, const Clock& clock);
  ~WebhookTransport() override;
  Attempt Send(const Delivery& delivery) override;

 private:
  struct Curl;
  Attempt Post(const Delivery& delivery, const std::string& body);
  const WebhookConfig config_;
  const Clock& clock_;
  std::unique_ptr<Curl> curl_;
};

}  // namespace souk::notifications
