#include "services/orders/domain/quote.hpp"

namespace souk::orders {
namespace {

std::string At(std::size_t i) { return "lines[" + std::to_string(i) + "]"; }

/// Skus hold no character that JSON would have to escape.
std::string ToJson(const Quote& quote) {
  const auto money = [&](std::int64_t minor) {
    return R"({"minorUnits":")" + std::to_string(minor) + R"(","currency":")" + quote.total.currency + R"("})";
  };
  std::string json = R"({"quote":{"lines":[)";
  for (const Line& line : quote.lines) {
    if (json.back() == '}') json += ',';
    json += R"({"sku":")" + line.sku + R"(","quantity":")" + std::to_string(line.quantity) + R"(","unitPrice":)" +
            money(line.unit_price_minor) + "}";
  }
  return json + R"(],"total":)" + money(quote.total.minor_units) + "}}";
}

}  // namespace

Result<Quote> MakeQuote(const std::vector<RequestedLine>& lines, std::string_view currency, const PriceList& prices) {
  Quote quote;
  quote.total.currency = std::string(currency);
  quote.lines.reserve(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto found = prices.find(lines[i].sku);
    if (found == prices.end()) return InvalidArgument(At(i) + ".sku", "is not a known product");
    const Price& price = found->second;
    if (price.deleted) return InvalidArgument(At(i) + ".sku", "can no longer be ordered");
    if (price.amount.currency != currency) {
      return InvalidArgument(At(i) + ".sku", "is sold in " + price.amount.currency + ", not in the order's currency");
    }
    SOUK_ASSIGN_OR_RETURN(const Money amount, Multiply(price.amount, lines[i].quantity));
    SOUK_ASSIGN_OR_RETURN(quote.total, Add(quote.total, amount));
    if (quote.total.minor_units > kTotalMinorMax) {
      return InvalidArgument("lines", "add up to more than " + std::to_string(kTotalMinorMax) + " minor units");
    }
    quote.lines.push_back({lines[i].sku, lines[i].quantity, price.amount.minor_units});
  }
  return quote;
}

Result<void> CheckExpected(const Quote& quote, const std::vector<RequestedLine>& lines, const std::optional<Money>& expected_total) {
  bool differs = expected_total && *expected_total != quote.total;
  for (std::size_t i = 0; i < lines.size() && !differs; ++i) {
    differs = lines[i].unit_price && *lines[i].unit_price != Money{quote.lines[i].unit_price_minor, quote.total.currency};
  }
  if (!differs) return {};
  Error error = MakeError(ErrorCode::kFailedPrecondition, "prices have changed; the new quote is in this answer", "PRICE_CHANGED");
  error.details_json = ToJson(quote);
  return error;
}

}  // namespace souk::orders
