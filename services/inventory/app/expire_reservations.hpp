#pragma once

#include <atomic>
#include <memory>

#include "services/inventory/app/ports.hpp"

namespace souk::inventory {

/// The sweep past the deadline: finds holds that ran out, page by page, and has the writer end them. Several instances may sweep
/// at once: whoever comes second finds nothing to do.
class ExpireReservations {
 public:
  ExpireReservations(StockReader& reader, WorkQueue& ledger, const Clock& clock)
      : reader_(reader), ledger_(ledger), clock_(clock) {}

  /// Starts a sweep unless one is running. Never blocks.
  void Tick();
  std::int64_t Expired() const { return expired_; }

 private:
  static constexpr int kPage = 500;
  void NextPage();
  void OnPage(Result<std::vector<Uuid>> ids);

  StockReader& reader_;
  WorkQueue& ledger_;
  const Clock& clock_;
  std::atomic<bool> running_{false};
  std::atomic<std::int64_t> expired_{0};
};

}  // namespace souk::inventory
