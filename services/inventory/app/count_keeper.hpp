#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "services/inventory/app/ports.hpp"

namespace souk::inventory {

struct CountKeeperConfig {
  std::chrono::milliseconds quiet{1000};  ///< a SKU is compared this long after its last change
  int sweep_page = 100;                   ///< SKUs that every Tick looks at, round and round
  std::size_t compare_max = 1000;         ///< SKUs compared at once
};

/// Keeps the hot counts equal to the ledger: sets what is missing, compares what changed once it is quiet, repairs what differs.
///
/// A difference may be a change on its way (committed in SQL, not yet booked in Redis, or the reverse). So it is repaired only
/// when ledger and counts both look exactly the same at two Ticks, and by a script that does nothing if the count has moved.
class CountKeeper final : public CountWatch, public LevelListener {
 public:
  using Now = std::function<SteadyTime()>;
  CountKeeper(CountKeeperConfig config, Availability& availability, StockReader& reader, Now now);

  void Suspect(const std::string& sku) override;
  void Missing(const std::string& sku) override;
  void OnLevel(const Level& level) override;

  /// Does the next bit of work; call it every few hundred milliseconds from one thread. Never blocks.
  void Tick();

  struct Rebuilt {
    std::int64_t rebuilt = 0;    ///< compared or set
    std::int64_t differing = 0;  ///< missing or different before
  };
  /// Sets or compares all SKUs (or these) now; what differs is repaired at once where nothing moves.
  void Rebuild(std::vector<std::string> skus, std::function<void(Result<Rebuilt>)> done);

  struct Stats {
    std::int64_t corrected = 0;
    std::int64_t seeded = 0;
    std::int64_t suspects = 0;
  };
  Stats Counts() const;

 private:
  struct Look {
    CountView view;
    Level level;
  };
  class RebuildRun;
  void CompareSuspects();
  void Compare(std::vector<std::string> skus);
  void OnLook(const std::string& sku, const CountView& view, const Level& level);
  void SweepOn();
  void SeedMissing();
  void StartFullSeed();
  void FullSeedEnded();

  const CountKeeperConfig config_;
  Availability& availability_;
  StockReader& reader_;
  const Now now_;
  mutable std::mutex mutex_;
  std::unordered_map<std::string, SteadyTime> touched_;
  std::unordered_set<std::string> suspects_;
  std::unordered_set<std::string> missing_;
  std::unordered_map<std::string, Look> last_look_;  ///< of suspects that differed
  bool comparing_ = false;
  bool sweeping_ = false;
  bool seeding_ = false;
  bool full_seeding_ = false;
  SteadyTime full_seed_ended_{};
  std::string cursor_;
  std::atomic<std::int64_t> corrected_{0};
  std::atomic<std::int64_t> seeded_{0};
};

}  // namespace souk::inventory
