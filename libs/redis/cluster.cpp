#include "libs/redis/cluster.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

#include "libs/base/check.hpp"
#include "libs/redis/resp.hpp"
#include "libs/redis/router.hpp"

namespace souk::redis {
namespace {

using std::chrono::steady_clock;

/// Where a blocking call waits for its callbacks.
class Waiter {
 public:
  explicit Waiter(std::size_t count) : results_(count), missing_(count) {}

  Callback Slot(std::size_t index) {
    return [this, index](Result<Reply> result) {
      const std::lock_guard lock(mutex_);
      results_[index] = std::move(result);
      if (--missing_ == 0) done_.notify_one();  // under the lock: the waiter destroys us as soon as it may
    };
  }

  std::vector<std::optional<Result<Reply>>> Wait() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return missing_ == 0; });
    return std::move(results_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  std::vector<std::optional<Result<Reply>>> results_;
  std::size_t missing_;
};

class RoutedSubscription final : public Subscription {
 public:
  RoutedSubscription(Router& router, std::shared_ptr<Subscriber> subscriber)
      : router_(router), subscriber_(std::move(subscriber)) {}
  ~RoutedSubscription() override { router_.Unsubscribe(subscriber_); }
  bool Active() const override { return subscriber_->Active(); }

 private:
  Router& router_;
  std::shared_ptr<Subscriber> subscriber_;
};

OpPtr MakeOp(const ClusterConfig& config, SteadyTime deadline, Callback done) {
  auto op = std::make_unique<Op>();
  op->deadline = deadline == SteadyTime::max() ? steady_clock::now() + config.command_timeout : deadline;
  op->done = std::move(done);
  return op;
}

std::unique_ptr<Error> CheckKeys(const std::vector<std::string>& keys) {
  if (keys.empty()) return std::make_unique<Error>(InvalidArgument("keys", "a script needs at least one key, which names its node"));
  const auto slot = KeySlot(keys[0]);
  for (const auto& key : keys) {
    if (KeySlot(key) == slot) continue;
    auto error = InvalidArgument("keys", "\"" + keys[0] + "\" and \"" + key + "\" do not share a hash slot; give them one {tag}");
    error.reason = kReasonCrossSlot;
    return std::make_unique<Error>(std::move(error));
  }
  return nullptr;
}

void EncodeEval(const Script& script, const std::vector<std::string>& keys, const std::vector<std::string>& args, std::string& wire) {
  thread_local std::vector<std::string_view> words;
  const auto count = std::to_string(keys.size());
  words.assign({"EVALSHA", script.sha1, count});
  words.insert(words.end(), keys.begin(), keys.end());
  words.insert(words.end(), args.begin(), args.end());
  AppendCommand(wire, words);
}

}  // namespace

bool EffectUnknown(const Error& error) { return error.reason == kReasonReplyLost; }

Cluster::Cluster(std::unique_ptr<Router> router) : router_(std::move(router)) {}
Cluster::~Cluster() = default;

Result<std::unique_ptr<Cluster>> Cluster::Connect(ClusterConfig config) {
  if (config.seeds.empty()) return InvalidArgument("seeds", "name at least one node of the Redis cluster");
  const auto patience = steady_clock::now() + config.connect_timeout;
  auto cluster = std::unique_ptr<Cluster>(new Cluster(std::make_unique<Router>(std::move(config))));
  cluster->AwaitConnected(patience);
  return cluster;
}

void Cluster::Execute(std::string_view key, std::vector<std::string> args, SteadyTime deadline, Callback done) {
  auto op = MakeOp(router_->config(), deadline, std::move(done));
  op->slot = KeySlot(key);
  if (args.empty()) op->refusal = std::make_unique<Error>(InvalidArgument("args", "an empty command"));
  else AppendCommand(op->wire, args);
  router_->Submit(std::move(op));
}

