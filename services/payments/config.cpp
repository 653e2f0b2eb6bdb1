#include "services/payments/config.hpp"

namespace souk::payments {

using std::chrono::milliseconds;

void Declare(config::Schema& schema, Config* config) {
  chassis::DeclareCommon(schema, &config->common, 3003);
  schema.Text("provider.url", &config->provider_url, "http://127.0.0.1:3090", "The card provider's API");
  schema.Text("provider.key", &config->provider_key, "changeit", "The provider's secret key").Secret();
  schema.Duration("provider.timeout", &config->provider_timeout, milliseconds(5000), milliseconds(50), milliseconds(60'000),
                  "Of one call; after it the outcome is unknown and asked for");
  schema.Int("provider.concurrency", &config->provider_concurrency, 64, 1, 1024, "Calls to the provider at a time");
  schema.Text("webhook.secret", &config->webhook_secret, "changeit", "Signs the provider's webhooks").Secret();
  schema.Duration("sweep.interval", &config->sweep_interval, milliseconds(500), milliseconds(10), milliseconds(60'000),
                  "Between looks for payments whose provider must be asked again");
  schema.Int("sweep.max", &config->sweep_max, 500, 1, 10'000, "Payments taken up by one look");
  schema.Int("writer.batch.max", &config->batch_max, 256, 1, 2000, "Work items per transaction");
  schema.Int("writer.queue.max", &config->queue_max, 8192, 16, 1'000'000, "Work items that may wait");
  schema.Duration("reconcile.interval", &config->reconcile_interval, milliseconds(300'000), milliseconds(0), milliseconds(std::chrono::hours(24)),
                  "Between reconciliations with the provider's list, by one instance each time; 0 = only by command");
  schema.Int("readers", &config->readers, 3, 1, 64, "Connections and threads for reads");
}

}  // namespace souk::payments
