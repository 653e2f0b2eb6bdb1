#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/clock.hpp"
#include "libs/base/error.hpp"
#include "libs/base/uuid.hpp"

namespace souk::recovery {

/// What order-recovery does with an order. Numbers equal souk.recovery.v1.WatchState.
enum class State { kWatched = 1, kQuarantined, kResolved, kEnded };

std::string_view ToString(State state);
std::optional<State> ParseState(std::string_view text);

/// What is known of one order and what was tried for it. A value.
struct Watched {
  Uuid order_id;
  std::int64_t version = 0;  ///< of the newest event or answer seen; older ones change nothing
  std::string status;
  std::string phase;
  std::string waiting_for;
  SystemTime since;  ///< it waits for that
  SystemTime seen_at;  ///< the newest event or answer
  std::optional<SystemTime> deadline_at;
  State state = State::kWatched;
  int asks = 0;         ///< times it was resumed since it last went on
  int failures = 0;     ///< in a row, of a kind that waiting does not mend
  int unreachable = 0;  ///< in a row, because orders could not be asked
  std::optional<SystemTime> last_tried_at;
  std::string last_outcome;
  std::optional<SystemTime> next_try_at;  ///< none: nothing happens by itself
  std::string leased_by;                  ///< who is trying; until next_try_at
  bool operator==(const Watched&) const = default;
};

/// What an event, or an answer of orders, says of an order.
struct Sighting {
  Uuid order_id;
  std::int64_t version = 0;
  std::string status;
  std::string phase;
  std::string waiting_for;
  std::optional<SystemTime> deadline_at;
  SystemTime at;
  bool ended = false;  ///< terminal, with nothing left to undo
};

/// Orders' answer to a request to resume.
struct Answer {
  Sighting now;
  bool resumed = false;  ///< false: there was nothing to do yet
};

struct Policy {
  std::chrono::milliseconds grace{10'000};             ///< after the deadline: orders' own sweep comes first
  std::chrono::milliseconds deadline_default{60'000};  ///< for events without a deadline
  std::chrono::milliseconds backoff_min{1'000};        ///< doubles per attempt that failed ...
  std::chrono::milliseconds backoff_max{60'000};       ///< ... up to this
  int failures_max = 5;                                ///< then the order is quarantined
  int alert_after = 10;                                ///< resumed so often without going on: a person should look
};

/// What is known after a sighting. Older sightings change nothing; one that shows the order going on forgets what was tried and lifts a
/// quarantine. `jitter` is random.
Watched See(std::optional<Watched> before, const Sighting& sighting, const Policy& policy, std::uint64_t jitter);

/// After orders answered a request to resume.
Watched AfterAnswer(Watched watched, const Answer& answer, SystemTime now, const Policy& policy, std::uint64_t jitter);
/// After orders could not be asked (retryable errors: for ever, with back-off), or failed on this order (counted; then quarantined).
Watched AfterError(Watched watched, const Error& error, SystemTime now, const Policy& policy, std::uint64_t jitter);

/// A person wants it tried again: what failed is forgotten.
Watched Retried(Watched watched, SystemTime now);
/// A person has settled it by hand.
Watched Resolved(Watched watched);

/// Past its deadline and grace, in trouble, or quarantined.
bool IsStuck(const Watched& watched, SystemTime now, const Policy& policy);
/// Was resumed so often without going on that a person should look.
bool NeedsAttention(const Watched& watched, const Policy& policy);

}  // namespace souk::recovery
