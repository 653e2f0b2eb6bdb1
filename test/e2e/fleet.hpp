#pragma once

#include <functional>
#include <map>
#include <string>

#include "tools/audit/auditor.hpp"
#include "tools/demo/plan.hpp"
#include "tools/demo/replay.hpp"
#include "tools/demo/tracker.hpp"

namespace souk::e2e {

/// The running fleet of the test state, driven through ./souk as a person would: engines and services as processes of their own under supervision.
/// ./souk test starts the engines and sets SOUK_CLI, SOUK_STATE and SOUK_PORT_OFFSET.
class Fleet {
 public:
  /// Started on first use, with short carrier and saga times; shared by the tests of one program.
  static Fleet& Get();

  /// Runs "./souk ARGS"; fails the test with its output when it fails.
  std::string Souk(const std::string& args) const;
  void Kill9(const std::string& name) const { Souk("engine " + name + " kill9"); }
  void Stop(const std::string& name) const { Souk("engine " + name + " stop"); }
  void Start(const std::string& name) const { Souk("engine " + name + " start"); }
  void AwaitReady(const std::string& name) const { Souk("engine " + name + " wait"); }
  /// Settings ("SOUK_KEY=value" lines) that have the last word for one service, or for "all"; restarts what changed.
  void Override(const std::string& service, const std::string& lines) const;
  void Instances(int count) const;

  std::string GatewayUrl() const { return Url(8000); }
  std::string Url(int port) const { return "http://127.0.0.1:" + std::to_string(port + offset_); }
  int offset() const { return offset_; }
  std::string InventoryGrpc() const { return "127.0.0.1:" + std::to_string(4002 + offset_); }
  const audit::Config& AuditConfig() const { return audit_; }
  /// Ports of every process with an admin server, by name.
  std::map<std::string, int> AdminPorts() const;
  const std::string& state() const { return state_; }

 private:
  Fleet();
  std::string cli_;
  std::string state_;
  int offset_ = 0;
  audit::Config audit_;
};

/// Catalogue, stock and prices of a plan; returns when orders can quote them.
void PrepareShop(Fleet& fleet, const demo::Plan& plan);

/// What a replay under a fault ended in.
struct Outcome {
  demo::Totals totals;
  std::int64_t refused = 0;
  bool all_ended = false;
  audit::Report report;
};

/// Replays `orders` orders of the built-in sample at `rate` per second; once a third of them is accepted runs `fault`; then waits up to 60 s for every
/// accepted order to end, and audits. `shape`, when given, has the last word about the orders;
/// `observe` hears of every call.
Outcome ReplayUnder(Fleet& fleet, int orders, int rate, const std::function<void()>& fault, const std::function<void(demo::Plan&)>& shape = {},
                    const std::function<void(const demo::CallMade&)>& observe = {});

/// Every accepted order ended, and the audit is clean; otherwise says what is not.
void ExpectNothingOutOfPlace(const Outcome& outcome, int orders);

}  // namespace souk::e2e
