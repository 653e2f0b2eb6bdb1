#include "test/faults/proxies.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <regex>
#include <sstream>

namespace souk::faults {
namespace {

struct Variable {
  const char* name;
  const char* peer;
  Protocol protocol;
};

constexpr Variable kVariables[] = {
    {"SOUK_SQL_URL", "sql", Protocol::kPostgres},
    {"SOUK_KAFKA_BROKERS", "kafka", Protocol::kKafka},
    {"SOUK_REDIS_NODES", "redis", Protocol::kRedis},
    {"SOUK_PROVIDER_URL", "provider", Protocol::kPlain},
    {"SOUK_ORDERS_URL", "orders", Protocol::kPlain},
    {"SOUK_INVENTORY_URL", "inventory", Protocol::kPlain},
    {"SOUK_PAYMENTS_URL", "payments", Protocol::kPlain},
    {"SOUK_FULFILLMENT_URL", "fulfillment", Protocol::kPlain},
    {"SOUK_NOTIFICATIONS_URL", "notifications", Protocol::kPlain},
};

std::string ReadAll(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

}  // namespace

Proxies::Proxies(e2e::Fleet& fleet) {
  for (const auto& [service, admin_port] : fleet.AdminPorts()) {
    before_[service] = ReadAll(fleet.state() + "/override/" + service);
    std::string lines = before_[service];
    std::istringstream environment(ReadAll(fleet.state() + "/env/" + service));
    for (std::string line; std::getline(environment, line);) {
      for (const Variable& variable : kVariables) {
        const std::string key = std::string(variable.name) + "=";
        if (line.rfind(key, 0) == 0)
          lines += key + Behind(service + "->" + variable.peer, line.substr(key.size()), variable.protocol) + "\n";
      }
    }
    std::ofstream(fleet.state() + "/override/" + service) << lines;
  }
}

std::string Proxies::Behind(const std::string& edge, const std::string& value, Protocol protocol) {
  static const std::regex address("127\\.0\\.0\\.1:([0-9]+)");
  std::string replaced;
  auto from = value.cbegin();
  for (auto at = std::sregex_iterator(value.begin(), value.end(), address); at != std::sregex_iterator(); ++at) {
    auto proxy = Proxy::Start(std::stoi((*at)[1]), protocol);
    EXPECT_TRUE(proxy.ok()) << edge;
    if (!proxy.ok()) return value;
    replaced.append(from, (*at)[1].first);
    replaced += std::to_string((*proxy)->port());
    from = (*at)[1].second;
    proxies_[edge].push_back(std::move(*proxy));
  }
  Ports ports;
  for (const auto& proxy : proxies_[edge]) ports[proxy->target_port()] = proxy->port();
  for (const auto& proxy : proxies_[edge]) proxy->SetPorts(ports);
  return replaced.append(from, value.cend());
}

void Proxies::Release(e2e::Fleet& fleet) {
  for (const auto& [service, lines] : before_) std::ofstream(fleet.state() + "/override/" + service) << lines;
}

void Proxies::Set(const std::string& edge, const Toxic& toxic) {
  for (const auto& proxy : proxies_.at(edge)) proxy->Set(toxic);
}

std::int64_t Proxies::Cuts(const std::string& edge) const {
  std::int64_t cuts = 0;
  for (const auto& proxy : proxies_.at(edge)) cuts += proxy->Stats().cuts;
  return cuts;
}

std::vector<std::string> Proxies::Edges() const {
  std::vector<std::string> edges;
  for (const auto& [edge, list] : proxies_) edges.push_back(edge);
  return edges;
}

void Proxies::Begin(const Fault& fault) {
  if (!proxies_.contains(fault.target)) return;
  Toxic toxic;
  // Which of the ways: from the schedule alone, so that the same seed does the same.
  const auto lot = static_cast<std::uint64_t>(fault.at.count());
  if (fault.kind == FaultKind::kPartition) {
    toxic.kind = Toxic::Kind::kHold;
    toxic.to_server = lot % 3 != 1;
    toxic.to_client = lot % 3 != 2;
  } else {
    const bool marked = fault.target.ends_with("->sql") || fault.target.ends_with("->kafka") || fault.target.ends_with("->redis");
    const Toxic::Kind kinds[] = {Toxic::Kind::kReset, Toxic::Kind::kCutReplyAfter, Toxic::Kind::kCutAfterMark, Toxic::Kind::kCutBeforeMark};
    toxic.kind = kinds[lot % (marked ? 4 : 2)];
    toxic.bytes = 1 + lot % 97;
  }
  Set(fault.target, toxic);
}

void Proxies::End(const Fault& fault) {
  if (proxies_.contains(fault.target)) Set(fault.target, {});
}

}  // namespace souk::faults
