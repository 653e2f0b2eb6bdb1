#pragma once

// Private to this library: what the relay knows in memory about rows between commit and delete. No SQL in here.

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/kafka/ports.hpp"
#include "libs/outbox/relay.hpp"
#include "libs/outbox/row.hpp"

namespace souk::outbox {

/// Decides for each record whether it may go straight to the publisher or must wait for the sweep, and collects what was
/// acknowledged. Thread-safe. Delivery callbacks hold a reference, so it outlives the relay when it must.
class Dispatcher : public std::enable_shared_from_this<Dispatcher> {
 public:
  Dispatcher(const RelayConfig& config, kafka::Publisher& publisher);

  /// Straight from a commit. What can't go now makes its aggregate deferred.
  void HandOff(std::vector<OutboxRecord> records);
  /// No hand-off is taken from now on (at stop).
  void Close();

  enum class Offer {
    kSent,     ///< the publisher has it
    kKnown,    ///< it has arrived already, or its aggregate waits for something else
    kInFlight, ///< on its way and not acknowledged: later rows of the aggregate must wait, since it may fail yet
    kRefused,  ///< the publisher is full or away: stop here, come back later
  };
  /// A row that a sweep found. Rows of one aggregate must come in order.
  Offer OfferSwept(PendingRow row);
  bool HasRoom() const;
  /// Sent and not deleted yet.
  bool IsTaken(const Uuid& id) const;

  /// Up to `max` acknowledged rows, to be deleted; then either Deleted or NotDeleted must follow.
  std::vector<RowKey> TakeAcknowledged(std::size_t max);
  void Deleted(const std::vector<RowKey>& keys);
  void NotDeleted(std::vector<RowKey> keys);

  /// Up to `max` aggregates whose rows the sweep shall send. A hand-off or failure from now on marks them again.
  std::vector<std::string> BeginCatchUp(std::size_t max);
  /// All rows of this aggregate that were there have been sent: it is direct again, unless marked meanwhile (false).
  bool CaughtUp(const std::string& aggregate);

  /// Too many aggregates are deferred to be listed: nothing goes direct until a sweep of the whole table ended.
  bool Overflow() const;
  void BeginFullSweep();
  void EndFullSweep();

  /// Aggregates with a record that was refused as too large: each is to be sent alone, to find the culprit.
  std::vector<std::string> Suspects(SteadyTime now) const;
  /// Sends one row and waits. kDeadlineExceeded when there is no answer in time (it stays in flight).
  Result<void> SendAlone(PendingRow row, std::chrono::milliseconds timeout);
  void Park(const std::string& aggregate, SteadyTime retry_at);
  /// The suspect's rows went through after all, or are gone.
  void Acquit(const std::string& aggregate);

  /// Sent and not acknowledged.
  std::size_t InFlight() const;
  void FillStats(RelayStats& stats) const;

 private:
  struct Held {
    enum class Kind { kDeferred, kSuspect, kParked };
    Kind kind = Kind::kDeferred;
    bool marked = true;  ///< something of it was left to the sweep since BeginCatchUp
    SteadyTime retry_at{};
  };

  Result<void> Send(PendingRow row, bool swept, std::function<void(const Result<void>&)> then);
  void OnDelivered(const RowKey& key, bool swept, const Result<void>& result);
  void Hold(const std::string& aggregate, Held::Kind kind);

  const std::size_t in_flight_max_;
  const std::size_t deferred_max_;
  kafka::Publisher& publisher_;
  mutable std::mutex mutex_;
  bool closed_ = false;
  bool overflow_ = true;  ///< until the first sweep has seen what earlier processes left
  bool overflow_again_ = false;
  std::unordered_map<Uuid, bool> taken_;  ///< sent and not deleted; true when acknowledged
  std::size_t unacknowledged_ = 0;
  std::vector<RowKey> acknowledged_;
  std::unordered_map<std::string, Held> held_;
  std::int64_t published_ = 0;
  std::int64_t swept_ = 0;
};

}  // namespace souk::outbox
