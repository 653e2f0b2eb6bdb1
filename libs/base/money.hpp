#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "libs/base/result.hpp"

namespace souk {

/// An amount in minor units of an ISO 4217 currency. Never a floating-point number.
struct Money {
  std::int64_t minor_units = 0;
  std::string currency;  ///< three upper-case letters, e.g. "GBP"

  bool operator==(const Money&) const = default;
};

/// Sums; kInvalidArgument when the currencies differ or the sum leaves int64.
Result<Money> Add(const Money& a, const Money& b);
Result<Money> Subtract(const Money& a, const Money& b);
/// Price times quantity, through 128 bits.
Result<Money> Multiply(const Money& price, std::int64_t quantity);

/// True for a currency that Souk sells in: an active ISO 4217 code with a known number of minor digits.
bool IsKnownCurrency(std::string_view code);
/// Digits after the point: 2 for GBP, 0 for JPY, 3 for KWD. `code` must be known.
int MinorDigits(std::string_view code);
/// "12.30 GBP".
std::string ToString(const Money& money);

}  // namespace souk
