#pragma once

#include "services/inventory/adapters/memory_stock_store.hpp"

namespace souk::inventory {

/// Reads of the ledger in memory, for tests. Callbacks at once; can be told to be away.
class MemoryStockReader final : public StockReader {
 public:
  explicit MemoryStockReader(const MemoryStockStore& store) : store_(store) {}

  void Levels(std::vector<std::string> skus, std::function<void(Result<std::vector<Level>>)> done) override {
    if (away) return done(Away());
    std::vector<Level> levels;
    for (const std::string& sku : skus) {
      if (const auto level = store_.LevelOf(sku)) levels.push_back(*level);
    }
    done(std::move(levels));
  }
  void LevelsAfter(std::string after, int limit, std::function<void(Result<std::vector<Level>>)> done) override {
    if (away) return done(Away());
    auto levels = store_.AllLevels();
    std::erase_if(levels, [&](const Level& level) { return level.sku <= after; });
    if (levels.size() > static_cast<std::size_t>(limit)) levels.resize(static_cast<std::size_t>(limit));
    done(std::move(levels));
  }
  void Find(Uuid id, std::function<void(Result<Reservation>)> done) override {
    if (away) return done(Away());
    const auto found = store_.Find(id);
    if (!found) return done(UnknownReservation(id));
    done(*found);
  }
  void Known(std::vector<Uuid> ids, std::function<void(Result<std::vector<Uuid>>)> done) override {
    if (away) return done(Away());
    std::erase_if(ids, [&](const Uuid& id) { return !store_.Find(id); });
    done(std::move(ids));
  }
  void Overdue(SystemTime now, int limit, std::function<void(Result<std::vector<Uuid>>)> done) override {
    if (away) return done(Away());
    auto ids = store_.Overdue(now);
    if (ids.size() > static_cast<std::size_t>(limit)) ids.resize(static_cast<std::size_t>(limit));
    done(std::move(ids));
  }

  std::atomic<bool> away{false};

 private:
  static Error Away() { return MakeError(ErrorCode::kUnavailable, "the ledger is away"); }
  const MemoryStockStore& store_;
};

}  // namespace souk::inventory
