#include <cstdio>
#include <sstream>

#include "libs/chassis/service.hpp"
#include "libs/config/config.hpp"
#include "tools/payment-simulator/simulator.hpp"

int main(int argc, char** argv) {
  souk::chassis::BlockSignals();
  souk::payment_simulator::SimulatorConfig simulator;
  std::string urls;
  souk::config::Schema schema("payment-simulator");
  schema.Text("http.host", &simulator.host, "127.0.0.1", "Address to listen on");
  schema.Int("http.port", &simulator.port, 3090, 0, 65535, "Port of the provider's API; 0 picks one");
  schema.Int("http.threads", &simulator.threads, 1, 1, 16, "Network threads");
  schema.Text("webhook.urls", &urls, "", "Where events are sent, separated by commas; empty sends none");
  schema.Text("webhook.secret", &simulator.webhook_secret, "changeit", "Signs the events").Secret();
  schema.Duration("webhook.delay", &simulator.webhook_delay, std::chrono::milliseconds(100), std::chrono::milliseconds(0),
                  std::chrono::milliseconds(3'600'000), "Between what happened and the event about it");
  schema.Text("state.file", &simulator.state_file, "", "Remembers everything from a clean stop to the next start; empty forgets");
  souk::config::LoadOrExit(schema, argc, argv);
  std::istringstream list(urls);
  for (std::string url; std::getline(list, url, ',');) {
    if (!url.empty()) simulator.webhook_urls.push_back(url);
  }
  auto started = souk::payment_simulator::Simulator::Start(simulator);
  if (!started.ok()) {
    std::fprintf(stderr, "souk-payment-simulator: %s\n", started.error().message.c_str());
    return 1;
  }
  std::printf("payment simulator at %s\n", (*started)->url().c_str());
  std::fflush(stdout);
  souk::chassis::WaitForSignal();
  return 0;
}
