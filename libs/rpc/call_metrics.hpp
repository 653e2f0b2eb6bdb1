#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <string>

#include "libs/base/context.hpp"
#include "libs/base/result.hpp"
#include "libs/observability/metrics.hpp"

namespace souk::rpc::internal {

/// Rate, errors and duration of one method, whichever wire carried the call. Handles are fetched once.
struct MethodMetrics {
  std::array<metrics::Counter*, 13> by_code{};  // 0 = OK, else 1 + ErrorCode
  metrics::Histogram* seconds = nullptr;
  std::string method;
};

/// Counts one call at its end and logs what only we can mend (INTERNAL).
void Observe(const MethodMetrics& metrics, std::chrono::steady_clock::time_point started, const Error* error,
             const Context& context);

}  // namespace souk::rpc::internal
