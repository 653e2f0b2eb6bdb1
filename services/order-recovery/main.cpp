#include "libs/chassis/service.hpp"
#include "libs/config/config.hpp"
#include "services/order-recovery/config.hpp"
#include "services/order-recovery/service.hpp"

int main(int argc, char** argv) {
  namespace chassis = souk::chassis;
  chassis::BlockSignals();
  souk::recovery::Config config;
  souk::config::Schema schema("order-recovery");
  souk::recovery::Declare(schema, &config);
  souk::config::LoadOrExit(schema, argc, argv);
  return chassis::RunService(
      "order-recovery", config.common, schema, [&](chassis::Health& health) -> souk::Result<chassis::Running> {
        auto started = souk::recovery::Service::Start(config, health);
        if (!started.ok()) return started.error();
        std::shared_ptr<souk::recovery::Service> service = std::move(*started);
        return chassis::Running{[service] { service->StopAccepting(); }, [service] { service->Stop(); }, service};
      });
}
