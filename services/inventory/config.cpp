#include "services/inventory/config.hpp"

namespace souk::inventory {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

void Declare(config::Schema& schema, Config* config) {
  chassis::DeclareCommon(schema, &config->common, 3002);
  schema.Duration("hold.default", &config->hold_default, minutes(15), seconds(1), hours(24),
                  "How long a claim holds when the caller does not say");
  schema.Duration("expiry.interval", &config->expiry_interval, seconds(1), milliseconds(20), minutes(10),
                  "How often holds that ran out are looked for");
  schema.Bool("redis.enabled", &config->redis_enabled, true, "Keep hot counts in Redis; without, every claim asks the ledger");
  schema.Int("writer.batch_max", &config->writer_batch_max, 256, 1, 4096, "Items per transaction at most");
  schema.Text("writer.isolation", &config->writer_isolation, "serializable",
              "'serializable', or 'read_committed': rows are locked before anything is decided, so both are safe");
  schema.Int("shards.max", &config->shards_max, 16, 1, 64, "Redis shards of one hot SKU at most");
  schema.Duration("reconcile.interval", &config->reconcile_interval, milliseconds(500), milliseconds(20), minutes(1),
                  "How often the hot counts are compared with the ledger");
}

}  // namespace souk::inventory
