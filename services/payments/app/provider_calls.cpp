#include "services/payments/app/provider_calls.hpp"

namespace souk::payments {

ProviderCalls::ProviderCalls(PaymentGateway& gateway, const Clock& clock, std::size_t concurrency, std::size_t queue_max,
                             Submit submit)
    : gateway_(gateway), clock_(clock), concurrency_(concurrency), queue_max_(queue_max), submit_(std::move(submit)) {}

std::string ProviderCalls::Name(const ProviderCall& call) {
  if (!call.key.empty()) return call.key;
  return std::to_string(static_cast<int>(call.kind)) + call.payment_id.ToString() + call.refund_id;
}

void ProviderCalls::Make(std::vector<ProviderCall> calls, const Cause& cause) {
  for (ProviderCall& call : calls) {
    Job job{std::move(call), cause, {}};
    job.name = Name(job.call);
    {
      const std::lock_guard lock(mutex_);
      if (stopped_ || waiting_.size() >= queue_max_ || !known_.insert(job.name).second) continue;
      if (in_flight_ >= concurrency_) {
        waiting_.push_back(std::move(job));
        continue;
      }
      ++in_flight_;
    }
    Start(std::move(job));
  }
}

void ProviderCalls::Start(Job job) {
  const ProviderCall call = job.call;
  gateway_.Call(call, [this, job = std::move(job)](ProviderResult result) { Finished(job, std::move(result)); });
}

void ProviderCalls::Finished(const Job& job, ProviderResult result) {
  std::optional<Job> next;
  {
    const std::lock_guard lock(mutex_);
    known_.erase(job.name);
    if (!stopped_ && !waiting_.empty()) {
      next = std::move(waiting_.front());
      waiting_.pop_front();
    } else {
      --in_flight_;
    }
    if (stopped_) return;
  }
  Work work;
  work.payment_id = job.call.payment_id;
  work.now = clock_.Now();
  work.cause = job.cause;
  work.input = ProviderAnswered{job.call.kind, job.call.refund_id, std::move(result)};
  // Refused when the writer's queue is full: the answer is lost here but not at the provider, and the sweep asks again.
  (void)submit_(std::move(work)).ok();
  if (next) Start(std::move(*next));
}

void ProviderCalls::Stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  waiting_.clear();
}

std::size_t ProviderCalls::InFlight() const {
  const std::lock_guard lock(mutex_);
  return in_flight_;
}
std::size_t ProviderCalls::Waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

}  // namespace souk::payments
