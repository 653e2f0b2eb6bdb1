#include "test/e2e/fleet.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "libs/base/random.hpp"
#include "libs/kafka/consumer.hpp"
#include "tools/demo/catalogue.hpp"
#include "tools/demo/replay.hpp"

namespace souk::e2e {
namespace {

// The longest time that an accepted order may need once everything is back.
constexpr auto kPatience = std::chrono::seconds(60);

constexpr const char* kFast =
    "SOUK_CARRIER_DISPATCH_AFTER=800ms\nSOUK_CARRIER_DELIVER_AFTER=500ms\nSOUK_CARRIER_RETURN_AFTER=300ms\nSOUK_CARRIER_LOSE_ONE_IN=60\n";

std::string Required(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) {
    std::fprintf(stderr, "%s is not set: run these tests through ./souk test e2e\n", name);
    std::exit(2);
  }
  return value;
}

}  // namespace

Fleet& Fleet::Get() {
  static Fleet fleet;
  return fleet;
}

Fleet::Fleet() : cli_(Required("SOUK_CLI")), state_(Required("SOUK_STATE")), offset_(std::atoi(Required("SOUK_PORT_OFFSET").c_str())) {
  std::filesystem::create_directories(state_ + "/override");
  std::ofstream(state_ + "/override/fulfillment") << kFast;
  std::ofstream(state_ + "/override/orders") << "SOUK_SAGA_STEP_DEADLINE=2s\nSOUK_SAGA_CHALLENGE_DEADLINE=3s\nSOUK_SAGA_GIVE_UP=10s\n";
  Souk("up --no-build");
  std::istringstream lines(Souk("env audit"));
  config::Schema schema("audit");
  audit::DeclareSources(schema, &audit_);
  std::vector<std::string> flags = {"audit"};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos || line.rfind("SOUK_", 0) != 0) continue;
    std::string key = line.substr(5, equals - 5);
    for (char& c : key) c = c == '_' ? '.' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    std::string value = line.substr(equals + 1);
    for (const char* known : {"orders.sql", "inventory.sql", "payments.sql", "fulfillment.sql", "notifications.sql", "redis.nodes", "kafka.brokers",
                              "provider.url", "provider.key", "logs.dir"}) {
      if (key == known) flags.push_back("--" + key + "=" + value);
    }
  }
  std::vector<const char*> argv;
  for (const std::string& flag : flags) argv.push_back(flag.c_str());
  const auto loaded = schema.Load(static_cast<int>(argv.size()), argv.data());
  if (!loaded.ok()) {
    std::fprintf(stderr, "%s\n", loaded.error().message.c_str());
    std::exit(2);
  }
  audit_.open_max = std::chrono::milliseconds(0);  // after quiet nothing may be open
}

std::string Fleet::Souk(const std::string& args) const {
  FILE* pipe = popen((cli_ + " " + args + " 2>&1 </dev/null").c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  std::string output;
  std::array<char, 4096> buffer{};
  for (std::size_t got = 0; (got = fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) output.append(buffer.data(), got);
  EXPECT_EQ(pclose(pipe), 0) << "souk " << args << "\n" << output;
  return output;
}

void Fleet::Override(const std::string& service, const std::string& lines) const {
  std::ofstream(state_ + "/override/" + service) << lines;
  Souk("up --no-build");
}

void Fleet::Instances(int count) const { Souk("up --no-build --instances " + std::to_string(count)); }

std::map<std::string, int> Fleet::AdminPorts() const {
  std::map<std::string, int> ports;
  for (const auto& entry : std::filesystem::directory_iterator(state_ + "/env")) {
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);) {
      constexpr std::string_view kKey = "SOUK_ADMIN_PORT=";
      if (line.rfind(kKey, 0) == 0) ports[entry.path().filename().string()] = std::atoi(line.c_str() + kKey.size());
    }
  }
  return ports;
}

void PrepareShop(Fleet& fleet, const demo::Plan& plan) {
  const auto published = demo::LoadCatalogue(fleet.GatewayUrl(), plan);
  EXPECT_TRUE(published.ok()) << published.error().message;
  const auto received = demo::ReceiveStock(fleet.InventoryGrpc(), plan);
  EXPECT_TRUE(received.ok()) << received.error().message;
  const auto priced = demo::AwaitPrices(fleet.GatewayUrl(), plan);
  EXPECT_TRUE(priced.ok()) << priced.error().message;
}

Outcome ReplayUnder(Fleet& fleet, int orders, int rate, const std::function<void()>& fault, const std::function<void(demo::Plan&)>& shape,
                    const std::function<void(const demo::CallMade&)>& observe) {
  SystemRandom random;
  const std::string run = NewUuidV7(SystemClock(), random).ToString();
  const auto data = demo::ReadRetailCsv({demo::MakeSampleCsv(20261121, orders + orders / 3 + 20)});
  demo::Plan plan = demo::MakePlan(*data, orders, run);
  if (shape) shape(plan);
  PrepareShop(fleet, plan);
  const audit::Config& sources = fleet.AuditConfig();
  demo::Replay replay(fleet.GatewayUrl(), plan, rate);
  if (observe) replay.OnCall(observe);
  kafka::ConsumerConfig config;
  config.brokers = sources.kafka_brokers;
  config.group = "e2e." + run;
  config.topics = {"orders.order.events.v1"};
  auto consumer = kafka::Consumer::Start(config, [&](std::vector<kafka::Record>& records) -> Result<void> {
    for (const auto& record : records) replay.tracker().Note(record);
    return {};
  });
  EXPECT_TRUE(consumer.ok());
  std::thread placing([&] { replay.Run(0, [](std::size_t, std::size_t) {}); });
  while (replay.answers().accepted < orders / 3 && replay.answers().seconds == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  fault();
  placing.join();
  Outcome outcome;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  replay.tracker().AwaitTerminal(deadline, [](std::int64_t) {});
  while (replay.PendingActions() > 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  outcome.all_ended = replay.tracker().AwaitTerminal(deadline, [](std::int64_t) {});
  outcome.totals = replay.tracker().Summary();
  for (const auto& [reason, count] : replay.answers().refused) outcome.refused += count;
  (*consumer)->Stop();
  audit::Config patient = sources;
  patient.rechecks = 30;  // counts in Redis may still be repairing themselves
  outcome.report = audit::Auditor(patient).Run();
  return outcome;
}

void ExpectNothingOutOfPlace(const Outcome& outcome, int orders) {
  EXPECT_TRUE(outcome.all_ended) << outcome.totals.terminal << " of " << outcome.totals.accepted << " accepted orders ended";
  EXPECT_EQ(outcome.totals.accepted + outcome.refused, orders);
  EXPECT_EQ(outcome.refused, 0) << "a customer who asks again with the same key is not refused in the end";
  EXPECT_TRUE(outcome.report.clean()) << audit::ToText(outcome.report);
}

}  // namespace souk::e2e
