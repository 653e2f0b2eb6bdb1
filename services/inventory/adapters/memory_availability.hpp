#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "services/inventory/app/ports.hpp"

namespace souk::inventory {

/// Hot counts in memory, for tests: one shard per SKU, callbacks at once.
class MemoryAvailability final : public Availability {
 public:
  void Take(std::vector<std::vector<Line>> claims, std::function<void(std::vector<Verdict>)> done) override {
    std::vector<Verdict> verdicts;
    {
      const std::lock_guard lock(mutex_);
      for (const auto& claim : claims) verdicts.push_back(TakeOne(claim));
    }
    done(std::move(verdicts));
  }

  void Add(std::vector<CountChange> changes) override {
    const std::lock_guard lock(mutex_);
    for (const CountChange& change : changes) {
      const auto it = counts_.find(change.sku);
      if (it == counts_.end()) {
        // Units given back (available 0) say nothing about the ledger, so they seed nothing.
        if (change.available > 0) counts_.emplace(change.sku, Count{change.available, ++stamp_});
        continue;
      }
      it->second.available += change.difference;
      it->second.stamp = ++stamp_;
    }
  }

  void Read(std::vector<std::string> skus, std::function<void(Result<std::vector<CountView>>)> done) override {
    std::vector<CountView> views;
    {
      const std::lock_guard lock(mutex_);
      for (const std::string& sku : skus) {
        CountView view{sku, true, {}};
        if (const auto it = counts_.find(sku); it != counts_.end()) {
          view.missing = false;
          view.shards.push_back({0, it->second.available, it->second.stamp});
        }
        views.push_back(std::move(view));
      }
    }
    done(std::move(views));
  }

  void Seed(std::vector<Level> levels, std::function<void(Result<std::int64_t>)> done) override {
    std::int64_t seeded = 0;
    {
      const std::lock_guard lock(mutex_);
      for (const Level& level : levels) {
        if (counts_.try_emplace(level.sku, Count{level.Available(), ++stamp_}).second) ++seeded;
      }
    }
    done(seeded);
  }

  void Correct(const CountView& seen, std::int64_t available, std::function<void(bool)> done) override {
    bool corrected = false;
    {
      const std::lock_guard lock(mutex_);
      const auto it = counts_.find(seen.sku);
      if (it != counts_.end() && !seen.shards.empty() && it->second.stamp == seen.shards[0].stamp) {
        it->second = Count{available, ++stamp_};
        corrected = true;
      }
    }
    done(corrected);
  }

  int ShardsOf(const std::string&) const override { return 1; }

  /// As if the engine had lost everything.
  void Forget() {
    const std::lock_guard lock(mutex_);
    counts_.clear();
  }

  struct Count {
    std::int64_t available = 0;
    std::int64_t stamp = 0;
  };
  /// What a replica may have: put back later, it is a failover that lost the writes since.
  std::map<std::string, Count> Copy() const {
    const std::lock_guard lock(mutex_);
    return counts_;
  }
  void Overwrite(std::map<std::string, Count> counts) {
    const std::lock_guard lock(mutex_);
    counts_ = std::move(counts);
  }

 private:

  Verdict TakeOne(const std::vector<Line>& claim) {
    Verdict verdict{Verdict::Kind::kTaken, {}};
    for (const Line& line : claim) {
      const auto it = counts_.find(line.sku);
      if (it == counts_.end()) return {Verdict::Kind::kUnknown, {}};
      if (it->second.available < line.quantity) {
        verdict.kind = Verdict::Kind::kRefused;
        verdict.short_lines.push_back({line.sku, line.quantity, std::max<std::int64_t>(0, it->second.available)});
      }
    }
    if (verdict.kind != Verdict::Kind::kTaken) return verdict;
    for (const Line& line : claim) {
      counts_[line.sku].available -= line.quantity;
      counts_[line.sku].stamp = ++stamp_;
    }
    return verdict;
  }

  mutable std::mutex mutex_;
  std::map<std::string, Count> counts_;
  std::int64_t stamp_ = 0;
};

}  // namespace souk::inventory
