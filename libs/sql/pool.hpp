#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <vector>

#include "libs/sql/connection.hpp"

namespace souk::sql {

/// A bounded set of connections for reads. Writers own a connection each (GroupCommit).
class Pool {
 public:
  Pool(ConnectionConfig config, std::size_t size);

  class Lease {
   public:
    Lease(Pool& pool, std::unique_ptr<Connection> connection) : pool_(&pool), connection_(std::move(connection)) {}
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease();
    Connection* operator->() { return connection_.get(); }
    Connection& operator*() { return *connection_; }

   private:
    Pool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  /// Waits for a free connection until `deadline`; kResourceExhausted after it.
  Result<Lease> Acquire(SteadyTime deadline);
  /// "select 1" through one connection: for readiness.
  Result<void> Ping();

 private:
  void Return(std::unique_ptr<Connection> connection);
  std::mutex mutex_;
  std::condition_variable available_;
  std::vector<std::unique_ptr<Connection>> idle_;
};

}  // namespace souk::sql
