#include "services/inventory/adapters/redis_availability.hpp"

#include <limits>
#include <numeric>

#include "services/inventory/adapters/redis_resize.hpp"
#include "services/inventory/adapters/redis_take.hpp"

namespace souk::inventory {
namespace {

constexpr std::int64_t kPlenty = std::numeric_limits<std::int32_t>::max();  // a shard not heard of yet is worth a try
constexpr std::chrono::milliseconds kResizePause{500};

SteadyTime Now() { return std::chrono::steady_clock::now(); }

}  // namespace

RedisAvailability::RedisAvailability(RedisAvailabilityConfig config, redis::Cluster& cluster, Random& random,
                                     CountWatch& watch)
    : config_(config), shards_(cluster, config.timeout), random_(random), watch_(watch) {}

void RedisAvailability::Take(std::vector<std::vector<Line>> claims, std::function<void(std::vector<Verdict>)> done) {
  if (stopping_) return done(std::vector<Verdict>(claims.size()));
  std::make_shared<TakeRun>(*this, std::move(claims), std::move(done))->Start();
}

RedisAvailability::Plan RedisAvailability::PlanTake(const std::string& sku, std::int64_t claims, int* shard) {
  const SteadyTime now = Now();
  const std::lock_guard lock(mutex_);
  Hot& hot = hot_[sku];
  hot.rate.Add(claims, now);
  if (now < hot.avoid_until) return Plan::kAvoid;
  if (now < hot.empty_until) return Plan::kEmpty;
  *shard = hot.believed.size() > 1 ? PickShard(hot.believed, random_.Next()) : 0;
  return Plan::kAsk;
}

void RedisAvailability::Learn(const std::string& sku, int shard, const ShardReply& reply) {
  const std::lock_guard lock(mutex_);
  Hot& hot = hot_[sku];
  if (reply.shards > 0 && !hot.resizing) {
    hot.believed.resize(static_cast<std::size_t>(std::min(reply.shards, config_.shards_max)), kPlenty);
  }
  const auto index = static_cast<std::size_t>(shard);
  if (index < hot.believed.size()) hot.believed[index] = reply.available;
}

void RedisAvailability::NoteEmpty(const std::string& sku) {
  const std::lock_guard lock(mutex_);
  hot_[sku].empty_until = Now() + config_.empty_for;
}

bool RedisAvailability::Resizing(const std::string& sku) const {
  const std::lock_guard lock(mutex_);
  const auto it = hot_.find(sku);
  return it != hot_.end() && it->second.resizing;
}

void RedisAvailability::NoteError(const std::string& sku, const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    hot_[sku].avoid_until = Now() + config_.avoid_for;
  }
  if (redis::EffectUnknown(error)) watch_.Suspect(sku);
}

void RedisAvailability::MaybeResize(const std::string& sku, bool ran_dry) {
  int from = 0;
  int to = 0;
  std::int64_t units = 0;
  {
    const SteadyTime now = Now();
    const std::lock_guard lock(mutex_);
    Hot& hot = hot_[sku];
    if (stopping_ || hot.resizing || now - hot.resized_at < kResizePause) return;
    from = static_cast<int>(hot.believed.size());
    units = 0;
    for (const std::int64_t count : hot.believed) units += count == kPlenty ? 0 : count;
    to = DesiredShards(hot.rate.PerSecond(now), units, config_.shards_max);
    // Another instance may be the one that sees the contention: shards are merged when stock runs out, not when calm.
    if (to == from || (to < from && !ran_dry)) return;
    if (to < from) to = 1;
    hot.resizing = true;
  }
  std::make_shared<Resize>(*this, sku, from, to, units)->Start();
}

void RedisAvailability::ResizeEnded(const std::string& sku, int shards) {
  const std::lock_guard lock(mutex_);
  Hot& hot = hot_[sku];
  hot.resizing = false;
  hot.resized_at = Now();
  hot.believed.resize(static_cast<std::size_t>(shards), kPlenty);
}

int RedisAvailability::ShardsOf(const std::string& sku) const {
  const std::lock_guard lock(mutex_);
  const auto it = hot_.find(sku);
  return it == hot_.end() ? 1 : static_cast<int>(it->second.believed.size());
}

void RedisAvailability::Add(std::vector<CountChange> changes) {
  for (const CountChange& change : changes) {
    int shard = 0;
    {
      const std::lock_guard lock(mutex_);
      if (const auto it = hot_.find(change.sku); it != hot_.end()) {
        Hot& hot = it->second;
        if (change.difference > 0) hot.empty_until = {};
        if (hot.believed.size() > 1) shard = PickShard(hot.believed, random_.Next());
      }
    }
    AddTo(change, shard);
  }
}

