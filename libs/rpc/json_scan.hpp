#pragma once

#include <string_view>

#include "libs/base/result.hpp"

namespace souk::rpc::internal {

/// Refuses what protobuf's JSON parser lets pass: duplicate names (order_id and orderId are the same name), trailing
/// bytes, NaN and other non-JSON words, nesting over `depth_max`, invalid UTF-8. The error names where, never what.
Result<void> ScanJson(std::string_view json, int depth_max);

}  // namespace souk::rpc::internal
