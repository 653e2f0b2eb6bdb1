#include "libs/chassis/service.hpp"
#include "libs/config/config.hpp"
#include "services/orders/config.hpp"
#include "services/orders/service.hpp"

int main(int argc, char** argv) {
  namespace chassis = souk::chassis;
  chassis::BlockSignals();
  souk::orders::Config config;
  souk::config::Schema schema("orders");
  souk::orders::Declare(schema, &config);
  souk::config::LoadOrExit(schema, argc, argv);
  return chassis::RunService("orders", config.common, schema,
                             [&](chassis::Health& health) -> souk::Result<chassis::Running> {
                               auto started = souk::orders::Service::Start(config, health);
                               if (!started.ok()) return started.error();
                               std::shared_ptr<souk::orders::Service> service = std::move(*started);
                               return chassis::Running{[service] { service->StopAccepting(); },
                                                       [service] { service->Stop(); }, service};
                             });
}
