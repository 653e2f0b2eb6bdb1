#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "libs/base/random.hpp"
#include "libs/redis/io.hpp"
#include "libs/redis/op.hpp"

namespace souk::redis {

class Node;

/// What a Node hands back. Every Op given to Enqueue comes back through exactly one of the first three.
class NodeEvents {
 public:
  virtual ~NodeEvents() = default;
  virtual void OnReply(Node& node, OpPtr op, Reply reply) = 0;
  /// The connection is gone; `sent` says that the node may have seen the command.
  virtual void OnLost(Node& node, OpPtr op, bool sent) = 0;
  /// The deadline passed while it was here.
  virtual void OnExpired(OpPtr op, bool sent) = 0;
  virtual void OnNodeChanged(Node& node) = 0;
  virtual void OnReadDone() = 0;
};

/// One cluster node: its connection, what waits to be sent, and what waits for an answer. I/O thread only.
class Node final : private LinkEvents {
 public:
  enum class State { kIdle, kConnecting, kReady, kResting };

  Node(Io& io, Endpoint endpoint, const ClusterConfig& config, Random& random, NodeEvents& events);
  ~Node() override;

  const Endpoint& endpoint() const { return endpoint_; }
  State state() const { return state_; }
  bool ready() const { return state_ == State::kReady; }
  std::size_t pending() const { return queue_.size() + pipeline_.size(); }
  std::uint64_t losses() const { return losses_; }
  SteadyTime last_used() const { return last_used_; }
  /// Owes an answer and has said nothing for `limit`.
  bool Mute(SteadyTime now, std::chrono::milliseconds limit) const;

  /// Begins to connect, unless it is connected, connecting, or resting after a failure.
  void Connect(SteadyTime now);
  /// Takes a command while connecting or ready. Sent by the next Flush.
  void Enqueue(OpPtr op);
  /// Puts SCRIPT LOAD into the queue, unless one is under way. True when it did.
  bool LoadScript(const KnownScript& script);
  void Flush();
  /// Deadlines, connect timeout, mute nodes.
  void Tick(SteadyTime now);
  /// Gives everything back and stays closed until Connect.
  void Close();

 private:
  struct Sent {
    OpPtr op;           // null: the answer is awaited and dropped
    std::uint64_t end;  // where its last byte stands in the stream
  };

  void OnReady() override;
  void OnReply(Reply reply) override;
  void OnReadDone() override { events_.OnReadDone(); }
  void OnSent() override { Flush(); }
  void OnClosed(const std::string& why) override;

  void AppendToLink(OpPtr op);
  void Expire(SteadyTime now);
  void Disconnect(SteadyTime now);
  void GiveBack();

  Io& io_;
  const Endpoint endpoint_;
  const ClusterConfig& config_;
  Random& random_;
  NodeEvents& events_;
  std::shared_ptr<Link> link_;
  State state_ = State::kIdle;
  std::deque<OpPtr> queue_;
  std::deque<Sent> pipeline_;
  std::uint64_t appended_ = 0;  // bytes given to this link so far
  std::unordered_set<const KnownScript*> loading_;
  SteadyTime next_deadline_ = SteadyTime::max();  // none in here is earlier
  SteadyTime state_since_;
  SteadyTime rest_until_;
  SteadyTime last_progress_;
  SteadyTime last_used_;
  std::uint32_t failures_ = 0;  // since the last answer
  std::uint64_t losses_ = 0;
};

}  // namespace souk::redis
