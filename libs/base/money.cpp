#include "libs/base/money.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace souk {
namespace {

__extension__ using Int128 = __int128;  // products of two int64 fit

struct Currency {
  std::string_view code;
  int digits;
};

// The subset of ISO 4217 (2025) that card providers settle in. Sorted by code.
constexpr std::array kCurrencies = {
    Currency{"AED", 2}, Currency{"AUD", 2}, Currency{"BGN", 2}, Currency{"BHD", 3}, Currency{"BRL", 2},
    Currency{"CAD", 2}, Currency{"CHF", 2}, Currency{"CLP", 0}, Currency{"CNY", 2}, Currency{"CZK", 2},
    Currency{"DKK", 2}, Currency{"EUR", 2}, Currency{"GBP", 2}, Currency{"HKD", 2}, Currency{"HUF", 2},
    Currency{"IDR", 2}, Currency{"ILS", 2}, Currency{"INR", 2}, Currency{"ISK", 0}, Currency{"JOD", 3},
    Currency{"JPY", 0}, Currency{"KRW", 0}, Currency{"KWD", 3}, Currency{"MXN", 2}, Currency{"MYR", 2},
    Currency{"NOK", 2}, Currency{"NZD", 2}, Currency{"PHP", 2}, Currency{"PLN", 2}, Currency{"RON", 2},
    Currency{"SAR", 2}, Currency{"SEK", 2}, Currency{"SGD", 2}, Currency{"THB", 2}, Currency{"TND", 3},
    Currency{"TRY", 2}, Currency{"TWD", 2}, Currency{"USD", 2}, Currency{"VND", 0}, Currency{"ZAR", 2}};

const Currency* Find(std::string_view code) {
  const auto* it = std::lower_bound(kCurrencies.begin(), kCurrencies.end(), code,
                                    [](const Currency& c, std::string_view v) { return c.code < v; });
  return it != kCurrencies.end() && it->code == code ? it : nullptr;
}

Result<Money> Checked(Int128 amount, const std::string& currency) {
  if (amount > INT64_MAX || amount < INT64_MIN) {
    return MakeError(ErrorCode::kInvalidArgument, "the amount is too large", "AMOUNT_OVERFLOW");
  }
  return Money{static_cast<std::int64_t>(amount), currency};
}

Result<void> SameCurrency(const Money& a, const Money& b) {
  if (a.currency == b.currency) return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("currencies differ: {} and {}", a.currency, b.currency), "MIXED_CURRENCIES");
}

}  // namespace

Result<Money> Add(const Money& a, const Money& b) {
  SOUK_RETURN_IF_ERROR(SameCurrency(a, b));
  return Checked(static_cast<Int128>(a.minor_units) + b.minor_units, a.currency);
}

Result<Money> Subtract(const Money& a, const Money& b) {
  SOUK_RETURN_IF_ERROR(SameCurrency(a, b));
  return Checked(static_cast<Int128>(a.minor_units) - b.minor_units, a.currency);
}

Result<Money> Multiply(const Money& price, std::int64_t quantity) {
  return Checked(static_cast<Int128>(price.minor_units) * quantity, price.currency);
}

bool IsKnownCurrency(std::string_view code) { return Find(code) != nullptr; }

int MinorDigits(std::string_view code) {
  const Currency* currency = Find(code);
  SOUK_CHECK(currency != nullptr);
  return currency->digits;
}

std::string ToString(const Money& money) {
  const Currency* currency = Find(money.currency);
  const int digits = currency == nullptr ? 0 : currency->digits;
  std::uint64_t scale = 1;
  for (int i = 0; i < digits; ++i) scale *= 10;
  const bool negative = money.minor_units < 0;
  const std::uint64_t amount =
      negative ? 0 - static_cast<std::uint64_t>(money.minor_units) : static_cast<std::uint64_t>(money.minor_units);
  const char* sign = negative ? "-" : "";
  if (digits == 0) return fmt::format("{}{} {}", sign, amount, money.currency);
  return fmt::format("{}{}.{:0{}} {}", sign, amount / scale, amount % scale, digits, money.currency);
}

}  // namespace souk
