#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "libs/outbox/sweeper.hpp"
#include "test/sim/consumer.hpp"
#include "test/sim/kafka.hpp"
#include "test/sim/sql.hpp"
#include "test/sim/world.hpp"

namespace souk::sim {

/// Records from the old days of relays: what lies behind the last sequence seen. Only for Bug::kLastIdRelay.
class LastIdRelay {
 public:
  void Run(Sql& sql, kafka::Publisher& publisher);

 private:
  std::int64_t last_ = 0;
};

/// One process of a service: what it holds in memory dies with it, its database and its topics stay. Every await point of the real
/// process is an event of its own here, so it may die, stand still or be overtaken there.
class Node {
 public:
  Node(World& world, Broker& broker, Sql& sql, std::string name);
  virtual ~Node() = default;

  void Start();
  void Crash(std::string_view where);
  void Pause(microseconds time);
  bool up() const { return up_; }
  /// Tells one life of the process from the next.
  std::uint64_t Process() const { return epoch_; }

  /// Later, unless the process dies before; not while it stands still.
  void At(microseconds delay, std::function<void()> run);
  /// The next await point: a moment later, sometimes a long one.
  void Step(std::function<void()> run);
  /// Again and again as long as the process lives.
  void Every(milliseconds interval, std::function<void()> run);
  /// What a transaction left for the producer, after the commit.
  void HandOff(std::vector<outbox::OutboxRecord> records);

  World& world() { return world_; }
  Broker& broker() { return broker_; }
  Sql& sql() { return sql_; }
  void Trace(std::string_view what) { world_.Trace(name_, what); }
  const std::string& name() const { return name_; }

 protected:
  /// Builds what the process has in memory and starts its consumers and jobs.
  virtual void Boot() = 0;
  /// Drops all of it.
  virtual void Drop() = 0;
  /// From within Boot.
  void Consume(std::string group, std::vector<std::string> topics, bool lossy, Consumer::Handler handler);

 private:
  void Run(std::uint64_t epoch, const std::function<void()>& run);
  void RunRelay();

  World& world_;
  Broker& broker_;
  Sql& sql_;
  const std::string name_;
  const outbox::RelayConfig relay_config_;
  std::uint64_t epoch_ = 0;
  bool up_ = false;
  SystemTime paused_until_{};
  std::vector<std::shared_ptr<Consumer>> consumers_;
  OutboxTable table_;
  std::shared_ptr<Producer> producer_;
  std::shared_ptr<outbox::Dispatcher> dispatcher_;
  std::unique_ptr<outbox::Sweeper> sweeper_;
  LastIdRelay last_id_relay_;
};

/// The one writer of a process: whatever waits goes into the next transaction; a batch that fails is halved until the culprit fails alone.
/// As libs/sql/group_commit.hpp, with an event where that has a thread.
template <class Work>
class Writer {
 public:
  using Apply = std::function<Result<void>(std::span<Work>)>;
  using Done = std::function<void(Work&, const Result<void>&)>;

  /// `committed` takes away what the transactions left to hand off.
  Writer(Node& node, std::size_t batch_max, Apply apply, Done done, std::function<std::vector<outbox::OutboxRecord>()> committed)
      : node_(node), batch_max_(batch_max), apply_(std::move(apply)), done_(std::move(done)), committed_(std::move(committed)) {}

  Result<void> Submit(Work work) {
    queue_.push_back(std::move(work));
    if (!busy_) Begin();
    return {};
  }
  std::size_t Waiting() const { return queue_.size(); }

 private:
  struct Batch {
    std::vector<Work> works;
    std::vector<Result<void>> results;
  };

  void Begin() {
    busy_ = true;
    node_.Step([this] {
      auto batch = std::make_shared<Batch>();
      while (!queue_.empty() && batch->works.size() < batch_max_) {
        batch->works.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
      batch->results.resize(batch->works.size());
      node_.Step([this, batch] { Commit(batch); });
    });
  }
  void Commit(const std::shared_ptr<Batch>& batch) {
    ApplyOrSplit(*batch, 0, batch->works.size());
    node_.Step([this, batch] {
      node_.HandOff(committed_());
      node_.Step([this, batch] { Finish(*batch); });
    });
  }
  void ApplyOrSplit(Batch& batch, std::size_t from, std::size_t to) {
    const Result<void> result = apply_(std::span<Work>(batch.works).subspan(from, to - from));
    if (!result.ok() && to - from > 1 && result.error().code != ErrorCode::kUnavailable) {
      ApplyOrSplit(batch, from, from + (to - from) / 2);
      ApplyOrSplit(batch, from + (to - from) / 2, to);
      return;
    }
    for (std::size_t i = from; i < to; ++i) batch.results[i] = result;
  }
  void Finish(Batch& batch) {
    busy_ = false;
    if (!queue_.empty()) Begin();
    for (std::size_t i = 0; i < batch.works.size(); ++i) done_(batch.works[i], batch.results[i]);
  }

  Node& node_;
  const std::size_t batch_max_;
  const Apply apply_;
  const Done done_;
  const std::function<std::vector<outbox::OutboxRecord>()> committed_;
  std::deque<Work> queue_;
  bool busy_ = false;
};

/// Collects the answers to the works of one Kafka batch and tells how the handler ends: as the services' KafkaIn do, without a thread
/// that waits.
class Answers {
 public:
  Answers(std::size_t count, Consumer::Done done) : open_(count), done_(std::move(done)) {}
  void Settle(const Result<void>& result) {
    if (!result.ok() && error_.ok() && IsRetryable(result.error().code)) error_ = result;
    if (--open_ == 0) done_(error_);
  }

 private:
  std::size_t open_;
  const Consumer::Done done_;
  Result<void> error_;
};

}  // namespace souk::sim
