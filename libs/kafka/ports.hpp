#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/kafka/record.hpp"

namespace souk::kafka {

/// Called once per accepted record, on the publisher's delivery thread: do little there, never block.
/// Ok: the record is durable (all in-sync replicas). Errors: kUnavailable (may or may not be stored, send again),
/// kInvalidArgument with reason RECORD_TOO_LARGE (will never be taken), kPermissionDenied.
using DeliveryCallback = std::function<void(Result<void>)>;

/// Sends records. Thread-safe.
class Publisher {
 public:
  virtual ~Publisher() = default;

  /// Queues one record; does not block. An error here means that the record was not taken and `delivered` will not be
  /// called: kResourceExhausted (the queue is full, wait), kInvalidArgument (too large, bad topic name),
  /// kUnavailable (the connection is being replaced).
  virtual Result<void> Produce(Record record, DeliveryCallback delivered) = 0;

  /// Waits until nothing is in flight; kDeadlineExceeded when that takes longer than `timeout`.
  virtual Result<void> Flush(std::chrono::milliseconds timeout) = 0;

  /// Records taken and not settled yet.
  virtual std::size_t InFlight() const = 0;
};

/// Applies a batch. Ok: the effect of every record is durable (those that never will be were given to DeadLetter); the
/// offsets are committed afterwards. Any error: the same records come again after a back-off, for as long as it
/// takes. May move out of the records only when it answers ok. Called on the consumer's own thread, one batch at a
/// time, so it should give up by a deadline of its own.
using BatchHandler = std::function<Result<void>(std::vector<Record>&)>;

struct ConsumerStats {
  std::int64_t records = 0;     ///< handed to the handler and accepted
  std::int64_t batches = 0;
  std::int64_t retries = 0;     ///< handler calls that answered with an error
  std::int64_t rebalances = 0;
  std::int64_t commits_failed = 0;
  std::int64_t replacements = 0;  ///< times the client was recreated after a fatal error
};

/// A running member of a consumer group.
class Subscription {
 public:
  virtual ~Subscription() = default;
  /// Finishes the batch in hand, commits, leaves the group. Bounded by the handler's own deadline + about 8 s.
  virtual void Stop() = 0;
  /// True while this member belongs to its group and has its share of the partitions, which may be none.
  virtual bool Ready() const = 0;
  /// True while at least one partition is ours.
  virtual bool HasAssignment() const = 0;
  /// Records of our partitions not handled yet, as of the last fetch.
  virtual std::int64_t Lag() const = 0;
  virtual ConsumerStats Stats() const = 0;
};

}  // namespace souk::kafka
