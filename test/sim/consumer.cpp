#include "test/sim/consumer.hpp"

#include <fmt/format.h>

#include "test/sim/node.hpp"

namespace souk::sim {

Consumer::Consumer(Node& node, std::string group, std::vector<std::string> topics, bool lossy, Handler handler)
    : node_(node),
      group_(std::move(group)),
      topics_(std::move(topics)),
      lossy_(lossy),
      handler_(std::move(handler)),
      duplicates_(true, false, node.world().random().Next()),
      shuffle_(false, true, node.world().random().Next()) {}

void Consumer::Join() { node_.broker().Join(group_, this); }
void Consumer::Leave() { node_.broker().Leave(group_, this); }

void Consumer::Wake() {
  if (dead_ || busy_ || awake_) return;
  awake_ = true;
  node_.At(node_.world().Between(microseconds(500), milliseconds(15)), [self = shared_from_this()] {
    self->awake_ = false;
    self->Poll();
  });
}

void Consumer::Poll() {
  if (busy_) return;
  if (const microseconds away = node_.broker().AwayFor(); away.count() > 0) {
    awake_ = true;
    node_.At(std::min<microseconds>(away, seconds(1)), [self = shared_from_this()] {
      self->awake_ = false;
      self->Poll();
    });
    return;
  }
  const std::uint64_t generation = node_.broker().Generation(group_);
  if (generation != generation_) {
    generation_ = generation;
    positions_.clear();
  }
  auto batch = std::make_shared<std::vector<kafka::Record>>(Fetch());
  if (fetched_.empty()) return;
  busy_ = true;
  if (node_.world().Has(Bug::kOffsetBeforeCommit)) node_.broker().Commit(group_, generation_, fetched_);
  Disturb(*batch);
  node_.Step([self = shared_from_this(), batch] { self->Handle(batch); });
}

std::vector<kafka::Record> Consumer::Fetch() {
  std::vector<kafka::Record> batch;
  fetched_.clear();
  const std::size_t batch_max = 1 + node_.world().Below(40);
  for (const Broker::Place& place : node_.broker().AssignedTo(group_, this, topics_)) {
    const auto known = positions_.find(place);
    const std::int64_t from = known != positions_.end() ? known->second : node_.broker().Committed(group_, place);
    const auto& log = node_.broker().Log(place);
    std::int64_t next = from;
    for (; next < static_cast<std::int64_t>(log.size()) && batch.size() < batch_max; ++next) {
      const kafka::Record& record = log[static_cast<std::size_t>(next)];
      if (lossy_ && node_.world().Fault(node_.world().faults().lost)) {
        node_.world().Trace(node_.name(), fmt::format("{} of {} is dropped", record.HeaderValue("ce_type"), record.key));
        continue;
      }
      batch.push_back(record);
    }
    if (next > from) fetched_[place] = next;
  }
  return batch;
}

void Consumer::Disturb(std::vector<kafka::Record>& batch) {
  if (node_.world().Fault(node_.world().faults().duplicate)) duplicates_.Apply(batch);
  if (node_.world().Fault(node_.world().faults().shuffle)) shuffle_.Apply(batch);
}

void Consumer::Handle(std::shared_ptr<std::vector<kafka::Record>> batch) {
  if (batch->empty()) return Handled(batch, {});
  handler_(batch, [self = shared_from_this(), batch](const Result<void>& result) { self->Handled(batch, result); });
}

void Consumer::Handled(const std::shared_ptr<std::vector<kafka::Record>>& batch, const Result<void>& result) {
  const bool ours = node_.broker().Generation(group_) == generation_;
  if (!result.ok() && ours) {
    // The same records again, for as long as it takes.
    node_.At(node_.world().Between(milliseconds(50), milliseconds(1'500)), [self = shared_from_this(), batch] { self->Handle(batch); });
    return;
  }
  if (ours) {
    for (const auto& [place, next] : fetched_) positions_[place] = next;
    CommitLater();
  }
  busy_ = false;
  Wake();
}

void Consumer::CommitLater() {
  if (committing_) return;
  committing_ = true;
  node_.At(node_.world().Between(milliseconds(1), milliseconds(800)), [self = shared_from_this()] {
    self->committing_ = false;
    World& world = self->node_.world();
    if (world.Fault(world.faults().offset_lost) || self->node_.broker().AwayFor().count() > 0) return self->CommitLater();
    self->node_.broker().Commit(self->group_, self->generation_, self->positions_);
  });
}

}  // namespace souk::sim
