#pragma once

#include <deque>
#include <mutex>
#include <string>
#include <unordered_set>

#include "services/payments/app/ports.hpp"

namespace souk::payments {

/// Makes the calls that decisions asked for, at most `concurrency` at a time, and turns each answer into work. A call
/// that is already waiting or running is not made twice. What is dropped here (a full queue, a stop) the sweep asks again
/// with the stored key. Thread-safe.
class ProviderCalls {
 public:
  ProviderCalls(PaymentGateway& gateway, const Clock& clock, std::size_t concurrency, std::size_t queue_max, Submit submit);

  void Make(std::vector<ProviderCall> calls, const Cause& cause);
  /// No new calls; answers that come later are dropped.
  void Stop();
  std::size_t InFlight() const;
  std::size_t Waiting() const;

 private:
  struct Job {
    ProviderCall call;
    Cause cause;
    std::string name;
  };
  void Start(Job job);
  void Finished(const Job& job, ProviderResult result);
  static std::string Name(const ProviderCall& call);

  PaymentGateway& gateway_;
  const Clock& clock_;
  const std::size_t concurrency_;
  const std::size_t queue_max_;
  const Submit submit_;
  mutable std::mutex mutex_;
  std::deque<Job> waiting_;
  std::unordered_set<std::string> known_;  // waiting and running
  std::size_t in_flight_ = 0;
  bool stopped_ = false;
};

}  // namespace souk::payments
