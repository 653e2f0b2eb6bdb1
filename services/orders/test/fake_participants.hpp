#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "libs/kafka/consumer.hpp"
#include "libs/kafka/producer.hpp"

namespace souk::orders::testing {

/// Inventory, payments and fulfillment in one, on real Kafka. Each order tells by its own words how it wants to be treated:
///   sku            out-of-stock, expires-at-commit, slow-reserve (answered at the second asking), never-reserved
///   payment method pm_declined, pm_challenge, pm_capture_fails, pm_silent (never answered), pm_slow_capture (second asking)
///   ship_to.line2  REFUSE, LOSE, HOLD (stays labelled), GONE (dispatched, but says so only when asked), FAST (dispatch and deliver)
/// Every answer follows from state; the undo may come before the do. With `repeats` every reply is sent twice.
class FakeParticipants {
 public:
  explicit FakeParticipants(const std::string& brokers);
  ~FakeParticipants() { Stop(); }
  void Stop();

  struct Book {
    std::string stock, payment, shipment;
    std::string sku, method, line2;
    std::int64_t amount = 0, captured = 0, refunded = 0;
    std::map<std::string, int> commands;  ///< how often each was heard
    std::set<std::string> refunds, restocks;
    std::int64_t replies = 0;
  };
  Book book(const std::string& order_id) const;
  /// The carrier moves: "dispatched", "delivered" or "lost", and says so.
  void Carrier(const std::string& order_id, const std::string& state);
  /// The bank decides a challenge.
  void Bank(const std::string& order_id, bool authorized);
  /// Two messages that can't be applied: one unreadable, one that no row may hold.
  void Poison(const std::string& order_id);
  std::atomic<bool> repeats{false};
  std::atomic<bool> deaf{false};  ///< commands wait on Kafka

 private:
  Result<void> Hear(std::vector<kafka::Record>& records);
  void OnStock(const std::string& type, const std::string& payload, const std::string& id, Book& book);
  void OnPayment(const std::string& type, const std::string& payload, const std::string& id, Book& book);
  void OnShipment(const std::string& type, const std::string& payload, const std::string& id, Book& book);
  void SayShipment(const std::string& id, Book& book);
  template <class Event>
  void Say(const std::string& topic, const std::string& id, Book& book, const Event& event);

  std::unique_ptr<kafka::Producer> producer_;
  mutable std::mutex mutex_;
  std::map<std::string, Book> books_;
  std::unique_ptr<kafka::Consumer> consumer_;
};

}  // namespace souk::orders::testing
