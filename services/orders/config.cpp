#include "services/orders/config.hpp"

namespace souk::orders {

using std::chrono::milliseconds;

void Declare(config::Schema& schema, Config* config) {
  const milliseconds hour{std::chrono::hours(1)};
  const milliseconds day{std::chrono::hours(24)};
  chassis::DeclareCommon(schema, &config->common, 3001);
  SagaTimes& times = config->times;
  schema.Duration("saga.step_deadline", &times.step, milliseconds(5'000), milliseconds(50), hour,
                  "Until a participant that does not answer is asked again; doubles per attempt up to 30s");
  schema.Duration("saga.give_up", &times.give_up, milliseconds(60'000), milliseconds(100), day,
                  "Until an order that could not be reserved or authorized is undone");
  schema.Duration("saga.challenge_deadline", &times.challenge, milliseconds(600'000), milliseconds(100), day,
                  "Until an order is undone whose customer does not complete the bank's challenge");
  schema.Duration("saga.delivery_ask", &times.delivery, milliseconds(20'000), milliseconds(50), day,
                  "Until fulfillment is asked where a parcel is; doubles per attempt up to 10m");
  schema.Duration("saga.hold", &config->hold, milliseconds(900'000), milliseconds(1'000), day,
                  "How long a stock claim holds; longer than give_up and challenge_deadline together");
  schema.Bool("sweep.enabled", &config->sweep_enabled, true, "Look for passed deadlines; without it order-recovery is the only one that does");
  schema.Duration("sweep.interval", &config->sweep_interval, milliseconds(1'000), milliseconds(10), milliseconds(60'000),
                  "How often passed deadlines are looked for");
  schema.Int("sweep.batch_max", &config->sweep_batch_max, 500, 1, 10'000, "Orders taken at once by the sweep");
  schema.Int("writer.batch_max", &config->writer_batch_max, 512, 1, 10'000, "Pieces of work per transaction");
  schema.Int("consumer.batch_max", &config->consumer_batch_max, 500, 1, 10'000, "Records handled at once");
}

}  // namespace souk::orders
