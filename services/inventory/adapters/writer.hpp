#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "libs/sql/group_commit.hpp"
#include "services/inventory/app/hot_list.hpp"
#include "services/inventory/app/ports.hpp"

namespace souk::inventory {

struct WriterConfig {
  std::size_t batch_max = 256;
  std::size_t queue_max = 8192;
  /// Under load, from batches of `crowd` items up, transactions begin at most this often: a transaction, its events and its round of
  /// the hot counts cost the same for ten claims as for a hundred. Light load never waits.
  std::chrono::microseconds pace{5000};
  std::size_t crowd = 24;
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
  ~Writer() override { Stop(); }
  Result<void> Submit(Work work) override { return commits_.Submit(std::move(work)); }
  std::size_t Waiting() const override { return commits_.Waiting(); }
  /// `taken` is called whenever a batch was taken from the queue and its transaction begins. Set it before work comes.
  void OnBatchTaken(std::function<void()> taken) { taken_ = std::move(taken); }
  /// Finishes what is queued and answers it.
  void Stop();
  /// False while the last batch failed because the engine was away.
  bool Healthy() const { return healthy_; }

 private:
  Result<void> Apply(std::span<Work> works);
  void AfterCommit(std::span<Work> works, const Applied& applied);
  void Finish(Work& work, const Result<void>& result);
  void AnswerLoop();
  void Rest();

  const WriterConfig config_;
  StockStore& store_;
  const WriterHooks hooks_;
  std::function<void()> taken_;
  std::atomic<bool> healthy_{true};
  metrics::Counter& reserved_;
  metrics::Counter& refused_;
  metrics::Counter& duplicates_;
  // Answers leave through a thread of their own: writing to hundreds of sockets must not keep the next transaction waiting.
  struct Answer {
    Work work;
    Result<void> result;
  };
  std::mutex answers_mutex_;
  std::condition_variable answers_wake_;
  std::vector<Answer> answers_;
  std::vector<Answer> finished_;  // of the batch in hand; the writer's thread alone
  std::size_t unfinished_ = 0;
  std::size_t batch_items_ = 0;
  SteadyTime batch_began_{};
  bool answers_end_ = false;
  std::thread answerer_;
  sql::GroupCommit<Work> commits_;  // last: its thread uses the rest
};

}  // namespace souk::inventory
