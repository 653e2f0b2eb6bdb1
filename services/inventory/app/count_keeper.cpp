#include "services/inventory/app/count_keeper.hpp"

#include <memory>

namespace souk::inventory {
namespace {

constexpr std::size_t kTouchedMax = 200'000;
constexpr std::size_t kSuspectsMax = 50'000;
constexpr int kSeedPage = 1000;
constexpr std::chrono::seconds kFullSeedPause{2};

}  // namespace

CountKeeper::CountKeeper(CountKeeperConfig config, Availability& availability, StockReader& reader, Now now)
    : config_(config), availability_(availability), reader_(reader), now_(std::move(now)) {}

void CountKeeper::Suspect(const std::string& sku) {
  const std::lock_guard lock(mutex_);
  if (suspects_.size() < kSuspectsMax) suspects_.insert(sku);
}

void CountKeeper::Missing(const std::string& sku) {
  const std::lock_guard lock(mutex_);
  if (missing_.size() < kSuspectsMax) missing_.insert(sku);
}

void CountKeeper::OnLevel(const Level& level) {
  const SteadyTime now = now_();
  const std::lock_guard lock(mutex_);
  if (touched_.size() < kTouchedMax) touched_[level.sku] = now;
}

CountKeeper::Stats CountKeeper::Counts() const {
  const std::lock_guard lock(mutex_);
  return {corrected_.load(), seeded_.load(), static_cast<std::int64_t>(suspects_.size())};
}

void CountKeeper::Tick() {
  SeedMissing();
  CompareSuspects();
  SweepOn();
}

void CountKeeper::CompareSuspects() {
  std::vector<std::string> skus;
  {
    const SteadyTime now = now_();
    const std::lock_guard lock(mutex_);
    if (comparing_) return;
    for (auto it = touched_.begin(); it != touched_.end();) {
      const bool quiet = now - it->second >= config_.quiet;
      if (quiet && suspects_.size() < kSuspectsMax) suspects_.insert(it->first);
      it = quiet ? touched_.erase(it) : std::next(it);
    }
    for (auto it = suspects_.begin(); it != suspects_.end() && skus.size() < config_.compare_max;) {
      skus.push_back(*it);
      it = suspects_.erase(it);
    }
    if (skus.empty()) return;
    comparing_ = true;
  }
  Compare(std::move(skus));
}

void CountKeeper::Compare(std::vector<std::string> skus) {
  availability_.Read(skus, [this, skus](Result<std::vector<CountView>> views) {
    const auto finish = [this, skus](bool again) {
      const std::lock_guard lock(mutex_);
      if (again) suspects_.insert(skus.begin(), skus.end());
      comparing_ = false;
    };
    if (!views.ok()) return finish(true);
    reader_.Levels(skus, [this, finish, views = std::move(*views)](Result<std::vector<Level>> levels) {
      if (!levels.ok()) return finish(true);
      std::unordered_map<std::string, const Level*> by_sku;
      for (const Level& level : *levels) by_sku[level.sku] = &level;
      for (const CountView& view : views) {
        if (const auto it = by_sku.find(view.sku); it != by_sku.end()) OnLook(view.sku, view, *it->second);
      }
      finish(false);
    });
  });
}

void CountKeeper::OnLook(const std::string& sku, const CountView& view, const Level& level) {
  bool repair = false;
  {
    const std::lock_guard lock(mutex_);
    if (view.missing) {
      missing_.insert(sku);
      return;
    }
    const auto last = last_look_.find(sku);
    if (view.Total() == level.Available()) {
      if (last != last_look_.end()) last_look_.erase(last);
      return;
    }
    suspects_.insert(sku);  // looked at again at the next Tick, also after a repair
    repair = last != last_look_.end() && last->second.view == view && last->second.level == level;
    if (!repair) last_look_[sku] = {view, level};
    if (repair) last_look_.erase(last);
  }
  if (!repair) return;
  availability_.Correct(view, level.Available(), [this](bool corrected) { corrected_ += corrected ? 1 : 0; });
}

void CountKeeper::SweepOn() {
  std::string after;
  {
    const std::lock_guard lock(mutex_);
    if (sweeping_ || config_.sweep_page <= 0) return;
    sweeping_ = true;
    after = cursor_;
  }
  reader_.LevelsAfter(after, config_.sweep_page, [this](Result<std::vector<Level>> levels) {
    const std::lock_guard lock(mutex_);
    sweeping_ = false;
    if (!levels.ok()) return;
    cursor_ = levels->empty() ? "" : levels->back().sku;
    if (suspects_.size() + levels->size() > kSuspectsMax) return;
    for (const Level& level : *levels) suspects_.insert(level.sku);
  });
}

void CountKeeper::SeedMissing() {
  std::vector<std::string> skus;
  bool full = false;
  {
    const SteadyTime now = now_();
    const std::lock_guard lock(mutex_);
    if (seeding_ || missing_.empty()) return;
    for (auto it = missing_.begin(); it != missing_.end() && skus.size() < config_.compare_max;) {
      skus.push_back(*it);
      it = missing_.erase(it);
    }
    seeding_ = true;
    // Where one is missing all may be: a node came back empty. Then the callers should not have to find each.
    full = !full_seeding_ && (full_seed_ended_ == SteadyTime{} || now - full_seed_ended_ > kFullSeedPause);
    full_seeding_ = full_seeding_ || full;
  }
  reader_.Levels(skus, [this, full, skus](Result<std::vector<Level>> levels) {
    const auto finish = [this](bool start_full) {
      {
        const std::lock_guard lock(mutex_);
        seeding_ = false;
      }
      if (start_full) StartFullSeed();
    };
    if (!levels.ok()) {
      for (const std::string& sku : skus) Missing(sku);
      if (full) FullSeedEnded();
      return finish(false);
    }
    availability_.Seed(*levels, [this, finish, full, skus](Result<std::int64_t> seeded) {
      if (seeded.ok()) seeded_ += *seeded;
      for (const std::string& sku : skus) seeded.ok() ? Suspect(sku) : Missing(sku);
      if (full && !seeded.ok()) FullSeedEnded();
      finish(full && seeded.ok());
    });
  });
}

void CountKeeper::FullSeedEnded() {
  const std::lock_guard lock(mutex_);
  full_seeding_ = false;
  full_seed_ended_ = now_();
}

void CountKeeper::StartFullSeed() {
  // Pages follow each other; each is one statement and one pipelined round of scripts.
  const auto page = std::make_shared<std::function<void(std::string)>>();
  *page = [this, weak = std::weak_ptr(page)](std::string after) {
    const auto self = weak.lock();
    reader_.LevelsAfter(std::move(after), kSeedPage, [this, self](Result<std::vector<Level>> levels) {
      if (!levels.ok() || levels->empty()) return FullSeedEnded();
      const std::string last = levels->back().sku;
      availability_.Seed(std::move(*levels), [this, self, last](Result<std::int64_t> seeded) {
        if (seeded.ok()) seeded_ += *seeded;
        if (self) (*self)(last);
      });
    });
  };
  (*page)("");
}

/// One pass over the SKUs asked for, page by page.
class CountKeeper::RebuildRun : public std::enable_shared_from_this<RebuildRun> {
 public:
  RebuildRun(CountKeeper& keeper, std::vector<std::string> skus, std::function<void(Result<Rebuilt>)> done)
      : keeper_(keeper), skus_(std::move(skus)), done_(std::move(done)) {}

