#include <csignal>
#include <cstdio>
#include <thread>

#include "libs/chassis/service.hpp"
#include "libs/failpoint/failpoint.hpp"
#include "libs/observability/log.hpp"

namespace souk::chassis {
namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// F08: a stop that hangs is cut at the grace limit; what was in flight is retried by its sender.
void EndAtTheLatest(std::chrono::milliseconds limit) {
  std::thread([limit] {
    std::this_thread::sleep_for(limit);
    std::fprintf(stderr, "the stop took longer than %lld ms and was cut\n", static_cast<long long>(limit.count()));
    std::_Exit(0);
  }).detach();
}

int ListFailpoints(const std::string& name) {
  (void)failpoint::Configure(name, "").ok();  // nothing to get wrong
  for (const failpoint::Status& point : failpoint::List()) std::printf("%s\n", point.name.c_str());
  return 0;
}

}  // namespace

void BlockSignals() {
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

void WaitForSignal() {
  const sigset_t signals = StopSignals();
  int received = 0;
  sigwait(&signals, &received);
}

int RunService(const std::string& name, const CommonConfig& common, const config::Schema& schema,
               const std::function<Result<Running>(Health&)>& start) {
  BlockSignals();
  if (common.failpoints == "list") return ListFailpoints(name);
  if (const auto configured = failpoint::Configure(name, common.failpoints); !configured.ok()) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), configured.error().message.c_str());
    return 2;
  }
  log::Configure(name, common.instance, log::ParseLevel(common.log_level));
  Health health;
  auto admin = AdminServer::Start(common.host, common.admin_port, health, schema.Describe());
  if (!admin.ok()) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), admin.error().message.c_str());
    return 1;
  }
  auto running = start(health);
  if (!running.ok()) {
    std::fprintf(stderr, "%s: %s\n", name.c_str(), running.error().message.c_str());
    return 1;
  }
  health.SetStarted();
  log::Info("started", {{"http_port", common.http_port}, {"grpc_port", common.grpc_port}, {"admin_port", (*admin)->port()}});
  WaitForSignal();
  log::Info("stopping");
  EndAtTheLatest(common.drain + common.grace + std::chrono::seconds(5));
  health.SetStopping();
  std::this_thread::sleep_for(common.drain);
  if (running->stop_accepting) running->stop_accepting();
  if (running->stop) running->stop();
  running->keep.reset();
  log::Info("stopped");
  return 0;
}

}  // namespace souk::chassis
