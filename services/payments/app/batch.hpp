#pragma once

#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "services/payments/app/ports.hpp"

namespace souk::payments {

/// A payment in the hands of a batch.
struct TrackedPayment {
  Aggregate state;
  std::int64_t stored_version = 0;  ///< 0 = there is no row yet
  bool changed = false;
  std::vector<std::string> refunds_changed;
};

struct EmittedEvent {
  Uuid payment_id;
  Event event;
  SystemTime at;
  Cause cause;
};

struct Booking {
  Uuid payment_id;
  LedgerEntry entry;
  SystemTime at;
};

/// Decides many works against states loaded once. The stores differ only in where the states come from and go to.
class Batch {
 public:
  explicit Batch(const Policy& policy) : policy_(policy) {}

  void Load(Aggregate aggregate);
  /// Decides one work and fills its outcome. `payment_id` is the work's, or what its provider_id led to (nil: nothing).
  void Decide(Work& work, const Uuid& payment_id);

  const std::unordered_map<Uuid, TrackedPayment>& payments() const { return payments_; }
  const std::vector<EmittedEvent>& events() const { return events_; }
  const std::vector<Booking>& bookings() const { return bookings_; }
  const std::vector<const Work*>& parked() const { return parked_; }
  const std::vector<std::string>& unparked() const { return unparked_; }

 private:
  bool Park(Work& work, const Uuid& payment_id);
  void Keep(Work& work, const Uuid& payment_id, Decision decision);

  const Policy& policy_;
  std::unordered_map<Uuid, TrackedPayment> payments_;
  std::vector<EmittedEvent> events_;
  std::vector<Booking> bookings_;
  std::vector<const Work*> parked_;
  std::vector<std::string> unparked_;
};

}  // namespace souk::payments