  void Start() {
    const auto on_levels = [self = shared_from_this()](Result<std::vector<Level>> levels) { self->OnLevels(std::move(levels)); };
    if (skus_.empty()) return keeper_.reader_.LevelsAfter(after_, kSeedPage, on_levels);
    keeper_.reader_.Levels(skus_, on_levels);
  }

 private:
  void OnLevels(Result<std::vector<Level>> levels) {
    if (!levels.ok()) return done_(levels.error());
    if (levels->empty()) return done_(result_);
    levels_ = std::move(*levels);
    after_ = levels_.back().sku;
    result_.rebuilt += static_cast<std::int64_t>(levels_.size());
    keeper_.availability_.Seed(levels_, [self = shared_from_this()](Result<std::int64_t> seeded) {
      if (!seeded.ok()) return self->done_(seeded.error());
      self->result_.differing += *seeded;
      self->keeper_.seeded_ += *seeded;
      self->ReadCounts();
    });
  }

  void ReadCounts() {
    std::vector<std::string> names;
    for (const Level& level : levels_) names.push_back(level.sku);
    keeper_.availability_.Read(std::move(names), [self = shared_from_this()](Result<std::vector<CountView>> views) {
      if (!views.ok()) return self->done_(views.error());
      for (std::size_t i = 0; i < views->size(); ++i) {
        const CountView& view = (*views)[i];
        const Level& level = self->levels_[i];
        if (view.missing || view.Total() == level.Available()) continue;
        ++self->result_.differing;
        self->keeper_.availability_.Correct(view, level.Available(), [self](bool corrected) {
          self->keeper_.corrected_ += corrected ? 1 : 0;
        });
        self->keeper_.Suspect(level.sku);  // a change on its way would make the repair wrong: look again
      }
      if (!self->skus_.empty()) return self->done_(self->result_);
      self->Start();
    });
  }

  CountKeeper& keeper_;
  const std::vector<std::string> skus_;
  const std::function<void(Result<Rebuilt>)> done_;
  std::vector<Level> levels_;
  std::string after_;
  Rebuilt result_;
};

void CountKeeper::Rebuild(std::vector<std::string> skus, std::function<void(Result<Rebuilt>)> done) {
  std::make_shared<RebuildRun>(*this, std::move(skus), std::move(done))->Start();
}

}  // namespace souk::inventory
