#include "libs/sql/pool.hpp"

namespace souk::sql {

Pool::Pool(ConnectionConfig config, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) idle_.push_back(std::make_unique<Connection>(config));
}

Pool::Lease::~Lease() {
  if (connection_) pool_->Return(std::move(connection_));
}

Result<Pool::Lease> Pool::Acquire(SteadyTime deadline) {
  std::unique_lock lock(mutex_);
  const auto free = [this] { return !idle_.empty(); };
  if (deadline == SteadyTime::max()) {
    available_.wait(lock, free);
  } else if (!available_.wait_until(lock, deadline, free)) {
    return MakeError(ErrorCode::kResourceExhausted, "every SQL connection is busy, try again later", "POOL_EXHAUSTED");
  }
  auto connection = std::move(idle_.back());
  idle_.pop_back();
  return Lease(*this, std::move(connection));
}

void Pool::Return(std::unique_ptr<Connection> connection) {
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
  }
  available_.notify_one();
}

Result<void> Pool::Ping() {
  static constexpr Statement kPing{"ping", "SELECT 1"};
  SOUK_ASSIGN_OR_RETURN(auto connection, Acquire(std::chrono::steady_clock::now() + std::chrono::seconds(1)));
  auto rows = connection->Query(kPing);
  if (!rows.ok()) return rows.error();
  return {};
}

}  // namespace souk::sql
