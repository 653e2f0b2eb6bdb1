#include "services/order-recovery/config.hpp"

namespace souk::recovery {

using std::chrono::milliseconds;

void Declare(config::Schema& schema, Config* config) {
  const milliseconds hour{std::chrono::hours(1)};
  const milliseconds day{std::chrono::hours(24)};
  chassis::DeclareCommon(schema, &config->common, 3009);
  Policy& policy = config->policy;
  schema.Text("orders.grpc", &config->orders_grpc, "127.0.0.1:4001", "gRPC of orders; several instances as host:port,host:port");
  schema.Duration("grace", &policy.grace, milliseconds(10'000), milliseconds(0), hour, "After an order's deadline, before it is resumed: orders' own sweep comes first");
  schema.Duration("deadline.default", &policy.deadline_default, milliseconds(60'000), milliseconds(100), day, "Deadline of events that name none");
  schema.Duration("backoff.min", &policy.backoff_min, milliseconds(1'000), milliseconds(10), hour, "Until an order is tried again; doubles per attempt ...");
  schema.Duration("backoff.max", &policy.backoff_max, milliseconds(60'000), milliseconds(10), day, "... up to this");
  schema.Int("failures.max", &policy.failures_max, 5, 1, 1'000, "Attempts that fail for the order's own reason before it is quarantined");
  schema.Int("alert.after", &policy.alert_after, 10, 1, 1'000'000, "Resumed so often without going on: counted as needing a person");
  schema.Duration("sweep.interval", &config->sweep_interval, milliseconds(250), milliseconds(10), milliseconds(60'000), "How often overdue orders are looked for");
  schema.Int("resume.rate", &config->resume_rate, 100, 1, 100'000, "Orders resumed per second at most, by one instance");
  schema.Duration("call.timeout", &config->call_timeout, milliseconds(5'000), milliseconds(50), milliseconds(60'000), "Of one call to orders");
  schema.Duration("lease", &config->lease, milliseconds(30'000), milliseconds(100), hour, "How long an order belongs to the instance that resumes it; longer than a call");
  schema.Duration("keep.ended", &config->keep_ended, milliseconds(day * 8), milliseconds(1'000), day * 365, "How long ended orders are remembered; longer than events stay in Kafka");
  schema.Int("consumer.batch_max", &config->consumer_batch_max, 2'000, 1, 10'000, "Events handled at once");
}

}  // namespace souk::recovery
