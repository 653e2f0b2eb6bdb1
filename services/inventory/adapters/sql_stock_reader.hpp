#pragma once

#include <memory>

#include "libs/sql/connection.hpp"
#include "services/inventory/app/ports.hpp"

namespace souk::inventory {

/// Reads through a few connections of their own, each with a thread. What waits together is asked together: one statement
/// for all SKUs that callers want just then.
class SqlStockReader final : public StockReader {
 public:
  SqlStockReader(sql::ConnectionConfig config, int threads);
  ~SqlStockReader() override;

  void Levels(std::vector<std::string> skus, std::function<void(Result<std::vector<Level>>)> done) override;
  void LevelsAfter(std::string after, int limit, std::function<void(Result<std::vector<Level>>)> done) override;
  void Find(Uuid id, std::function<void(Result<Reservation>)> done) override;
  void Known(std::vector<Uuid> ids, std::function<void(Result<std::vector<Uuid>>)> done) override;
  void Overdue(SystemTime now, int limit, std::function<void(Result<std::vector<Uuid>>)> done) override;
  /// Waits for what is queued, then ends the threads.
  void Stop();

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace souk::inventory
