#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libs/base/money.hpp"
#include "libs/base/result.hpp"
#include "services/orders/domain/order.hpp"

namespace souk::orders {

/// One line as the customer asked for it.
struct RequestedLine {
  std::string sku;
  std::int64_t quantity = 0;
  std::optional<Money> unit_price;  ///< what the customer saw
};

/// The shop's own price of one product.
struct Price {
  Money amount;
  std::int64_t version = 0;
  bool deleted = false;
};
using PriceList = std::unordered_map<std::string, Price>;

struct Quote {
  std::vector<Line> lines;
  Money total;
};

inline constexpr std::int64_t kTotalMinorMax = 1'000'000'000'000;

/// Prices the lines with the shop's prices. kInvalidArgument naming the line: unknown or deleted product, another currency,
/// a total that leaves its bounds.
Result<Quote> MakeQuote(const std::vector<RequestedLine>& lines, std::string_view currency, const PriceList& prices);

/// kFailedPrecondition PRICE_CHANGED, with the quote in details_json, when the customer saw another price or total.
Result<void> CheckExpected(const Quote& quote, const std::vector<RequestedLine>& lines, const std::optional<Money>& expected_total);

}  // namespace souk::orders
