#include "services/notifications/domain/delivery.hpp"

#include <algorithm>

namespace souk::notifications {
namespace {

constexpr int kDoublingsMax = 20;

bool IsPublicV4(const unsigned char* b) {
  if (b[0] == 0 || b[0] == 10 || b[0] == 127 || b[0] >= 224)
    return false;                                             // this net, private, loopback, multicast and reserved
  if (b[0] == 100 && b[1] >= 64 && b[1] < 128) return false;  // carrier-grade NAT
  if (b[0] == 169 && b[1] == 254) return false;               // link-local, cloud metadata
  if (b[0] == 172 && b[1] >= 16 && b[1] < 32) return false;
  if (b[0] == 192 && b[1] == 168) return false;
  if (b[0] == 192 && b[1] == 0 && (b[2] == 0 || b[2] == 2)) return false;  // protocol assignments, documentation
  return !(b[0] == 198 && (b[1] == 18 || b[1] == 19));                     // benchmarks
}

}  // namespace

std::string_view ToString(DeliveryStatus status) {
  switch (status) {
    case DeliveryStatus::kPending: return "pending";
    case DeliveryStatus::kSent: return "sent";
    case DeliveryStatus::kFailed: break;
  }
  return "failed";
}

std::optional<DeliveryStatus> ParseDeliveryStatus(std::string_view text) {
  for (const auto status : {DeliveryStatus::kPending, DeliveryStatus::kSent, DeliveryStatus::kFailed}) {
    if (ToString(status) == text) return status;
  }
  return std::nullopt;
}

std::chrono::milliseconds BackOff(const RetryPolicy& policy, int attempts, std::uint64_t chance) {
  const auto doubled = policy.retry_min * (std::int64_t{1} << std::clamp(attempts - 1, 0, kDoublingsMax));
  const auto bounded = std::min<std::chrono::milliseconds>(doubled, policy.retry_max);
  return bounded * static_cast<std::int64_t>(750 + chance % 501) / 1000;
}

Progress After(const RetryPolicy& policy, int attempts, const Attempt& attempt, SystemTime now, std::uint64_t chance) {
  using Result = Attempt::Result;
  if (attempt.result == Result::kPostponed) {
    return {DeliveryStatus::kPending, attempts, now + BackOff(policy, 1, chance), {}, attempt.reason};
  }
  const int made = attempts + 1;
  if (attempt.result == Result::kDelivered) return {DeliveryStatus::kSent, made, {}, now, {}};
  if (attempt.result == Result::kRefused) return {DeliveryStatus::kFailed, made, {}, {}, attempt.reason};
  if (policy.attempts_max > 0 && made >= policy.attempts_max) {
    return {DeliveryStatus::kFailed,
            made,
            {},
            {},
            "given up after " + std::to_string(made) + " attempts: " + attempt.reason};
  }
  return {DeliveryStatus::kPending, made, now + BackOff(policy, made, chance), {}, attempt.reason};
}

bool IsPublicAddress(std::string_view bytes) {
  const auto* b = reinterpret_cast<const unsigned char*>(bytes.data());
  if (bytes.size() == 4) return IsPublicV4(b);
  if (bytes.size() != 16) return false;
  const bool zeros = std::all_of(b, b + 10, [](unsigned char c) { return c == 0; });
  if (zeros && ((b[10] == 0xff && b[11] == 0xff) || (b[10] == 0 && b[11] == 0)))
    return IsPublicV4(b + 12);  // mapped, compatible, ::1
  if (b[0] == 0x00 && b[1] == 0x64 && b[2] == 0xff && b[3] == 0x9b) return IsPublicV4(b + 12);  // NAT64
  if (b[0] == 0x20 && b[1] == 0x02) return IsPublicV4(b + 2);                                   // 6to4
  return (b[0] & 0xe0) == 0x20;                                                                 // global unicast only
}

}  // namespace souk::notifications
