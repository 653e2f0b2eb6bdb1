#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/clock.hpp"
#include "services/notifications/domain/notice.hpp"

namespace souk::notifications {

enum class DeliveryStatus { kPending, kSent, kFailed };
std::string_view ToString(DeliveryStatus status);
std::optional<DeliveryStatus> ParseDeliveryStatus(std::string_view text);

/// What came of one attempt.
struct Attempt {
  enum class Result {
    kDelivered,
    kTryLater,   ///< this delivery failed and may succeed later
    kRefused,    ///< it will never succeed
    kPostponed,  ///< nothing was tried: the channel is away
  };
  Result result = Result::kDelivered;
  std::string reason;
  bool channel_away = false;  ///< with kTryLater: nobody answers there, so the next delivery would fail as well
};

struct RetryPolicy {
  std::chrono::milliseconds retry_min{1000};
  std::chrono::milliseconds retry_max{60'000};
  int attempts_max = 0;  ///< 0 = for ever
};

/// Where a delivery stands after an attempt.
struct Progress {
  DeliveryStatus status = DeliveryStatus::kPending;
  int attempts = 0;
  std::optional<SystemTime> next_attempt_at;  ///< set while pending
  std::optional<SystemTime> sent_at;
  std::string reason;
};

/// Doubling from retry_min to retry_max, times 75 % to 125 % by `chance`.
std::chrono::milliseconds BackOff(const RetryPolicy& policy, int attempts, std::uint64_t chance);

/// `attempts` counts those before this one.
Progress After(const RetryPolicy& policy, int attempts, const Attempt& attempt, SystemTime now, std::uint64_t chance);

/// False for loopback, private, link-local, multicast, carrier and other addresses that no customer's webhook can have.
/// Takes 4 or 16 bytes; IPv4 inside IPv6 is judged as IPv4.
bool IsPublicAddress(std::string_view bytes);

}  // namespace souk::notifications
