#include "services/inventory/config.hpp"
#include "services/inventory/service.hpp"

int main(int argc, char** argv) {
  souk::chassis::BlockSignals();
  souk::inventory::Config config;
  souk::config::Schema schema("inventory");
  souk::inventory::Declare(schema, &config);
  souk::config::LoadOrExit(schema, argc, argv);
  return souk::chassis::RunService("inventory", config.common, schema, [&](souk::chassis::Health& health) {
    return souk::inventory::Service::Launch(config, health);
  });
}