void RedisAvailability::AddTo(const CountChange& change, int shard) {
  if (stopping_) return;
  // Units given back (available 0) say nothing about the ledger, so they seed nothing: what is missing is set from there.
  const std::int64_t* seed = shard == 0 && change.available > 0 ? &change.available : nullptr;
  shards_.Add(change.sku, shard, change.difference, seed, [this, change, shard](Result<ShardReply> reply) {
    if (!reply.ok()) return NoteError(change.sku, reply.error()), watch_.Suspect(change.sku);
    if (reply->state == ShardReply::State::kOk) return Learn(change.sku, shard, *reply);
    if (shard != 0) return AddTo(change, 0);
    watch_.Missing(change.sku);
  });
}

void RedisAvailability::Read(std::vector<std::string> skus, std::function<void(Result<std::vector<CountView>>)> done) {
  struct Reading {
    std::mutex mutex;
    std::vector<CountView> views;
    std::optional<Error> error;
    std::size_t open = 1;
    std::function<void(Result<std::vector<CountView>>)> done;
    void End() {
      {
        const std::lock_guard lock(mutex);
        if (--open > 0) return;
      }
      if (error) return done(*error);
      done(std::move(views));
    }
  };
  const auto reading = std::make_shared<Reading>();
  reading->done = std::move(done);
  if (stopping_) reading->error = MakeError(ErrorCode::kUnavailable, "stopping");
  for (std::size_t i = 0; i < skus.size(); ++i) reading->views.push_back({skus[i], true, {}});
  for (std::size_t i = 0; i < skus.size() && !reading->error; ++i) {
    {
      const std::lock_guard lock(reading->mutex);
      ++reading->open;
    }
    shards_.Read(skus[i], 0, [this, reading, i, sku = skus[i]](Result<ShardReply> first) {
      const int shards = first.ok() ? first->shards_max : 0;
      {
        const std::lock_guard lock(reading->mutex);
        if (!first.ok()) reading->error = first.error();
        if (first.ok() && first->state == ShardReply::State::kOk) {
          reading->views[i].missing = false;
          reading->views[i].shards.resize(static_cast<std::size_t>(std::max(1, shards)));
          reading->views[i].shards[0] = {0, first->available, first->stamp};
          reading->open += static_cast<std::size_t>(std::max(1, shards) - 1);
        }
      }
      for (int shard = 1; shard < shards; ++shard) {
        shards_.Read(sku, shard, [reading, i, shard](Result<ShardReply> reply) {
          {
            const std::lock_guard lock(reading->mutex);
            if (!reply.ok()) reading->error = reply.error();
            if (reply.ok()) reading->views[i].shards[static_cast<std::size_t>(shard)] = {shard, reply->available, reply->stamp};
          }
          reading->End();
        });
      }
      reading->End();
    });
  }
  reading->End();
}

void RedisAvailability::Seed(std::vector<Level> levels, std::function<void(Result<std::int64_t>)> done) {
  struct Seeding {
    std::atomic<std::size_t> open{1};
    std::atomic<std::int64_t> seeded{0};
    std::atomic<bool> failed{false};
    std::function<void(Result<std::int64_t>)> done;
    void End() {
      if (open.fetch_sub(1) != 1) return;
      if (failed) return done(MakeError(ErrorCode::kUnavailable, "some counts could not be set"));
      done(seeded.load());
    }
  };
  const auto seeding = std::make_shared<Seeding>();
  seeding->done = std::move(done);
  seeding->open += levels.size();
  for (const Level& level : levels) {
    shards_.Seed(level.sku, level.Available(), [this, seeding, sku = level.sku](Result<ShardReply> reply) {
      if (!reply.ok()) seeding->failed = true;
      if (reply.ok() && reply->amount == 1) {
        ++seeding->seeded;
        const std::lock_guard lock(mutex_);
        if (const auto it = hot_.find(sku); it != hot_.end()) {
          it->second.believed.assign(1, kPlenty);
          it->second.empty_until = {};
        }
      }
      seeding->End();
    });
  }
  seeding->End();
}

void RedisAvailability::Correct(const CountView& seen, std::int64_t available, std::function<void(bool)> done) {
  Read({seen.sku}, [this, seen, available, done = std::move(done)](Result<std::vector<CountView>> now) {
    if (!now.ok() || stopping_ || seen.missing || !((*now)[0] == seen)) return done(false);
    shards_.AddIf(seen.sku, 0, seen.shards[0].stamp, available - seen.Total(), [this, done, seen](Result<ShardReply> reply) {
      const bool corrected = reply.ok() && reply->amount == 1;
      if (corrected) Learn(seen.sku, 0, *reply);
      if (corrected) {
        const std::lock_guard lock(mutex_);
        hot_[seen.sku].empty_until = {};
      }
      done(corrected);
    });
  });
}

}  // namespace souk::inventory
