#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "test/e2e/fleet.hpp"

namespace souk::faults {

/// Gives the first orders of a plan one kind of life each, again and again: paid, declined, timed out after the charge, challenged,
/// cancelled early and late, sent back, lost by the carrier; so that a short run passes every place.
void OneOfEveryKind(demo::Plan& plan);

/// For as long as a fault is to last. Waiting for something to happen is done by testing::Eventually.
void Last(std::chrono::milliseconds time);

/// Customers with webhooks, so that notifications has somebody to call, and an event that notifications can't read, so that it sets
/// something aside.
class Bystanders {
 public:
  explicit Bystanders(e2e::Fleet& fleet);
  ~Bystanders();
  /// Registers a webhook for the customers of the plan's first orders.
  void SubscribeCustomers(const demo::Plan& plan);
  /// Publishes a StockLow whose payload is no protobuf.
  void PublishPoison();
  std::int64_t calls() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace souk::faults
