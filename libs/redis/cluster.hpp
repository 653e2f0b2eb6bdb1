#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/base/result.hpp"
#include "libs/redis/reply.hpp"
#include "libs/redis/slot.hpp"

namespace souk::redis {

struct Endpoint {
  std::string host;
  int port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

/// "host:port".
std::string ToString(const Endpoint& endpoint);
/// "10.0.0.1:6379,[::1]:6380" and so on; kInvalidArgument names what it could not read.
Result<std::vector<Endpoint>> ParseEndpoints(std::string_view text);

struct ClusterConfig {
  std::vector<Endpoint> seeds;  ///< nodes to ask for the map; one that answers is enough
  std::string password;         ///< for AUTH; empty when the nodes want none
  std::chrono::milliseconds connect_timeout{500};   ///< TCP connect and first answer
  std::chrono::milliseconds command_timeout{1000};  ///< for callers without a deadline, and until a mute node is dropped (twice this)
  std::size_t queue_max = 10000;                    ///< pending commands per node
  int redirects_max = 8;                            ///< MOVED and ASK followed per command
};

/// Reasons of the errors that `Execute` and `Eval` give. All but kReasonReplyLost promise that the command had no effect.
inline constexpr std::string_view kReasonReplyLost = "REPLY_LOST";    ///< sent, never answered: applied or not, nobody knows
inline constexpr std::string_view kReasonNotSent = "NOT_SENT";        ///< its time was over before it could be sent
inline constexpr std::string_view kReasonNodeAway = "NODE_AWAY";      ///< the slot's primary cannot be reached
inline constexpr std::string_view kReasonClusterDown = "CLUSTER_DOWN";  ///< nobody serves the slot, or the cluster says it is down
inline constexpr std::string_view kReasonLoading = "LOADING";         ///< the node reads its data or is busy with a script
inline constexpr std::string_view kReasonTryAgain = "TRY_AGAIN";      ///< the keys are on their way to another node
inline constexpr std::string_view kReasonQueueFull = "QUEUE_FULL";    ///< queue_max met
inline constexpr std::string_view kReasonRedirects = "TOO_MANY_REDIRECTS";
inline constexpr std::string_view kReasonCrossSlot = "CROSS_SLOT";
inline constexpr std::string_view kReasonStopped = "STOPPED";  ///< the client is being destroyed

/// True when the command of this error may have been applied.
bool EffectUnknown(const Error& error);

/// Called exactly once, on the client's I/O thread. Must not block, throw, or destroy the client.
using Callback = std::function<void(Result<Reply>)>;

/// A Lua script and its SHA-1, by which nodes know it. Make it once, use it often.
struct Script {
  std::string source;
  std::string sha1;
};
Script MakeScript(std::string source);

struct NodeStats {
  Endpoint endpoint;
  bool primary = false;
  bool connected = false;  ///< a connection that has answered
};

/// Counters since Connect. Cheap to read, at any time, from any thread.
struct ClusterStats {
  std::uint64_t commands = 0;      ///< accepted from callers
  std::uint64_t in_flight = 0;     ///< accepted, callback not yet called
  std::uint64_t moved = 0;         ///< MOVED followed
  std::uint64_t asked = 0;         ///< ASK followed
  std::uint64_t waits = 0;         ///< back-offs after TRYAGAIN, CLUSTERDOWN, LOADING or a node that is away
  std::uint64_t reconnects = 0;    ///< connections lost, or attempts that failed
  std::uint64_t refreshes = 0;     ///< maps taken over
  std::uint64_t timeouts = 0;      ///< commands whose deadline passed
  std::uint64_t replies_lost = 0;  ///< commands whose effect is unknown
  std::uint64_t refused = 0;       ///< QUEUE_FULL
  std::uint64_t script_loads = 0;  ///< SCRIPT LOAD after NOSCRIPT
  std::vector<NodeStats> nodes;
};

/// A pub/sub subscription. No message arrives any more once its destructor has returned.
class Subscription {
 public:
  virtual ~Subscription() = default;
  /// True while a node has confirmed every channel. Messages published while it is false are not seen.
  virtual bool Active() const = 0;
};

using MessageCallback = std::function<void(std::string channel, std::string message)>;

class Router;

/// Client of one Redis Cluster. Thread-safe. One I/O thread, one pipelined connection per primary.
///
/// A command is sent at most once unless a node has answered that it did not apply it (MOVED, ASK, TRYAGAIN, CLUSTERDOWN,
/// LOADING, NOSCRIPT, ...). Commands of one caller to one key normally run in their order, but not across a redirect or a
/// back-off: what must be atomic belongs into one script.
class Cluster {
 public:
  /// kInvalidArgument for a configuration without seeds. Waits up to connect_timeout for the cluster, but succeeds also when
  /// it is away, and keeps trying.
  static Result<std::unique_ptr<Cluster>> Connect(ClusterConfig config);
  /// Fails what is pending with kUnavailable (STOPPED or REPLY_LOST). Not to be called on the I/O thread.
  ~Cluster();
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  /// `args` is the whole command, its name first; `key` decides the slot. `deadline` bounds all redirects and retries
  /// (SteadyTime::max() = command_timeout from now). Errors:
  ///   kInvalidArgument    no args; keys of several slots (CROSS_SLOT)
  ///   kUnavailable        not applied: NODE_AWAY, CLUSTER_DOWN, LOADING, TRY_AGAIN, ...; perhaps applied: REPLY_LOST
  ///   kDeadlineExceeded   NOT_SENT, or REPLY_LOST
  ///   kResourceExhausted  QUEUE_FULL
  ///   kInternal           the node's error; its text is the message, its first word the reason
  void Execute(std::string_view key, std::vector<std::string> args, SteadyTime deadline, Callback done);
  /// Runs a script by its SHA-1; a node that does not know it is given the source. All keys must share a slot.
  void Eval(const Script& script, std::vector<std::string> keys, std::vector<std::string> args, SteadyTime deadline,
            Callback done);

