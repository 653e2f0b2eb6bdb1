#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/random.hpp"

namespace souk {

/// W3C Trace Context (traceparent, version 00).
struct TraceContext {
  std::array<std::uint8_t, 16> trace_id{};
  std::array<std::uint8_t, 8> span_id{};
  std::uint8_t flags = 1;

  static TraceContext New(Random& random);
  /// "00-<32 hex>-<16 hex>-<2 hex>"; nothing when malformed or all zero.
  static std::optional<TraceContext> Parse(std::string_view traceparent);
  /// The same trace with a new span id.
  TraceContext Child(Random& random) const;
  std::string ToString() const;
  std::string TraceIdHex() const;
  bool IsValid() const;
};

}  // namespace souk
