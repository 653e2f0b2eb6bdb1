#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace souk::faults {

/// What a client knows after a call: it happened, it did not, or either.
enum class Knowledge { kOk, kFailed, kUnknown };

/// One call of a client, with what it was told.
struct Call {
  enum class Kind { kPlace, kCancel, kReturn, kRead, kFinalRead };
  Kind kind = Kind::kPlace;
  std::int64_t begin_us = 0;  ///< on one monotonic clock
  std::int64_t end_us = 0;
  Knowledge knowledge = Knowledge::kUnknown;
  int status = 0;            ///< HTTP; 0 when no answer came
  std::string key;           ///< of what changes something
  std::string order_id;      ///< answered, or asked for
  std::int64_t version = 0;  ///< of the order that was read
  std::string state;         ///< "ORDER_STATUS_COMPLETED" ...
};

/// Every call of a run. Safe to use from many threads.
class History {
 public:
  void Add(Call call);
  std::vector<Call> Calls() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Call> calls_;
};

/// One JSON object on one line.
std::string ToJson(const Call& call);
bool IsTerminal(const std::string& state);

// Each returns one line for each offence. Unknown outcomes allow both.
/// The answers to one idempotency key name one order.
std::vector<std::string> CheckOneOrderPerKey(const std::vector<Call>& calls);
/// Every order that a client was told of is found at the end, and has ended.
std::vector<std::string> CheckAcknowledgedEnded(const std::vector<Call>& calls);
/// Of two reads of one order where the second began after the first had ended, the second saw no older version.
std::vector<std::string> CheckReadsNeverGoBack(const std::vector<Call>& calls);
/// An order that was acknowledged before a read began is found by it.
std::vector<std::string> CheckReadsSeeAcknowledged(const std::vector<Call>& calls);
std::vector<std::string> CheckAll(const std::vector<Call>& calls);

}  // namespace souk::faults
