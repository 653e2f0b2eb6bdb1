#include "services/notifications/config.hpp"

namespace souk::notifications {

using std::chrono::milliseconds;

void Declare(config::Schema& schema, Config* c) {
  const milliseconds day{std::chrono::hours(24)};
  chassis::DeclareCommon(schema, &c->common, 3004);
  schema.Text("smtp.url", &c->smtp.url, "smtp://127.0.0.1:3025", "Mail server, smtp:// or smtps://");
  schema.Text("smtp.from", &c->smtp.from, "shop@souk.example", "Sender of all mails");
  schema.Text("smtp.user", &c->smtp.user, "", "User at the mail server; empty = no authentication");
  schema.Text("smtp.password", &c->smtp.password, "", "Password at the mail server").Secret();
  schema.Bool("smtp.require_tls", &c->smtp.require_tls, false, "With smtp://: refuse to send without STARTTLS");
  schema.Duration("smtp.timeout", &c->smtp.timeout, milliseconds(10'000), milliseconds(100), milliseconds(60'000),
                  "Time for one mail");
  schema.Int("smtp.workers", &c->smtp_workers, 1, 1, 32, "Connections to the mail server");
  schema.Int("smtp.rate_max", &c->smtp_rate_max, 0, 0, 100'000, "Mails per second at most; 0 = no limit");
  schema.Duration("smtp.retry_min", &c->smtp_retry_min, milliseconds(1'000), milliseconds(10), day,
                  "First pause after a failed mail; doubles");
  schema.Duration("smtp.retry_max", &c->smtp_retry_max, milliseconds(60'000), milliseconds(10), day,
                  "Longest pause; mails are tried for ever");
  schema.Duration("webhook.timeout", &c->webhook.timeout, milliseconds(5'000), milliseconds(100), milliseconds(30'000),
                  "Time for one call");
  schema.Int("webhook.workers", &c->webhook_workers, 4, 1, 64, "Calls at once");
  schema.Int("webhook.attempts_max", &c->webhook_attempts_max, 8, 1, 100,
             "Attempts before a webhook notification has failed");
  schema.Duration("webhook.retry_min", &c->webhook_retry_min, milliseconds(1'000), milliseconds(10), day,
                  "First pause after a failed call; doubles");
  schema.Duration("webhook.retry_max", &c->webhook_retry_max, milliseconds(600'000), milliseconds(10), day,
                  "Longest pause");
  schema.Text("sellers.domain", &c->sellers_domain, "sellers.example", "Where sellers get their mail: SELLER@this");
  schema.Int("queue.max", &c->queue_max, 2'000, 1, 100'000, "Deliveries in memory per channel; more wait in SQL");
  schema.Duration("lease", &c->lease, milliseconds(30'000), milliseconds(1'000), day,
                  "How long a delivery belongs to an instance; must exceed the time-outs");
  schema.Duration("sweep.interval", &c->sweep_interval, milliseconds(250), milliseconds(10), milliseconds(60'000),
                  "How often due deliveries are looked for");
  schema.Int("writer.batch_max", &c->writer_batch_max, 512, 1, 10'000, "Works per transaction");
  schema.Int("consumer.batch_max", &c->consumer_batch_max, 500, 1, 10'000, "Event records handled at once");
}

}  // namespace souk::notifications
