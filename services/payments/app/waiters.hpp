#pragma once

#include <functional>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "services/payments/app/ports.hpp"

namespace souk::payments {

/// Callers that wait for a payment to get somewhere, without a thread each. Thread-safe.
class Waiters {
 public:
  using Ready = std::function<bool(const Payment&, const std::vector<Refund>&)>;
  /// The state that was waited for, or the last one seen when the time is over.
  using Answer = std::function<void(const Payment&, const std::vector<Refund>&)>;

  /// Answers at once when it is ready now.
  void Wait(const Payment& payment, const std::vector<Refund>& refunds, Ready ready, SteadyTime deadline, Answer answer);
  /// Tells that a payment changed.
  void Notify(const Payment& payment, const std::vector<Refund>& refunds);
  /// Answers those whose deadline passed. Call it often.
  void Expire(SteadyTime now);
  std::size_t size() const;

 private:
  struct Waiter {
    Ready ready;
    Answer answer;
    SteadyTime deadline;
    Payment payment;
    std::vector<Refund> refunds;
  };
  mutable std::mutex mutex_;
  std::unordered_multimap<Uuid, Waiter> waiters_;
};

}  // namespace souk::payments
