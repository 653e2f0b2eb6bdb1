#include "services/order-recovery/domain/watched.hpp"

#include <algorithm>
#include <array>

namespace souk::recovery {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, 5> kStates = {"", "WATCHED", "QUARANTINED", "RESOLVED", "ENDED"};

/// Up to a quarter more, so that a crowd doesn't come at once.
milliseconds Spread(milliseconds wait, std::uint64_t jitter) {
  return wait + milliseconds(jitter % (static_cast<std::uint64_t>(wait.count()) / 4 + 1));
}

milliseconds BackOff(const Policy& policy, int attempts, std::uint64_t jitter) {
  const auto doubled = policy.backoff_min * (std::int64_t{1} << std::clamp(attempts - 1, 0, 20));
  return Spread(std::min(doubled, std::max(policy.backoff_min, policy.backoff_max)), jitter);
}

bool WentOn(const Watched& before, const Sighting& sighting) {
  return before.phase != sighting.phase || before.status != sighting.status || before.waiting_for != sighting.waiting_for;
}

}  // namespace

std::string_view ToString(State state) { return kStates[static_cast<std::size_t>(state)]; }

std::optional<State> ParseState(std::string_view text) {
  for (std::size_t i = 1; i < kStates.size(); ++i) {
    if (kStates[i] == text) return static_cast<State>(i);
  }
  return std::nullopt;
}

Watched See(std::optional<Watched> before, const Sighting& sighting, const Policy& policy, std::uint64_t jitter) {
  if (before && before->version >= sighting.version) return std::move(*before);
  const bool went_on = !before || WentOn(*before, sighting);
  Watched watched = before ? std::move(*before) : Watched{};
  watched.order_id = sighting.order_id;
  watched.version = sighting.version;
  watched.seen_at = sighting.at;
  watched.deadline_at = sighting.deadline_at;
  if (went_on) {
    watched.status = sighting.status;
    watched.phase = sighting.phase;
    watched.waiting_for = sighting.waiting_for;
    watched.since = sighting.at;
    watched.asks = watched.failures = watched.unreachable = 0;
    if (watched.state == State::kQuarantined || watched.state == State::kEnded) watched.state = State::kWatched;
  }
  if (sighting.ended) {
    watched.state = State::kEnded;
    watched.next_try_at.reset();
  } else if (watched.state == State::kWatched) {
    const SystemTime deadline = watched.deadline_at.value_or(sighting.at + policy.deadline_default);
    watched.next_try_at = deadline + Spread(policy.grace, jitter);
  }
  return watched;
}

Watched AfterAnswer(Watched watched, const Answer& answer, SystemTime now, const Policy& policy, std::uint64_t jitter) {
  const std::string phase_before = watched.phase;
  watched = See(std::move(watched), answer.now, policy, jitter);
  watched.leased_by.clear();
  watched.failures = watched.unreachable = 0;
  watched.last_tried_at = now;
  const bool went_on = watched.phase != phase_before;
  if (answer.resumed && !went_on) ++watched.asks;
  watched.last_outcome = !answer.resumed ? "nothing was due yet" : went_on ? "it went on from " + phase_before : "asked for again";
  if (watched.state != State::kWatched) return watched;
  const SystemTime earliest = now + BackOff(policy, std::max(watched.asks, 1), jitter);
  if (!watched.next_try_at || *watched.next_try_at < earliest) watched.next_try_at = earliest;
  return watched;
}

Watched AfterError(Watched watched, const Error& error, SystemTime now, const Policy& policy, std::uint64_t jitter) {
  watched.leased_by.clear();
  watched.last_tried_at = now;
  watched.last_outcome = std::string(souk::ToString(error.code)) + ": " + error.message;
  if (watched.state != State::kWatched) return watched;
  const bool away = IsRetryable(error.code);
  const int attempts = away ? ++watched.unreachable : ++watched.failures;
  if (!away && attempts >= policy.failures_max) {
    watched.state = State::kQuarantined;
    watched.next_try_at.reset();
  } else {
    watched.next_try_at = now + BackOff(policy, attempts, jitter);
  }
  return watched;
}

Watched Retried(Watched watched, SystemTime now) {
  if (watched.state == State::kEnded) return watched;
  watched.state = State::kWatched;
  watched.failures = watched.unreachable = 0;
  watched.next_try_at = now;
  return watched;
}

Watched Resolved(Watched watched) {
  if (watched.state == State::kEnded) return watched;
  watched.state = State::kResolved;
  watched.next_try_at.reset();
  watched.leased_by.clear();
  return watched;
}

bool IsStuck(const Watched& watched, SystemTime now, const Policy& policy) {
  if (watched.state == State::kQuarantined) return true;
  if (watched.state != State::kWatched) return false;
  if (watched.asks > 0 || watched.failures > 0 || watched.unreachable > 0) return true;
  return watched.deadline_at && *watched.deadline_at + policy.grace < now;
}

bool NeedsAttention(const Watched& watched, const Policy& policy) {
  return watched.state == State::kWatched && watched.asks >= policy.alert_after;
}

}  // namespace souk::recovery
