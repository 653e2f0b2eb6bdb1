#include "services/payments/service.hpp"

int main(int argc, char** argv) {
  souk::chassis::BlockSignals();
  souk::payments::Config config;
  souk::config::Schema schema("payments");
  souk::payments::Declare(schema, &config);
  souk::config::LoadOrExit(schema, argc, argv);
  return souk::chassis::RunService(
      "payments", config.common, schema, [&](souk::chassis::Health& health) -> souk::Result<souk::chassis::Running> {
        SOUK_ASSIGN_OR_RETURN(std::shared_ptr<souk::payments::Service> service, souk::payments::Service::Start(config, health));
        return souk::chassis::Running{[service] { service->StopAccepting(); }, [service] { service->Stop(); }, service};
      });
}
