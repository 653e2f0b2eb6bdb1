#include "libs/redis/router.hpp"

#include <algorithm>
#include <future>
#include <utility>

#include "libs/base/check.hpp"
#include "libs/failpoint/failpoint.hpp"
#include "libs/redis/resp.hpp"
#include "libs/redis/server_error.hpp"

namespace souk::redis {
namespace {

failpoint::Point before_call("redis.before_call", failpoint::Kind::kMayFail);
failpoint::Point after_call("redis.after_call", failpoint::Kind::kMayFail);  // an error: done, but the reply is lost

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kBusyTick{5};   // how exact deadlines are
constexpr milliseconds kIdleTick{50};  // reconnects, routine refreshes
constexpr milliseconds kBackOffMax{100};
constexpr int kLoadsMax = 3;           // SCRIPT LOADs per command

milliseconds BackOff(std::uint8_t waits, Random& random) {
  const auto whole = std::min(kBackOffMax, milliseconds(2) * (1 << std::min<int>(waits, 6)));
  return whole / 2 + milliseconds(random.Below(static_cast<std::uint64_t>(whole.count()) / 2 + 1));
}

struct WaitingWords {
  std::string_view reason;
  const char* message;
};

WaitingWords WordsOf(Waiting waiting) {
  switch (waiting) {
    case Waiting::kNodeAway: return {kReasonNodeAway, "the Redis node that serves the key cannot be reached"};
    case Waiting::kClusterDown: return {kReasonClusterDown, "the Redis cluster does not serve the key's slot"};
    case Waiting::kLoading: return {kReasonLoading, "the Redis node is busy loading or running a script"};
    case Waiting::kTryAgain: return {kReasonTryAgain, "the keys are being moved to another Redis node"};
    case Waiting::kNothing: break;
  }
  return {kReasonNotSent, "the deadline passed before the command could be sent"};
}

}  // namespace

Router::Router(ClusterConfig config)
    : config_(std::move(config)),
      io_(Io::Make()),
      topology_(*io_, config_, random_, *this, counters_, [this] { wake_ = true; }) {
  io_->Start();
  io_->Post([this] { Tick(); });
}

Router::~Router() {
  SOUK_CHECK(!io_->OnThread());
  std::promise<void> stopped;
  io_->Post([&] {
    Stop();
    stopped.set_value();
  });
  stopped.get_future().wait();
  io_->Stop();
}

void Router::Submit(OpPtr op) {
  ++counters_.commands;
  ++counters_.in_flight;
  if (const auto passed = before_call.Try(); !passed.ok() && !op->refusal) {
    op->wire = {};
    op->refusal = std::make_unique<Error>(passed.error());
  }
  bool first = false;
  {
    const std::lock_guard lock(inbox_mutex_);
    if (!closed_) {
      first = inbox_.empty();
      // The I/O thread is behind: keep no more than the callback, which is to hear of it there.
      if (!op->refusal && inbox_.size() >= config_.queue_max) {
        op->wire = {};
        op->refusal = std::make_unique<Error>(
            MakeError(ErrorCode::kResourceExhausted, "too many Redis commands are pending", std::string(kReasonQueueFull)));
      }
      inbox_.push_back(std::move(op));
    }
  }
  if (first) io_->Post([this] { Drain(); });
  if (op) Fail(std::move(op), ErrorCode::kUnavailable, "the Redis client is stopping", kReasonStopped);
}

const KnownScript* Router::Know(const Script& script) {
  {
    const std::shared_lock lock(scripts_mutex_);
    if (const auto at = scripts_.find(script.sha1); at != scripts_.end()) return at->second.get();
  }
  auto known = std::make_unique<KnownScript>();
  AppendCommand(known->load_wire, {"SCRIPT", "LOAD", script.source});
  const std::lock_guard lock(scripts_mutex_);
  return scripts_.try_emplace(script.sha1, std::move(known)).first->second.get();
}

void Router::Drain() {
  {
    const std::lock_guard lock(inbox_mutex_);
    drained_.swap(inbox_);
  }
  const auto now = steady_clock::now();
  for (auto& op : drained_) {
    if (op->refusal) {
      if (op->refusal->code == ErrorCode::kResourceExhausted) ++counters_.refused;
      Error refusal = std::move(*op->refusal);
      Complete(std::move(op), std::move(refusal));
    } else {
      Route(std::move(op), now);
    }
  }
  drained_.clear();
  Settle();
  if (!tick_busy_) ArmTick(true);
}

void Router::Settle() {
  if (std::exchange(wake_, false)) RouteParked(steady_clock::now(), true);
  topology_.FlushAll();
}

void Router::Tick() {
  if (stopping_) return;
  const auto now = steady_clock::now();
  topology_.Tick(now);
  RouteParked(now, false);
  for (const auto& subscriber : subscribers_) subscriber->Tick(now);
  Settle();
  ArmTick(counters_.in_flight > 0 || !topology_.Connected());
}

void Router::ArmTick(bool busy) {
  tick_busy_ = busy;
  io_->Alarm(steady_clock::now() + (busy ? kBusyTick : kIdleTick), [this] { Tick(); });
}

void Router::Route(OpPtr op, SteadyTime now) {
  if (stopping_) return Fail(std::move(op), ErrorCode::kUnavailable, "the Redis client is stopping", kReasonStopped);
  if (op->deadline <= now) return OnExpired(std::move(op), false);
  Node* node = nullptr;
  switch (op->route) {
    case Op::Route::kPinned: node = &topology_.At(op->pinned); break;
    case Op::Route::kAnyNode: node = topology_.AnyReady(); break;
    case Op::Route::kSlot: node = topology_.OwnerOf(op->slot); break;
  }
  if (node != nullptr) return SendTo(*node, std::move(op), now);
  topology_.RequestRefresh(now);
  Park(std::move(op), topology_.known() ? Waiting::kClusterDown : Waiting::kNodeAway, now);
}

void Router::SendTo(Node& node, OpPtr op, SteadyTime now) {
  node.Connect(now);
  if (node.state() == Node::State::kResting) {
    op->asking = false;
    topology_.RequestRefresh(now);
    return Park(std::move(op), Waiting::kNodeAway, now);
  }
  if (node.pending() >= config_.queue_max) {
    ++counters_.refused;
    return Fail(std::move(op), ErrorCode::kResourceExhausted,
                "too many Redis commands are pending for " + ToString(node.endpoint()), kReasonQueueFull);
  }
  op->waiting = node.ready() ? Waiting::kNothing : Waiting::kNodeAway;
  node.Enqueue(std::move(op));
}

void Router::Park(OpPtr op, Waiting cause, SteadyTime now) {
  op->waiting = cause;
  if (op->route == Op::Route::kPinned) return FailWaiting(std::move(op));
  if (parked_.size() >= config_.queue_max) {
    ++counters_.refused;
    return Fail(std::move(op), ErrorCode::kResourceExhausted, "too many Redis commands wait for the cluster", kReasonQueueFull);
  }
  ++counters_.waits;
  const auto at = now + BackOff(op->waits, random_);
  if (op->waits < 255) ++op->waits;
  parked_.push_back({std::move(op), at});
}

void Router::RouteParked(SteadyTime now, bool wake) {
  if (parked_.empty()) return;
  auto parked = std::exchange(parked_, {});
  for (auto& [op, at] : parked) {
    const bool woken = wake && (op->waiting == Waiting::kNodeAway || op->waiting == Waiting::kClusterDown);
    if (op->deadline <= now) {
      OnExpired(std::move(op), false);
    } else if (woken || at <= now) {
      Route(std::move(op), now);
    } else {
      parked_.push_back({std::move(op), at});
    }
  }
}

void Router::OnReply(Node& node, OpPtr op, Reply reply) {
  if (reply.IsError()) return OnErrorReply(node, std::move(op), std::move(reply));
  if (!op->internal && !after_call.Try().ok()) return OnLost(node, std::move(op), true);
  Complete(std::move(op), std::move(reply));
}

void Router::OnErrorReply(Node& node, OpPtr op, Reply reply) {
  using Kind = ServerError::Kind;
  const auto kind = op->route == Op::Route::kPinned ? Kind::kOther : ClassifyError(reply.text).kind;
  const auto now = steady_clock::now();
  switch (kind) {
    case Kind::kMoved:
    case Kind::kAsk:
      return Redirect(node, std::move(op), reply.text);
    case Kind::kNoScript:
      return GiveScript(node, std::move(op), std::move(reply));
    case Kind::kTryAgain:
    case Kind::kLoading:
      op->asking = false;
      return Park(std::move(op), kind == Kind::kLoading ? Waiting::kLoading : Waiting::kTryAgain, now);
    case Kind::kClusterDown:
      op->asking = false;
      topology_.RequestRefresh(now);
      return Park(std::move(op), Waiting::kClusterDown, now);
    case Kind::kCrossSlot:
    case Kind::kOther:
      return Complete(std::move(op), ErrorOfReply(reply.text));
  }
}

void Router::Redirect(Node& node, OpPtr op, const std::string& text) {
  auto error = ClassifyError(text);
  const auto now = steady_clock::now();
  if (error.target.host.empty()) error.target.host = node.endpoint().host;
  if (++op->redirects > config_.redirects_max) {
    return Fail(std::move(op), ErrorCode::kUnavailable, "redirected too often, last: " + text, kReasonRedirects);
  }
  if (error.kind == ServerError::Kind::kAsk) {
    ++counters_.asked;
    op->asking = true;
    return SendTo(topology_.At(error.target), std::move(op), now);
  }
  ++counters_.moved;
  op->asking = false;
  topology_.Moved(error.slot, error.target);
  topology_.RequestRefresh(now);
  // Two redirects are a stale map and its correction; more are nodes that disagree, and need a moment.
  if (op->redirects > 2) return Park(std::move(op), Waiting::kTryAgain, now);
  Route(std::move(op), now);
}

void Router::GiveScript(Node& node, OpPtr op, Reply reply) {
  if (op->script == nullptr || op->loads >= kLoadsMax) return Complete(std::move(op), ErrorOfReply(reply.text));
  ++op->loads;
  // One connection keeps its order: the script is there when the command comes again behind it.
  if (node.LoadScript(*op->script)) ++counters_.script_loads;
  SendTo(node, std::move(op), steady_clock::now());
}

void Router::OnLost(Node&, OpPtr op, bool sent) {
  if (sent) {
    ++counters_.replies_lost;
    return Fail(std::move(op), ErrorCode::kUnavailable, "the connection was lost before the answer came", kReasonReplyLost);
  }
  if (stopping_) return Fail(std::move(op), ErrorCode::kUnavailable, "the Redis client is stopping", kReasonStopped);
  const auto now = steady_clock::now();
  op->asking = false;
  topology_.RequestRefresh(now);
  Park(std::move(op), Waiting::kNodeAway, now);
}

void Router::OnExpired(OpPtr op, bool sent) {
  if (!op->internal) ++counters_.timeouts;
  if (!sent) return FailWaiting(std::move(op));
  ++counters_.replies_lost;
  Fail(std::move(op), ErrorCode::kDeadlineExceeded, "the Redis node did not answer in time", kReasonReplyLost);
}

void Router::OnNodeChanged(Node& node) {
  if (node.state() == Node::State::kResting) ++counters_.reconnects;
  topology_.NodeChanged();
}

void Router::Complete(OpPtr op, Result<Reply> result) {
  if (!op->internal) --counters_.in_flight;
  if (op->done) op->done(std::move(result));
}

void Router::Fail(OpPtr op, ErrorCode code, std::string message, std::string_view reason) {
  Complete(std::move(op), MakeError(code, std::move(message), std::string(reason)));
}

void Router::FailWaiting(OpPtr op) {
  const auto [reason, message] = WordsOf(op->waiting);
  const auto code = op->waiting == Waiting::kNothing ? ErrorCode::kDeadlineExceeded : ErrorCode::kUnavailable;
  Fail(std::move(op), code, message, reason);
}

void Router::Stop() {
  stopping_ = true;
  {
    const std::lock_guard lock(inbox_mutex_);
    closed_ = true;
  }
  Drain();
  for (auto& [op, at] : std::exchange(parked_, {})) {
    Fail(std::move(op), ErrorCode::kUnavailable, "the Redis client is stopping", kReasonStopped);
  }
  topology_.CloseAll();
  for (const auto& subscriber : subscribers_) subscriber->Close();
}

std::shared_ptr<Subscriber> Router::Subscribe(std::vector<std::string> channels, MessageCallback on_message) {
  auto subscriber = std::make_shared<Subscriber>(
      *io_, config_, std::move(channels), std::move(on_message), [this] { return topology_.Candidates(steady_clock::now()); });
  io_->Post([this, subscriber] {
    subscribers_.push_back(subscriber);
    subscriber->Tick(steady_clock::now());
  });
  return subscriber;
}

void Router::Unsubscribe(const std::shared_ptr<Subscriber>& subscriber) {
  const auto forget = [this, subscriber] {
    subscriber->Close();
    std::erase(subscribers_, subscriber);
  };
  if (io_->OnThread()) {
    subscriber->Close();
    return io_->Post(forget);  // the list may just be walked
  }
  std::promise<void> forgotten;
  io_->Post([&] {
    forget();
    forgotten.set_value();
  });
  forgotten.get_future().wait();
}

ClusterStats Router::Stats() const {
  ClusterStats stats;
  stats.commands = counters_.commands;
  stats.in_flight = counters_.in_flight;
  stats.moved = counters_.moved;
  stats.asked = counters_.asked;
  stats.waits = counters_.waits;
  stats.reconnects = counters_.reconnects;
  stats.refreshes = counters_.refreshes;
  stats.timeouts = counters_.timeouts;
  stats.replies_lost = counters_.replies_lost;
  stats.refused = counters_.refused;
  stats.script_loads = counters_.script_loads;
  stats.nodes = topology_.Nodes();
  return stats;
}

}  // namespace souk::redis
