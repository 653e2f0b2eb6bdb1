#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "libs/base/clock.hpp"
#include "libs/base/trace_context.hpp"

namespace souk {

/// What travels with a call: how long the caller waits, which trace it belongs to, who asks.
struct Context {
  SteadyTime deadline = SteadyTime::max();
  TraceContext trace;
  std::string principal;        ///< empty until accounts exist (auth service)
  std::string idempotency_key;  ///< the Idempotency-Key header or request_id
  std::string request_id;       ///< returned to the caller in every answer

  bool Expired() const { return std::chrono::steady_clock::now() >= deadline; }
  std::chrono::milliseconds Remaining() const {
    if (deadline == SteadyTime::max()) return std::chrono::hours(24);
    return std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  }
};

}  // namespace souk
