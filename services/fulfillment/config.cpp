#include "services/fulfillment/config.hpp"

namespace souk::fulfillment {

using std::chrono::milliseconds;

void Declare(config::Schema& schema, Config* config) {
  const milliseconds month{std::chrono::hours(24 * 30)};
  chassis::DeclareCommon(schema, &config->common, 3007);
  schema.Duration("carrier.dispatch_after", &config->carrier.dispatch_after, milliseconds(2000), milliseconds(0), month,
                  "Mean time from label to dispatch; a parcel takes 50 % to 150 % of it");
  schema.Duration("carrier.deliver_after", &config->carrier.deliver_after, milliseconds(3000), milliseconds(0), month,
                  "Mean time from dispatch to delivery or loss; a parcel takes 50 % to 150 % of it");
  schema.Int64("carrier.lose_one_in", &config->carrier.lose_one_in, 0, 0, 1'000'000'000,
               "One parcel in so many gets lost; 0 = none");
  schema.Duration("carrier.return_after", &config->return_after, milliseconds(2000), milliseconds(0), month,
                  "Time that returned goods travel");
  schema.Duration("sweep.interval", &config->sweep_interval, milliseconds(200), milliseconds(10), milliseconds(60'000),
                  "How often due steps are looked for");
  schema.Int("sweep.batch_max", &config->sweep_batch_max, 500, 1, 10'000, "Due steps taken at once");
  schema.Int("writer.batch_max", &config->writer_batch_max, 512, 1, 10'000, "Works per transaction");
  schema.Int("consumer.batch_max", &config->consumer_batch_max, 500, 1, 10'000, "Command records handled at once");
}

}  // namespace souk::fulfillment
