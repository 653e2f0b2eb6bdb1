#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "libs/redis/io.hpp"

namespace souk::redis {

/// One connection in subscribed mode, kept alive over nodes that come and go. I/O thread only, but for Active().
class Subscriber final : private LinkEvents {
 public:
  Subscriber(Io& io, const ClusterConfig& config, std::vector<std::string> channels, MessageCallback on_message,
             std::function<std::deque<Endpoint>()> candidates);
  ~Subscriber() override;

  bool Active() const { return active_; }
  /// Connects, asks for signs of life, gives up a mute node.
  void Tick(SteadyTime now);
  void Close();

 private:
  void OnReady() override;
  void OnReply(Reply reply) override;
  void OnReadDone() override {}
  void OnSent() override {}
  void OnClosed(const std::string& why) override;
  void Send(const std::vector<std::string>& command);
  void Drop(SteadyTime now);

  Io& io_;
  const ClusterConfig& config_;
  const std::vector<std::string> channels_;
  const MessageCallback on_message_;
  const std::function<std::deque<Endpoint>()> candidates_;
  std::shared_ptr<Link> link_;
  std::deque<Endpoint> untried_;
  std::atomic<bool> active_{false};
  std::size_t confirmed_ = 0;
  bool pinged_ = false;
  bool closed_ = false;
  SteadyTime heard_;  // last sign of life, or when the link was opened
  SteadyTime retry_at_;
};

}  // namespace souk::redis
