#include "services/payments/app/waiters.hpp"

namespace souk::payments {

void Waiters::Wait(const Payment& payment, const std::vector<Refund>& refunds, Ready ready, SteadyTime deadline, Answer answer) {
  if (ready(payment, refunds)) return answer(payment, refunds);
  const std::lock_guard lock(mutex_);
  waiters_.emplace(payment.payment_id, Waiter{std::move(ready), std::move(answer), deadline, payment, refunds});
}

void Waiters::Notify(const Payment& payment, const std::vector<Refund>& refunds) {
  std::vector<Answer> ready;
  {
    const std::lock_guard lock(mutex_);
    auto [it, end] = waiters_.equal_range(payment.payment_id);
    while (it != end) {
      if (it->second.ready(payment, refunds)) {
        ready.push_back(std::move(it->second.answer));
        it = waiters_.erase(it);
      } else {
        it->second.payment = payment;
        it->second.refunds = refunds;
        ++it;
      }
    }
  }
  for (const Answer& answer : ready) answer(payment, refunds);
}

void Waiters::Expire(SteadyTime now) {
  std::vector<Waiter> over;
  {
    const std::lock_guard lock(mutex_);
    for (auto it = waiters_.begin(); it != waiters_.end();) {
      if (it->second.deadline > now) {
        ++it;
        continue;
      }
      over.push_back(std::move(it->second));
      it = waiters_.erase(it);
    }
  }
  for (const Waiter& waiter : over) waiter.answer(waiter.payment, waiter.refunds);
}

std::size_t Waiters::size() const {
  const std::lock_guard lock(mutex_);
  return waiters_.size();
}

}  // namespace souk::payments
