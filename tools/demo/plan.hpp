#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/demo/retail_data.hpp"

namespace souk::demo {

/// What happens to an order's card.
enum class Card {
  kGood, kDeclined, kInsufficientFunds, kExpired, kIncorrectCvc, kProcessingError, kChallengeMet, kChallengeFailed, kChallengeIgnored,
  kTimeoutAfterCommit, kSlow, kDuplicateWebhook, kCaptureFails
};
/// The provider's test token that brings it about.
std::string PaymentMethod(Card card);

struct ReturnedLine {
  std::string sku;
  std::int64_t quantity = 0;
  bool restock = true;
};

/// One order to place, and what its customer and carrier will do.
struct PlannedOrder {
  std::string key;  ///< Idempotency-Key: the same data gives the same keys
  Invoice invoice;
  Card card = Card::kGood;
  bool gets_lost = false;
  bool stale_quote = false;  ///< the customer saw an old total: refused first, ordered again with the new quote
  std::optional<std::chrono::milliseconds> cancel_after;
  std::vector<ReturnedLine> returns;  ///< sent back once delivered
};

struct Plan {
  std::vector<Product> products;
  std::vector<PlannedOrder> orders;
  std::vector<Line> stock;           ///< what to receive; every 37th product in too small a quantity
  std::int64_t returns_matched = 0;  ///< cancellation invoices that met an order of the same customer
  std::int64_t returns_unmatched = 0;
  std::string data_id;               ///< 8 hex digits that name the data
};

/// Turns the invoices into at most `orders_max` orders, in the order of the data. The same data and number give the same plan.
/// Roughly 10 % of the cards fail or dawdle, 5 % of the customers cancel at some stage, 1 % of the parcels get lost.
Plan MakePlan(const RetailData& data, std::int64_t orders_max, const std::string& data_id);

}  // namespace souk::demo
