#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "test/e2e/fleet.hpp"
#include "test/faults/proxy.hpp"
#include "test/faults/schedule.hpp"

namespace souk::faults {

/// A proxy on every edge of a fleet: service->sql, service->kafka, service->redis, payments->provider, gateway->service.
class Proxies {
 public:
  /// Tells the services to use proxies; they do from their next start on, which is the caller's.
  explicit Proxies(e2e::Fleet& fleet);
  /// Tells them to use the engines themselves again. Before the end, or they stay behind proxies that are gone.
  void Release(e2e::Fleet& fleet);

  /// On an edge that exists ("orders->sql"), for each of its proxies.
  void Set(const std::string& edge, const Toxic& toxic);
  std::int64_t Cuts(const std::string& edge) const;
  std::vector<std::string> Edges() const;
  /// A cut of the schedule resets in the way that hurts the protocol most; a partition holds back bytes.
  void Begin(const Fault& fault);
  void End(const Fault& fault);

 private:
  /// The variable's value with the ports of its addresses replaced by those of new proxies.
  std::string Behind(const std::string& edge, const std::string& value, Protocol protocol);
  std::map<std::string, std::vector<std::unique_ptr<Proxy>>> proxies_;
  std::map<std::string, std::string> before_;  ///< each service's overrides as they were
};

}  // namespace souk::faults
