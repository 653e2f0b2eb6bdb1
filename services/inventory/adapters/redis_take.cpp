#include "services/inventory/adapters/redis_take.hpp"

#include <map>

namespace souk::inventory {

RedisAvailability::TakeRun::TakeRun(RedisAvailability& owner, std::vector<std::vector<Line>> claims,
                                    std::function<void(std::vector<Verdict>)> done)
    : owner_(owner), claims_(std::move(claims)), done_(std::move(done)) {
  std::unordered_map<std::string_view, std::size_t> index;
  for (std::size_t claim = 0; claim < claims_.size(); ++claim) {
    for (const Line& line : claims_[claim]) {
      const auto [it, added] = index.try_emplace(line.sku, groups_.size());
      if (added) groups_.push_back({line.sku, 0, {}, {}, 0, 0, 1});
      Group& group = groups_[it->second];
      group.requests.push_back({claim, line.quantity, 0, Fate::kOpen});
      if (group.runs.empty() || group.runs.back().quantity != line.quantity) group.runs.push_back({line.quantity, 0});
      ++group.runs.back().count;
    }
  }
}

void RedisAvailability::TakeRun::Start() {
  open_ = groups_.size() + 1;  // one for this loop, so that Finish comes after it
  for (std::size_t i = 0; i < groups_.size(); ++i) Ask(i);
  EndGroup();
}

void RedisAvailability::TakeRun::Ask(std::size_t index) {
  Group& group = groups_[index];
  switch (owner_.PlanTake(group.sku, static_cast<std::int64_t>(group.requests.size()), &group.shard)) {
    case Plan::kEmpty:
      MarkOpen(group, Fate::kRefused);
      return EndGroup();
    case Plan::kAvoid:
      MarkOpen(group, Fate::kUnknown);
      return EndGroup();
    case Plan::kAsk:
      break;
  }
  owner_.shards_.Take(group.sku, group.shard, group.runs,
                      [self = shared_from_this(), index](Result<ShardReply> reply) { self->OnTake(index, reply); });
}

void RedisAvailability::TakeRun::MarkOpen(Group& group, Fate fate, std::int64_t available) {
  for (Request& request : group.requests) {
    if (request.fate != Fate::kOpen) continue;
    request.fate = fate;
    request.available = std::max<std::int64_t>(0, available);
  }
}

void RedisAvailability::TakeRun::OnTake(std::size_t index, const Result<ShardReply>& reply) {
  Group& group = groups_[index];
  if (!reply.ok()) {
    owner_.NoteError(group.sku, reply.error());
    MarkOpen(group, Fate::kUnknown);
    return EndGroup();
  }
  bool all = true;
  if (reply->state == ShardReply::State::kOk) {
    owner_.Learn(group.sku, group.shard, *reply);
    std::size_t next = 0;
    for (std::size_t run = 0; run < group.runs.size(); ++run) {
      const std::int64_t granted = run < reply->granted.size() ? reply->granted[run] : 0;
      for (std::int64_t k = 0; k < group.runs[run].count; ++k, ++next) {
        if (k < granted) group.requests[next].fate = Fate::kGranted;
      }
      all = all && granted == group.runs[run].count;
    }
  } else if (group.shard == 0) {
    owner_.watch_.Missing(group.sku);
    MarkOpen(group, Fate::kUnknown);
    return EndGroup();
  } else {
    all = false;
  }
  if (all) {
    owner_.MaybeResize(group.sku, false);
    return EndGroup();
  }
  const bool only_shard = group.shard == 0 && reply->shards <= 1;
  if (!only_shard) return Gather(index);
  const bool moving = owner_.Resizing(group.sku);
  MarkOpen(group, moving ? Fate::kUnknown : Fate::kRefused, reply->available);
  if (reply->available <= 0 && !moving) owner_.NoteEmpty(group.sku);
  EndGroup();
}

void RedisAvailability::TakeRun::Gather(std::size_t index) {
  Group& group = groups_[index];
  std::int64_t want = -group.pool;
  for (const Request& request : group.requests) {
    if (request.fate == Fate::kOpen) want += request.quantity;
  }
  if (owner_.stopping_) {
    MarkOpen(group, Fate::kUnknown);
    return EndGroup();
  }
  owner_.shards_.TakeUpTo(group.sku, group.next_shard, want,
                          [self = shared_from_this(), index](Result<ShardReply> reply) { self->OnGathered(index, reply); });
}

void RedisAvailability::TakeRun::OnGathered(std::size_t index, const Result<ShardReply>& reply) {
  Group& group = groups_[index];
  const bool lost = !reply.ok() || (group.next_shard == 0 && reply->state == ShardReply::State::kMissing);
  if (lost) {
    // A shard that can't be asked may hold what is needed: only the ledger can refuse now.
    if (!reply.ok()) owner_.NoteError(group.sku, reply.error());
    if (reply.ok()) owner_.watch_.Missing(group.sku);
    if (group.pool > 0) owner_.AddTo({group.sku, group.pool, 0}, 0);
    group.pool = 0;
    MarkOpen(group, Fate::kUnknown);
    return EndGroup();
  }
  if (reply->state == ShardReply::State::kOk) {
    owner_.Learn(group.sku, group.next_shard, *reply);
    group.pool += reply->amount;
  }
  if (group.next_shard == 0) group.shards = std::max(1, reply->shards);
  ++group.next_shard;
  std::int64_t want = 0;
  for (const Request& request : group.requests) {
    if (request.fate == Fate::kOpen) want += request.quantity;
  }
  if (group.pool < want && group.next_shard < group.shards) return Gather(index);
  SettleFromPool(group);
  EndGroup();
}

void RedisAvailability::TakeRun::SettleFromPool(Group& group) {
  const bool dry = group.pool == 0;
  for (Request& request : group.requests) {
    if (request.fate != Fate::kOpen || request.quantity > group.pool) continue;
    request.fate = Fate::kGranted;
    group.pool -= request.quantity;
  }
  const bool moving = owner_.Resizing(group.sku);
  MarkOpen(group, moving ? Fate::kUnknown : Fate::kRefused, group.pool);
  if (group.pool > 0) owner_.AddTo({group.sku, group.pool, 0}, 0);
  group.pool = 0;
  if (dry && !moving) owner_.NoteEmpty(group.sku);
  owner_.MaybeResize(group.sku, true);
}

void RedisAvailability::TakeRun::EndGroup() {
  if (open_.fetch_sub(1) == 1) Finish();
}

void RedisAvailability::TakeRun::Finish() {
  std::vector<Verdict> verdicts(claims_.size(), Verdict{Verdict::Kind::kTaken, {}});
  for (const Group& group : groups_) {
    for (const Request& request : group.requests) {
      Verdict& verdict = verdicts[request.claim];
      if (request.fate == Fate::kRefused) {
        verdict.kind = Verdict::Kind::kRefused;
        verdict.short_lines.push_back({group.sku, request.quantity, request.available});
      } else if (request.fate == Fate::kUnknown && verdict.kind == Verdict::Kind::kTaken) {
        verdict.kind = Verdict::Kind::kUnknown;
      }
    }
  }
  for (const Group& group : groups_) {  // all lines or none
    std::int64_t back = 0;
    bool refused = false;
    for (const Request& request : group.requests) {
      const bool kept = verdicts[request.claim].kind == Verdict::Kind::kTaken;
      if (request.fate == Fate::kGranted && !kept) back += request.quantity;
      refused = refused || request.fate == Fate::kRefused;
    }
    if (back > 0) owner_.AddTo({group.sku, back, 0}, group.shard);
    if (refused) owner_.watch_.Suspect(group.sku);
  }
  done_(std::move(verdicts));
}

}  // namespace souk::inventory
