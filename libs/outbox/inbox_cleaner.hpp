#pragma once

// Private to this library.

#include <chrono>
#include <string>

#include "libs/base/clock.hpp"
#include "libs/base/uuid.hpp"
#include "libs/sql/connection.hpp"

namespace souk::outbox {

/// Forgets received message ids after a while: walks the inbox in key order, a bounded slice at a time, so that no
/// second index is needed on a table that every message is written to.
class InboxCleaner {
 public:
  explicit InboxCleaner(std::chrono::seconds retention) : retention_(retention) {}
  /// Does nothing until the next slice is due. Errors of the engine are left to the next slice.
  void RunSlice(sql::Connection& connection);

 private:
  const std::chrono::seconds retention_;
  SteadyTime next_{};
  std::string after_consumer_;
  Uuid after_id_;
};

}  // namespace souk::outbox
