#pragma once

#include <array>
#include <string_view>

namespace souk::sim {

/// Deliberate mistakes, to see that the simulator finds them. They live in the simulator's own adapters: no other program has them.
enum class Bug {
  kNone,
  kPublishBeforeCommit,
  kInboxSkipped,
  kCompensationNotRetried,
  kKeyMadeAtRetry,
  kLastIdRelay,
  kAbsoluteStockWrite,
  kReleaseTwice,
  kDeadlineIgnored,
  kReplyUnchecked,
  kRefundWithoutLookUp,
  kOffsetBeforeCommit,
  kUnknownIsFailed,
  kTombstoneForgotten,
};

struct BugInfo {
  Bug bug;
  std::string_view name;
  std::string_view what;
};

inline constexpr std::array<BugInfo, 13> kBugs = {{
    {Bug::kPublishBeforeCommit, "publish-before-commit", "orders hands its messages to the producer before its transaction is durable"},
    {Bug::kInboxSkipped, "inbox-skipped", "orders forgets which messages it has applied"},
    {Bug::kCompensationNotRetried, "compensation-not-retried", "a release, void, refund or restock that was not answered is not sent again"},
    {Bug::kKeyMadeAtRetry, "key-made-at-retry", "each attempt to authorize has an idempotency key of its own"},
    {Bug::kLastIdRelay, "last-id-relay", "the relay publishes what lies behind the last id that it saw"},
    {Bug::kAbsoluteStockWrite, "absolute-stock-write", "inventory writes counts that it read before another instance changed them"},
    {Bug::kReleaseTwice, "release-twice", "a release that is heard again gives the units back again"},
    {Bug::kDeadlineIgnored, "deadline-ignored", "nobody looks for orders whose deadline passed"},
    {Bug::kReplyUnchecked, "reply-unchecked", "orders takes StockReserved for good in whatever step the order is"},
    {Bug::kRefundWithoutLookUp, "refund-without-look-up", "a refund in doubt is asked for under a fresh key"},
    {Bug::kOffsetBeforeCommit, "offset-before-commit", "offsets are stored when a batch is fetched"},
    {Bug::kUnknownIsFailed, "unknown-is-failed", "a call that timed out counts as declined"},
    {Bug::kTombstoneForgotten, "tombstone-forgotten", "a release that comes before its claim leaves no mark"},
}};

constexpr std::string_view NameOf(Bug bug) {
  for (const BugInfo& info : kBugs) {
    if (info.bug == bug) return info.name;
  }
  return "none";
}

}  // namespace souk::sim
