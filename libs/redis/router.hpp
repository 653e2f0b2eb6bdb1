#pragma once

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "libs/redis/subscriber.hpp"
#include "libs/redis/topology.hpp"

namespace souk::redis {

/// The heart of the client: takes operations from any thread, brings each to the right node, and answers each once.
class Router final : private NodeEvents {
 public:
  explicit Router(ClusterConfig config);
  ~Router() override;

  const ClusterConfig& config() const { return config_; }
  const Topology& topology() const { return topology_; }
  bool OnIoThread() const { return io_->OnThread(); }
  ClusterStats Stats() const;

  /// Any thread. Many submissions cost the I/O thread one wake-up.
  void Submit(OpPtr op);
  /// Any thread. The script as operations point to it; lives as long as the router.
  const KnownScript* Know(const Script& script);

  std::shared_ptr<Subscriber> Subscribe(std::vector<std::string> channels, MessageCallback on_message);
  /// Returns when no message can arrive any more.
  void Unsubscribe(const std::shared_ptr<Subscriber>& subscriber);

 private:
  struct Parked {
    OpPtr op;
    SteadyTime at;
  };

  void OnReply(Node& node, OpPtr op, Reply reply) override;
  void OnLost(Node& node, OpPtr op, bool sent) override;
  void OnExpired(OpPtr op, bool sent) override;
  void OnNodeChanged(Node& node) override;
  void OnReadDone() override { Settle(); }

  void Drain();
  void Tick();
  void ArmTick(bool busy);
  void Settle();
  void Stop();

  void Route(OpPtr op, SteadyTime now);
  void SendTo(Node& node, OpPtr op, SteadyTime now);
  void Park(OpPtr op, Waiting cause, SteadyTime now);
  void RouteParked(SteadyTime now, bool wake);
  void OnErrorReply(Node& node, OpPtr op, Reply reply);
  void Redirect(Node& node, OpPtr op, const std::string& text);
  void GiveScript(Node& node, OpPtr op, Reply reply);
  void Complete(OpPtr op, Result<Reply> result);
  void Fail(OpPtr op, ErrorCode code, std::string message, std::string_view reason);
  void FailWaiting(OpPtr op);

  const ClusterConfig config_;
  Counters counters_;
  SystemRandom random_;
  std::unique_ptr<Io> io_;
  Topology topology_;
  std::vector<Parked> parked_;
  std::vector<std::shared_ptr<Subscriber>> subscribers_;
  std::vector<OpPtr> drained_;  // kept for its capacity
  bool wake_ = false;
  bool tick_busy_ = false;
  bool stopping_ = false;

  std::mutex inbox_mutex_;
  std::vector<OpPtr> inbox_;
  bool closed_ = false;

  std::shared_mutex scripts_mutex_;
  std::unordered_map<std::string, std::unique_ptr<KnownScript>> scripts_;
};

}  // namespace souk::redis
