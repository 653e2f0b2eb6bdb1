#include "libs/chassis/service.hpp"
#include "libs/config/config.hpp"
#include "services/notifications/config.hpp"
#include "services/notifications/service.hpp"

int main(int argc, char** argv) {
  namespace chassis = souk::chassis;
  chassis::BlockSignals();
  souk::notifications::Config config;
  souk::config::Schema schema("notifications");
  souk::notifications::Declare(schema, &config);
  souk::config::LoadOrExit(schema, argc, argv);
  config.common.profile = schema.profile();
  return chassis::RunService(
      "notifications", config.common, schema, [&](chassis::Health& health) -> souk::Result<chassis::Running> {
        auto started = souk::notifications::Service::Start(config, health);
        if (!started.ok()) return started.error();
        std::shared_ptr<souk::notifications::Service> service = std::move(*started);
        return chassis::Running{[service] { service->StopAccepting(); }, [service] { service->Stop(); }, service};
      });
}
