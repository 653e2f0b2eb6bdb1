#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "services/inventory/app/ports.hpp"

namespace souk::inventory {

struct ReserveGateConfig {
  std::size_t batch_max = 512;     ///< claims per round of the hot counts
  std::size_t waiting_max = 8192;  ///< claims waiting for a round; more are refused
  int uncounted_max = 1024;        ///< claims that go to the ledger without the counts' consent, at once
};

/// The way of a reserve call: all that wait ask the hot counts together; a no is answered at once, a yes goes to the ledger.
/// One round asks while the ledger works on the batch before, and none is begun while granted claims still wait for the ledger: so
/// rounds are as large as batches, and neither engine is called more often than needed.
/// A no never hides an answer given before: ids that exist go to the ledger, which knows what it said.
/// Without counts everything goes to the ledger. No thread waits anywhere.
class ReserveGate {
 public:
  /// `availability` may be null. All must outlive the gate and every callback.
  ReserveGate(ReserveGateConfig config, Availability* availability, StockReader& reader, WorkQueue& ledger)
      : config_(config), availability_(availability), reader_(reader), ledger_(ledger) {}

  /// Takes a Reserve; `work.done` is called once, whatever happens.
  void Submit(Work work);
  /// The ledger has begun a batch: the next round may start.
  void Nudge();

  struct Stats {
    std::int64_t refused_early = 0;
    std::int64_t uncounted = 0;
  };
  Stats Counts() const { return {refused_early_.load(), uncounted_total_.load()}; }

 private:
  using Batch = std::shared_ptr<std::vector<Work>>;
  void Launch(Batch batch);
  void OnVerdicts(const Batch& batch, std::vector<Verdict> verdicts);
  void Refuse(std::vector<Work> works);
  void ToLedger(Work work);
  void ToLedgerUncounted(Work work);
  /// The next round's claims, when it is time for one; else null.
  Batch NextRound();

  const ReserveGateConfig config_;
  Availability* const availability_;
  StockReader& reader_;
  WorkQueue& ledger_;
  std::mutex mutex_;
  std::vector<Work> waiting_;
  bool asking_ = false;  // a round is on its way
  std::atomic<int> uncounted_{0};
  std::atomic<std::int64_t> refused_early_{0};
  std::atomic<std::int64_t> uncounted_total_{0};
};

/// The differences that undo what the counts gave for this claim.
std::vector<CountChange> GiveBack(const Work& work);
/// What a commit has to book into the counts: what the ledger did, less what the counts did already, so that claims that were counted
/// and granted cancel out. The works are not counted any more afterwards.
std::vector<CountChange> ToBook(std::span<Work> works, const Applied& applied);
/// Calls work.done with an error.
void Fail(Work& work, Error error);

}  // namespace souk::inventory
