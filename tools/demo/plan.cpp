#include "tools/demo/plan.hpp"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "libs/base/hash.hpp"

namespace souk::demo {
namespace {

constexpr std::int64_t kShortStockEvery = 37;

// A number in [0, 1000) that depends on the order's key alone, so that a plan is the same wherever it is made.
int Lot(const std::string& key, const char* purpose) {
  const auto digest = Sha256(key + purpose);
  return (digest[0] << 8 | digest[1]) % 1000;
}

Card DrawCard(const std::string& key) {
  struct Share { int upto; Card card; };
  static constexpr Share kShares[] = {
      {15, Card::kDeclined},          {25, Card::kInsufficientFunds}, {30, Card::kExpired},           {35, Card::kIncorrectCvc},
      {40, Card::kProcessingError},   {52, Card::kChallengeMet},      {57, Card::kChallengeFailed},   {60, Card::kChallengeIgnored},
      {68, Card::kTimeoutAfterCommit}, {73, Card::kSlow},             {83, Card::kDuplicateWebhook},  {88, Card::kCaptureFails}};
  const int lot = Lot(key, "card");
  for (const Share& share : kShares) {
    if (lot < share.upto) return share.card;
  }
  return Card::kGood;
}

std::optional<std::chrono::milliseconds> DrawCancel(const std::string& key) {
  if (Lot(key, "cancel") >= 50) return std::nullopt;
  // From at once to long after dispatch, denser at the start, where the saga's steps are.
  const int lot = Lot(key, "when");
  return std::chrono::milliseconds(lot < 600 ? lot / 4 : (lot - 600) * 10);
}

// Gives cancelled goods back to the latest earlier order of the customer that holds them.
class ReturnMatcher {
 public:
  void Sold(std::size_t index, const Invoice& invoice) {
    for (const Line& line : invoice.lines) left_[invoice.customer + '|' + line.sku].push_back({index, line.quantity});
  }
  bool Return(const Invoice& cancellation, std::vector<PlannedOrder>& orders) {
    bool matched = false;
    for (const Line& line : cancellation.lines) {
      auto& places = left_[cancellation.customer + '|' + line.sku];
      const auto place = std::find_if(places.rbegin(), places.rend(), [&](const Place& p) { return p.left >= line.quantity; });
      if (place == places.rend()) continue;
      place->left -= line.quantity;
      Add(orders[place->order].returns, line, Lot(cancellation.number, "restock") < 700);
      matched = true;
    }
    return matched;
  }

 private:
  struct Place {
    std::size_t order;
    std::int64_t left;
  };
  static void Add(std::vector<ReturnedLine>& returns, const Line& line, bool restock) {
    for (ReturnedLine& known : returns) {
      if (known.sku == line.sku) {
        known.quantity += line.quantity;
        return;
      }
    }
    returns.push_back({line.sku, line.quantity, restock});
  }
  std::unordered_map<std::string, std::vector<Place>> left_;
};

std::vector<Line> StockFor(const std::vector<PlannedOrder>& orders) {
  std::map<std::string, std::int64_t> demand;
  for (const PlannedOrder& order : orders) {
    for (const Line& line : order.invoice.lines) demand[line.sku] += line.quantity;
  }
  std::vector<Line> stock;
  std::int64_t index = 0;
  for (const auto& [sku, units] : demand) {
    const bool is_short = ++index % kShortStockEvery == 0;
    stock.push_back({sku, is_short ? std::max<std::int64_t>(1, units * 6 / 10) : units + units / 10 + 5});
  }
  return stock;
}

}  // namespace

std::string PaymentMethod(Card card) {
  switch (card) {
    case Card::kGood: return "pm_card_visa";
    case Card::kDeclined: return "pm_card_visa_chargeDeclined";
    case Card::kInsufficientFunds: return "pm_card_visa_chargeDeclinedInsufficientFunds";
    case Card::kExpired: return "pm_card_chargeDeclinedExpiredCard";
    case Card::kIncorrectCvc: return "pm_card_chargeDeclinedIncorrectCvc";
    case Card::kProcessingError: return "pm_card_chargeDeclinedProcessingError";
    case Card::kChallengeMet:
    case Card::kChallengeFailed:
    case Card::kChallengeIgnored: return "pm_card_authenticationRequired";
    case Card::kTimeoutAfterCommit: return "pm_card_souk_timeoutAfterCommit";
    case Card::kSlow: return "pm_card_souk_slow";
    case Card::kDuplicateWebhook: return "pm_card_souk_duplicateWebhook";
    case Card::kCaptureFails: return "pm_card_souk_captureFails";
  }
  return "pm_card_visa";
}

Plan MakePlan(const RetailData& data, std::int64_t orders_max, const std::string& data_id) {
  Plan plan;
  plan.data_id = data_id;
  ReturnMatcher matcher;
  for (const Invoice& invoice : data.invoices) {
    if (invoice.cancels) {
      ++(matcher.Return(invoice, plan.orders) ? plan.returns_matched : plan.returns_unmatched);
      continue;
    }
    if (static_cast<std::int64_t>(plan.orders.size()) >= orders_max) continue;
    PlannedOrder order;
    order.key = "demo-" + data_id + "-" + invoice.number;
    order.invoice = invoice;
    order.card = DrawCard(order.key);
    order.gets_lost = Lot(order.key, "lost") < 10;
    order.stale_quote = Lot(order.key, "quote") < 5;
    order.cancel_after = DrawCancel(order.key);
    matcher.Sold(plan.orders.size(), invoice);
    plan.orders.push_back(std::move(order));
  }
  plan.products = data.products;
  plan.stock = StockFor(plan.orders);
  return plan;
}

}  // namespace souk::demo
