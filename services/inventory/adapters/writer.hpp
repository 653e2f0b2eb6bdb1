#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "libs/sql/group_commit.hpp"
#include "services/inventory/app/hot_list.hpp"
#include "services/inventory/app/ports.hpp"

namespace souk::inventory {

struct WriterConfig {
  std::size_t batch_max = 256;
  std::size_t queue_max = 8192;
};

/// What is told after each commit.
struct WriterHooks {
  Availability* availability = nullptr;  ///< null: no hot counts
  CountWatch* count_watch = nullptr;     ///< null with it
  std::vector<LevelListener*> listeners;
  HotList* hot = nullptr;
  std::function<void(const Event&)> alert;  ///< a StockLow event
};

/// The one writer of the process: everything that changes the ledger goes through here, many at once.
class Writer final : public WorkQueue {
 public:
  Writer(WriterConfig config, StockStore& store, WriterHooks hooks);
  Result<void> Submit(Work work) override { return commits_.Submit(std::move(work)); }
  void Stop() { commits_.Stop(); }
  /// False while the last batch failed because the engine was away.
  bool Healthy() const { return healthy_; }

 private:
  Result<void> Apply(std::span<Work> works);
  void AfterCommit(std::span<Work> works, const Applied& applied);
  void Finish(Work& work, const Result<void>& result);

  StockStore& store_;
  const WriterHooks hooks_;
  std::atomic<bool> healthy_{true};
  metrics::Counter& reserved_;
  metrics::Counter& refused_;
  metrics::Counter& duplicates_;
  sql::GroupCommit<Work> commits_;  // last: its thread uses the rest
};

}  // namespace souk::inventory
