#pragma once

#include <cstdint>
#include <string>

#include "libs/base/result.hpp"

namespace souk::bench {

inline constexpr int kProducts = 1000;
inline constexpr const char* kHotSku = "BENCH-HOT";

/// The n-th product of the benchmark, counted round and round.
std::string ProductSku(std::int64_t n);

/// Publishes the benchmark's products and books 100,000 units of each. A second time changes nothing.
Result<void> PrepareProducts(const std::string& inventory_grpc, const std::string& gateway_url);

/// Books at least so many further units of the hot product.
Result<void> ReceiveHotStock(const std::string& inventory_grpc, std::int64_t units);

}  // namespace souk::bench
