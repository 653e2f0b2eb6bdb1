#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "libs/base/clock.hpp"
#include "services/notifications/app/ports.hpp"

namespace souk::notifications {

struct SmtpConfig {
  std::string url;   ///< "smtp://host:port" or "smtps://host:port"
  std::string from;  ///< sender's address
  std::string user;  ///< empty = no authentication
  std::string password;
  bool require_tls = false;  ///< with smtp://: STARTTLS or nothing
  std::chrono::milliseconds timeout{10'000};
};

/// Sends mails by SMTP through one connection that is kept from mail to mail. 5xx answers are kRefused; the rest may be
/// tried again.
class SmtpTransport final : public Transport {
 public:
  SmtpTransport(SmtpConfig config, const Clock& clock);
  ~SmtpTransport() override;
  Attempt Send(const Delivery& delivery) override;

 private:
  struct Curl;
  const SmtpConfig config_;
  const Clock& clock_;
  std::unique_ptr<Curl> curl_;
};

}  // namespace souk::notifications
