#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "services/payments/app/provider_calls.hpp"
#include "services/payments/app/recent_payments.hpp"
#include "services/payments/app/waiters.hpp"

namespace souk::payments {

/// What a stored webhook body says about an intent; the adapter knows the format.
using ReadNotice = std::function<std::optional<ProviderNotice>(const std::string& body)>;

struct PaymentsConfig {
  std::size_t concurrency = 64;  ///< calls to the provider at a time
  std::size_t calls_queue_max = 16'384;
};

/// The one way in: every command, answer, webhook and sweep goes through Do() to the writer, and what it asks for is
/// done after the commit. Thread-safe.
class Payments {
 public:
  /// `submit` queues for the writer, which must call Committed() for each item.
  Payments(PaymentsConfig config, PaymentGateway& gateway, const Clock& clock, Submit submit);

  /// kResourceExhausted or kUnavailable when the writer can't take it; then work.done is not called.
  Result<void> Do(Work work);
  /// For the writer: the item's outcome is durable, or it failed.
  void Committed(Work& work, const Result<void>& result);

  /// Asks again for what is due and applies webhooks whose payment is known by now, at most `limit` of each. Blocks.
  /// Answers how much it started.
  Result<std::size_t> Sweep(PaymentReader& reader, const ReadNotice& read, int limit);
  void ExpireWaiters() { waiters_.Expire(std::chrono::steady_clock::now()); }
  void Stop() { calls_.Stop(); }

  Waiters& waiters() { return waiters_; }
  const RecentPayments& recent() const { return recent_; }
  const ProviderCalls& calls() const { return calls_; }
  const Clock& clock() const { return clock_; }
  /// How often a payment was found that only a person can settle.
  std::int64_t escalations() const { return escalations_; }

 private:
  Result<std::size_t> SweepParked(PaymentReader& reader, const ReadNotice& read, int limit);

  const Clock& clock_;
  const Submit submit_;
  Waiters waiters_;
  RecentPayments recent_;
  ProviderCalls calls_;
  std::atomic<std::int64_t> escalations_{0};
};

}  // namespace souk::payments
