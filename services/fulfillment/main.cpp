#include "libs/chassis/service.hpp"
#include "libs/config/config.hpp"
#include "services/fulfillment/config.hpp"
#include "services/fulfillment/service.hpp"

int main(int argc, char** argv) {
  namespace chassis = souk::chassis;
  chassis::BlockSignals();
  souk::fulfillment::Config config;
  souk::config::Schema schema("fulfillment");
  souk::fulfillment::Declare(schema, &config);
  souk::config::LoadOrExit(schema, argc, argv);
  return chassis::RunService(
      "fulfillment", config.common, schema, [&](chassis::Health& health) -> souk::Result<chassis::Running> {
        auto started = souk::fulfillment::Service::Start(config, health);
        if (!started.ok()) return started.error();
        std::shared_ptr<souk::fulfillment::Service> service = std::move(*started);
        return chassis::Running{[service] { service->StopAccepting(); }, [service] { service->Stop(); }, service};
      });
}
