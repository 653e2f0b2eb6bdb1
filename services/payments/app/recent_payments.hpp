#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "services/payments/domain/payment.hpp"

namespace souk::payments {

/// Committed payments of the last moments, a bounded number. Most webhooks tell what the provider's answer told
/// milliseconds before; with this they need no transaction to be found out as such. A payment only moves forward, so what
/// was nothing new to an older state is nothing new now. Thread-safe.
class RecentPayments {
 public:
  explicit RecentPayments(std::size_t slots = 16'384) : slots_(slots) {}
  void Remember(const Payment& payment);
  /// True when this notice certainly changes nothing.
  bool NothingNew(const Uuid& payment_id, const ProviderNotice& notice) const;

 private:
  std::size_t Slot(const Uuid& id) const { return std::hash<Uuid>{}(id) % slots_.size(); }
  mutable std::mutex mutex_;
  std::vector<std::optional<Payment>> slots_;
};

}  // namespace souk::payments
