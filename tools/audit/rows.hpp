#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "tools/audit/sources.hpp"

namespace souk::audit {

struct OrderRow {
  std::string phase;
  std::string reason;
  std::string currency;
  std::int64_t total = 0;
  std::int64_t captured = 0;
  std::int64_t refunded = 0;
  bool old = false;  ///< placed longer ago than Config::open_max

  bool Terminal() const { return phase == "COMPLETED" || Undone() || phase == "RETURNED"; }
  /// Ended without a sale: nothing may have been kept.
  bool Undone() const { return phase == "REJECTED" || phase == "CANCELLED"; }
};

struct PaymentRow {
  std::string status;
  std::string currency;
  std::int64_t captured = 0;
  std::int64_t refunded = 0;
  std::string provider_id;
  bool unknown = false;
};

/// One PaymentIntent of the provider.
struct IntentRow {
  std::string id;
  std::string order_id;
  std::string status;
  std::int64_t received = 0;
  std::int64_t refunded = 0;
};

Result<std::unordered_map<std::string, OrderRow>> ReadOrders(Sources& sources);
Result<std::unordered_map<std::string, PaymentRow>> ReadPayments(Sources& sources);
/// Every intent that the provider lists, page by page.
Result<std::vector<IntentRow>> ReadIntents(Sources& sources);

}  // namespace souk::audit
