#include "libs/chassis/service.hpp"
#include "libs/config/config.hpp"
#include "services/products/config.hpp"
#include "services/products/service.hpp"

int main(int argc, char** argv) {
  namespace chassis = souk::chassis;
  chassis::BlockSignals();
  souk::products::Config config;
  souk::config::Schema schema("products");
  souk::products::Declare(schema, &config);
  souk::config::LoadOrExit(schema, argc, argv);
  return chassis::RunService(
      "products", config.common, schema, [&](chassis::Health& health) -> souk::Result<chassis::Running> {
        auto started = souk::products::Service::Start(config, health);
        if (!started.ok()) return started.error();
        std::shared_ptr<souk::products::Service> service = std::move(*started);
        return chassis::Running{[service] { service->StopAccepting(); }, [service] { service->Stop(); }, service};
      });
}