  /// The same, blocking. Not to be called on the I/O thread.
  Result<Reply> ExecuteSync(std::string_view key, std::vector<std::string> args, SteadyTime deadline = SteadyTime::max());
  Result<Reply> EvalSync(const Script& script, std::vector<std::string> keys, std::vector<std::string> args,
                         SteadyTime deadline = SteadyTime::max());

  /// Best effort: subscribers that are connected just then get it, or not.
  void Publish(std::string channel, std::string message);
  /// `on_message` runs on the I/O thread. The subscription finds another node by itself when its node goes away. It must
  /// not outlive the client.
  std::unique_ptr<Subscription> Subscribe(std::vector<std::string> channels, MessageCallback on_message);

  /// One command on every primary (DBSIZE, FLUSHALL, INFO, SCRIPT FLUSH), in the order of Primaries(). Blocking. An error of
  /// one node is the error of the call.
  Result<std::vector<Reply>> ExecuteOnPrimaries(std::vector<std::string> args, SteadyTime deadline = SteadyTime::max());
  /// One command on one node, without redirects (SCAN). Blocking.
  Result<Reply> ExecuteOn(const Endpoint& node, std::vector<std::string> args, SteadyTime deadline = SteadyTime::max());

  /// All slots have a primary and every one of these answers.
  bool Connected() const;
  /// Waits until Connected(); false when the deadline came first.
  bool AwaitConnected(SteadyTime deadline) const;
  ClusterStats Stats() const;
  std::vector<Endpoint> Primaries() const;
  /// Port 0 while nobody is known to serve the key.
  Endpoint PrimaryOf(std::string_view key) const;

 private:
  explicit Cluster(std::unique_ptr<Router> router);

  std::unique_ptr<Router> router_;
};

}  // namespace souk::redis