void Cluster::Eval(const Script& script, std::vector<std::string> keys, std::vector<std::string> args, SteadyTime deadline,
                   Callback done) {
  auto op = MakeOp(router_->config(), deadline, std::move(done));
  op->refusal = CheckKeys(keys);
  if (!op->refusal) {
    op->slot = KeySlot(keys[0]);
    op->script = router_->Know(script);
    EncodeEval(script, keys, args, op->wire);
  }
  router_->Submit(std::move(op));
}

Result<Reply> Cluster::ExecuteSync(std::string_view key, std::vector<std::string> args, SteadyTime deadline) {
  SOUK_CHECK(!router_->OnIoThread());
  Waiter waiter(1);
  Execute(key, std::move(args), deadline, waiter.Slot(0));
  return *std::move(waiter.Wait()[0]);
}

Result<Reply> Cluster::EvalSync(const Script& script, std::vector<std::string> keys, std::vector<std::string> args,
                                SteadyTime deadline) {
  SOUK_CHECK(!router_->OnIoThread());
  Waiter waiter(1);
  Eval(script, std::move(keys), std::move(args), deadline, waiter.Slot(0));
  return *std::move(waiter.Wait()[0]);
}

void Cluster::Publish(std::string channel, std::string message) {
  auto op = MakeOp(router_->config(), SteadyTime::max(), nullptr);
  op->route = Op::Route::kAnyNode;
  AppendCommand(op->wire, {"PUBLISH", std::move(channel), std::move(message)});
  router_->Submit(std::move(op));
}

std::unique_ptr<Subscription> Cluster::Subscribe(std::vector<std::string> channels, MessageCallback on_message) {
  SOUK_CHECK(!channels.empty());
  return std::make_unique<RoutedSubscription>(*router_, router_->Subscribe(std::move(channels), std::move(on_message)));
}

Result<std::vector<Reply>> Cluster::ExecuteOnPrimaries(std::vector<std::string> args, SteadyTime deadline) {
  SOUK_CHECK(!router_->OnIoThread());
  if (args.empty()) return InvalidArgument("args", "an empty command");
  const auto primaries = Primaries();
  if (primaries.empty()) return MakeError(ErrorCode::kUnavailable, "no Redis node is known yet", std::string(kReasonNodeAway));
  Waiter waiter(primaries.size());
  for (std::size_t i = 0; i < primaries.size(); ++i) {
    auto op = MakeOp(router_->config(), deadline, waiter.Slot(i));
    op->route = Op::Route::kPinned;
    op->pinned = primaries[i];
    AppendCommand(op->wire, args);
    router_->Submit(std::move(op));
  }
  std::vector<Reply> replies;
  for (auto& result : waiter.Wait()) {
    SOUK_ASSIGN_OR_RETURN(replies.emplace_back(), *std::move(result));
  }
  return replies;
}

Result<Reply> Cluster::ExecuteOn(const Endpoint& node, std::vector<std::string> args, SteadyTime deadline) {
  SOUK_CHECK(!router_->OnIoThread());
  if (args.empty()) return InvalidArgument("args", "an empty command");
  Waiter waiter(1);
  auto op = MakeOp(router_->config(), deadline, waiter.Slot(0));
  op->route = Op::Route::kPinned;
  op->pinned = node;
  AppendCommand(op->wire, args);
  router_->Submit(std::move(op));
  return *std::move(waiter.Wait()[0]);
}

bool Cluster::Connected() const { return router_->topology().Connected(); }
bool Cluster::AwaitConnected(SteadyTime deadline) const { return router_->topology().AwaitConnected(deadline); }
ClusterStats Cluster::Stats() const { return router_->Stats(); }
std::vector<Endpoint> Cluster::Primaries() const { return router_->topology().Primaries(); }
Endpoint Cluster::PrimaryOf(std::string_view key) const { return router_->topology().PrimaryOf(KeySlot(key)); }

}  // namespace souk::redis
