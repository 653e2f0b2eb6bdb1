#include "test/sim/node.hpp"

#include <fmt/format.h>

namespace souk::sim {
namespace {

constexpr seconds kSessionTimeout{6};
constexpr milliseconds kRelayInterval{250};

}  // namespace

void LastIdRelay::Run(Sql& sql, kafka::Publisher& publisher) {
  std::map<std::int64_t, std::vector<outbox::RowKey>> behind;
  for (const auto& [key, row] : sql.rows()) {
    if (row.sequence > last_) behind[row.sequence].push_back(key);
  }
  for (const auto& [sequence, keys] : behind) {
    for (const outbox::RowKey& key : keys) {
      const auto deleted = [&sql, key](const Result<void>& result) {
        if (result.ok()) sql.rows().erase(key);
      };
      (void)publisher.Produce(sql.rows().at(key).record, deleted).ok();
    }
    last_ = sequence;
  }
}

Node::Node(World& world, Broker& broker, Sql& sql, std::string name)
    : world_(world), broker_(broker), sql_(sql), name_(std::move(name)), table_(sql) {}

void Node::Start() {
  if (up_) return;
  up_ = true;
  paused_until_ = {};
  world_.Trace(name_, "starts");
  producer_ = std::make_shared<Producer>(world_, broker_, name_);
  dispatcher_ = std::make_shared<outbox::Dispatcher>(relay_config_, *producer_);
  sweeper_ = std::make_unique<outbox::Sweeper>(relay_config_, table_, *dispatcher_, world_.random());
  last_id_relay_ = {};
  Every(kRelayInterval, [this] { RunRelay(); });
  Every(relay_config_.sweep_interval, [this] { (void)sweeper_->LookForOrphans(); });
  Boot();
  for (const auto& consumer : consumers_) consumer->Join();
}

void Node::Crash(std::string_view where) {
  if (!up_) return;
  world_.Trace(name_, fmt::format("dies {}", where));
  up_ = false;
  ++epoch_;
  for (auto& consumer : consumers_) {
    consumer->Die();
    // The group finds out by its time-out, or as soon as the process is back.
    world_.After(world_.Between(milliseconds(0), kSessionTimeout), [consumer] { consumer->Leave(); });
  }
  consumers_.clear();
  producer_->Die();
  Drop();
  sweeper_.reset();
  dispatcher_.reset();
  world_.After(world_.Between(milliseconds(50), seconds(8)), [this] { Start(); });
}

void Node::Pause(microseconds time) {
  if (!up_ || world_.Now() < paused_until_) return;
  world_.Trace(name_, "stands still");
  paused_until_ = world_.Now() + time;
  if (time < kSessionTimeout) return;
  world_.After(kSessionTimeout, [this, epoch = epoch_] {
    if (epoch != epoch_) return;
    for (const auto& consumer : consumers_) consumer->Leave();
  });
  At(time, [this] {
    world_.Trace(name_, "goes on");
    for (const auto& consumer : consumers_) consumer->Join();
  });
}

void Node::At(microseconds delay, std::function<void()> run) {
  world_.After(delay, [this, epoch = epoch_, run = std::move(run)] { Run(epoch, run); });
}

void Node::Run(std::uint64_t epoch, const std::function<void()>& run) {
  if (epoch != epoch_) return;
  if (world_.Now() < paused_until_) {
    world_.After(paused_until_ - world_.Now(), [this, epoch, run] { Run(epoch, run); });
    return;
  }
  try {
    run();
  } catch (const Killed& killed) {
    Crash(killed.where);
  }
}

void Node::Step(std::function<void()> run) {
  const bool slow = world_.Fault(world_.faults().slow_step);
  At(slow ? world_.Between(milliseconds(5), seconds(1)) : world_.Between(microseconds(50), milliseconds(3)), std::move(run));
}

void Node::Every(milliseconds interval, std::function<void()> run) {
  At(interval, [this, interval, run = std::move(run)] {
    run();
    Every(interval, run);
  });
}

void Node::HandOff(std::vector<outbox::OutboxRecord> records) {
  if (records.empty() || world_.Has(Bug::kLastIdRelay)) return;
  dispatcher_->HandOff(std::move(records));
}

void Node::RunRelay() {
  if (world_.Has(Bug::kLastIdRelay)) return last_id_relay_.Run(sql_, *producer_);
  sweeper_->DeleteAcknowledged();
  if (sweeper_->Sweep()) At(milliseconds(5), [this] { RunRelay(); });
}

void Node::Consume(std::string group, std::vector<std::string> topics, bool lossy, Consumer::Handler handler) {
  consumers_.push_back(std::make_shared<Consumer>(*this, std::move(group), std::move(topics), lossy, std::move(handler)));
}

}  // namespace souk::sim
