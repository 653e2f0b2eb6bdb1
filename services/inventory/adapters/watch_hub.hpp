#pragma once

#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "libs/rpc/method_table.hpp"
#include "services/inventory/app/level_board.hpp"
#include "souk/inventory/v1/inventory_service.pb.h"

namespace souk::inventory {

/// The streams of WatchStock. A stream holds at most one message per SKU for a slow reader, always the latest; a reader that
/// takes nothing for `patience` is sent away and may come back with the versions it has.
class WatchHub {
 public:
  WatchHub(LevelBoard& board, StockReader& reader, std::chrono::milliseconds patience)
      : board_(board), reader_(reader), patience_(patience) {}

  /// `after[i]`: versions of `skus[i]` above this one; -1 for all. `levels`: what is known now.
  void Open(const std::vector<std::string>& skus, const std::vector<std::int64_t>& after,
            const std::vector<Level>& levels, rpc::ServerWriter<v1::WatchStockResponse> writer);
  /// Asks the ledger for what other instances changed, and lets go of those who left. Call every 200 ms or so.
  void Poll();
  void FinishAll(const Error& error);

 private:
  class Stream;
  LevelBoard& board_;
  StockReader& reader_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Stream>> streams_;
};

}  // namespace souk::inventory
