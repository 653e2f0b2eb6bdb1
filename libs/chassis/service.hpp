#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/config/config.hpp"

namespace souk::http { class Server; class Router; }

namespace souk::chassis {

/// What every service is told, whatever it does.
struct CommonConfig {
  std::string instance;       ///< name of this process among several of one service; default "<host>-<pid>"
  std::string profile;        ///< "development" or "production"
  std::string log_level;
  std::string host;           ///< address to listen on
  int http_port = 0;
  int grpc_port = 0;
  int admin_port = 0;
  std::string sql_url;
  bool migrate = true;
  std::string kafka_brokers;
  std::string redis_nodes;    ///< "host:port,host:port"
  std::chrono::milliseconds drain{500};   ///< between readiness false and the end of accepting
  std::chrono::milliseconds grace{10000}; ///< for requests in flight at a stop
  bool chaos_duplicate = false;  ///< tests only: every Kafka record is handled twice
  bool chaos_shuffle = false;    ///< tests only: records are handled out of order across keys
  std::string failpoints;        ///< tests only: see libs/failpoint
};
/// Declares the keys of CommonConfig. `http_port`: the default; gRPC is +1000, admin +2000 unless told otherwise.
void DeclareCommon(config::Schema& schema, CommonConfig* config, int http_port);

/// Liveness and readiness that tell the truth, plus /metrics and /config, on the admin port.
class Health {
 public:
  /// A check returns an error that says what is missing. All must pass for readiness.
  void AddReadinessCheck(std::string name, std::function<Result<void>()> check);
  void SetStarted() { started_ = true; }
  void SetStopping() { stopping_ = true; }
  /// Empty when ready; otherwise one line per failing check.
  std::string WhatIsMissing() const;

 private:
  struct Check { std::string name; std::function<Result<void>()> run; };
  mutable std::mutex mutex_;
  std::vector<Check> checks_;
  std::atomic<bool> started_{false};
  std::atomic<bool> stopping_{false};
};

class AdminServer {
 public:
  /// GET /healthz (alive), /readyz (200 or 503 with what is missing), /metrics, /config (secrets masked), /failpoints (JSON; POST arms what its body says and DELETE
  /// disarms all, refused with 409 unless the process was started with the key `failpoints`).
  static Result<std::unique_ptr<AdminServer>> Start(const std::string& host, int port, Health& health, std::string config_text);
  ~AdminServer();
  int port() const;

 private:
  AdminServer();
  std::unique_ptr<http::Server> server_;
};

/// Blocks until SIGTERM or SIGINT. Call BlockSignals() first thing in main, before any thread starts.
void BlockSignals();
void WaitForSignal();

/// The whole of main(): logging from `common`, `start` builds and starts the service and returns what stops it.
/// Exit code 0 after a clean stop, 1 with one line when `start` fails, 2 when the fail points it is told can't be understood.
struct Running {
  std::function<void()> stop_accepting;  ///< after readiness went false and `drain` passed
  std::function<void()> stop;            ///< ends everything within `grace`
  std::shared_ptr<void> keep;            ///< the service itself
};
int RunService(const std::string& name, const CommonConfig& common, const config::Schema& schema,
               const std::function<Result<Running>(Health&)>& start);

/// Calls `job` every `interval` (with up to 10 % jitter) on a thread of its own, never twice at once, until destroyed.
class Periodic {
 public:
  Periodic(std::string name, std::chrono::milliseconds interval, std::function<void()> job);
  ~Periodic();
  void Stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// "host:port,host:port" to pairs; kInvalidArgument names the bad part.
Result<std::vector<std::pair<std::string, int>>> ParseEndpoints(const std::string& text);

}  // namespace souk::chassis
