#include "libs/config/config.hpp"
#include "services/gateway/config.hpp"
#include "services/gateway/service.hpp"

int main(int argc, char** argv) {
  using namespace souk;
  gateway::Config config;
  config::Schema schema("gateway");
  gateway::Declare(schema, &config);
  config::LoadOrExit(schema, argc, argv);
  return chassis::RunService("gateway", config.common, schema, [&](chassis::Health& health) -> Result<chassis::Running> {
    SOUK_ASSIGN_OR_RETURN(auto started, gateway::Service::Start(config, health));
    std::shared_ptr<gateway::Service> service = std::move(started);
    return chassis::Running{[service] { service->StopAccepting(); }, [service] { service->Stop(); }, service};
  });
}
