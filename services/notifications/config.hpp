#pragma once

#include <chrono>
#include <string>

#include "libs/chassis/service.hpp"
#include "services/notifications/adapters/smtp_transport.hpp"
#include "services/notifications/adapters/webhook_transport.hpp"

namespace souk::notifications {

struct Config {
  chassis::CommonConfig common;
  SmtpConfig smtp;
  int smtp_workers = 1;
  int smtp_rate_max = 0;
  std::chrono::milliseconds smtp_retry_min{1'000};
  std::chrono::milliseconds smtp_retry_max{60'000};
  WebhookConfig webhook;
  int webhook_workers = 4;
  int webhook_attempts_max = 8;
  std::chrono::milliseconds webhook_retry_min{1'000};
  std::chrono::milliseconds webhook_retry_max{600'000};
  std::string sellers_domain;
  int queue_max = 2'000;
  std::chrono::milliseconds lease{30'000};
  std::chrono::milliseconds sweep_interval{250};
  int writer_batch_max = 512;
  int consumer_batch_max = 500;
};

/// Declares every key of the service.
void Declare(config::Schema& schema, Config* config);

}  // namespace souk::notifications
