#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/base/error.hpp"
#include "libs/base/money.hpp"
#include "libs/base/uuid.hpp"

namespace souk::payments {

/// Numbered as souk.payments.v1.PaymentStatus.
enum class Status {
  kAuthorizing = 1,
  kChallenged,
  kAuthorized,
  kDeclined,
  kCapturing,
  kCaptured,
  kCaptureFailed,
  kVoiding,
  kVoided,
  kRefunding,
  kRefunded,
};
inline constexpr int kStatusMax = static_cast<int>(Status::kRefunded);
/// "AUTHORIZING" and so on, as stored in SQL.
std::string_view ToString(Status status);
std::optional<Status> ParseStatus(std::string_view text);

/// What the provider still owes us an answer to. Stored before the provider is called.
enum class Operation {
  kNone = 0,
  kAuthorize,
  kCapture,
  kCancel,
  kWatch,  ///< nothing is asked; the customer's challenge is looked at now and then
};

enum class RefundStatus { kPending = 1, kSucceeded, kFailed };
/// "pending", "succeeded", "failed": as on the wire and in SQL.
std::string_view ToString(RefundStatus status);
std::optional<RefundStatus> ParseRefundStatus(std::string_view text);

/// One gift back of money, once per refund_id.
struct Refund {
  std::string refund_id;
  std::int64_t amount = 0;  ///< minor units of the payment's currency
  RefundStatus status = RefundStatus::kPending;
  std::string provider_id;
  std::string reason;   ///< why it failed
  std::string key;      ///< provider idempotency key, stored before the call
  int attempts = 0;     ///< answers that told nothing
  SystemTime started_at;
  std::optional<SystemTime> next_attempt_at;  ///< set while pending

  bool operator==(const Refund&) const = default;
};

/// The payment of one order.
struct Payment {
  Uuid payment_id;  ///< equals the order id
  Status status = Status::kAuthorizing;
  Money amount;  ///< empty currency in a tombstone (voided before it was authorized)
  std::string payment_method;
  std::string customer_id;
  std::int64_t captured = 0;  ///< minor units of amount.currency
  std::int64_t refunded = 0;  ///< minor units; never above captured
  std::string provider_id;
  std::string decline_code;
  std::string challenge_url;
  bool unknown = false;         ///< the last call's outcome is not known and is being asked for
  bool void_requested = false;  ///< let go as soon as the provider's answer is known
  bool has_refunds = false;
  Operation operation = Operation::kNone;
  std::string operation_key;  ///< provider idempotency key of `operation`, stored before the call
  int operation_number = 0;   ///< makes a fresh key when the provider has forgotten the old one
  int attempts = 0;           ///< answers that told nothing
  SystemTime operation_started_at;
  std::optional<SystemTime> next_attempt_at;  ///< set while `operation` is not kNone: when the sweep takes over
  std::int64_t version = 0;
  SystemTime created_at;
  SystemTime updated_at;

  bool operator==(const Payment&) const = default;
};

/// A payment with its refunds; no payment when the id was never heard of.
struct Aggregate {
  std::optional<Payment> payment;
  std::vector<Refund> refunds;
};

// What may happen to a payment.
struct Authorize {
  Money amount;
  std::string payment_method;
  std::string customer_id;
};
struct Capture {
  Money amount;
};
struct Void {
  std::string reason;
};
struct GiveBack {
  std::string refund_id;
  Money amount;
  std::string reason;
};

/// The provider's record as of some moment.
enum class IntentStatus { kRequiresAction, kRequiresCapture, kSucceeded, kCanceled, kFailed, kOther };
std::string_view ToString(IntentStatus status);
struct IntentView {
  std::string provider_id;
  IntentStatus status = IntentStatus::kOther;
  Money amount;
  std::int64_t received = 0;
  std::int64_t refunded = 0;
  std::string decline_code;  ///< stable, see payment_events.proto; only with kFailed
  bool still_held = false;   ///< kFailed was said of a capture, and the hold is still there
  std::string challenge_url;
  std::string order_id;  ///< metadata[order_id]; may be empty
  std::int64_t created = 0;  ///< Unix seconds
};
struct RefundView {
  std::string provider_id;
  std::string refund_id;
  RefundStatus status = RefundStatus::kSucceeded;
  std::int64_t amount = 0;
};
/// Time-out, 5xx, broken connection: it may have happened or not.
struct UnknownOutcome {
  std::string why;
};
/// The provider looked and has no such record.
struct NoSuchRecord {};
/// The provider refuses the request as such, for good.
struct Rejected {
  std::string code;
  std::string message;
};
using ProviderResult = std::variant<IntentView, RefundView, UnknownOutcome, NoSuchRecord, Rejected>;

/// Calls that a decision asks for. kGet, kFind and kFindRefund only ask; the others carry a stored key.
enum class CallKind { kAuthorize, kCapture, kCancel, kRefund, kGet, kFind, kFindRefund };
struct ProviderCall {
  CallKind kind = CallKind::kGet;
  Uuid payment_id;
  std::string key;  ///< empty for the asking kinds
  std::string provider_id;
  Money amount;
  std::string payment_method;
  std::string refund_id;
  bool operator==(const ProviderCall&) const = default;
};

struct ProviderAnswered {
  CallKind kind = CallKind::kGet;
  std::string refund_id;
  ProviderResult result;
};
/// A signed webhook about the intent: may be old, repeated or early.
struct ProviderNotice {
  IntentView intent;
};
/// The sweep found next_attempt_at in the past.
struct RetryDue {};

using Input = std::variant<Authorize, Capture, Void, GiveBack, ProviderAnswered, ProviderNotice, RetryDue>;

enum class EventKind { kAuthorized, kDeclined, kChallenged, kCaptured, kCaptureFailed, kVoided, kRefunded, kRefundFailed };
struct Event {
  EventKind kind = EventKind::kAuthorized;
  std::int64_t version = 0;  ///< of the payment; each event has its own
  Money amount;
  std::int64_t refunded_total = 0;
  std::string decline_code;
  std::string challenge_url;
  std::string refund_id;
  std::string reason;
};

/// One side of a booking. The entries of one cause sum to zero; (cause, account) is unique, so nothing is booked twice.
struct LedgerEntry {
  std::string cause;    ///< "capture:<payment_id>" or "refund:<payment_id>:<refund_id>"
  std::string account;  ///< "provider_holding", "revenue" or "refunds"
  Money amount;         ///< above 0 is a debit, below 0 a credit
};

/// Times that decide when the provider is asked again.
struct Policy {
  std::chrono::milliseconds call_lease{10'000};  ///< above the time-out of one call: who has the lease waits for the answer
  std::chrono::milliseconds retry_min{500};      ///< doubles per answer that told nothing ...
  std::chrono::milliseconds retry_max{60'000};   ///< ... up to this
  std::chrono::milliseconds watch_interval{15'000};     ///< between looks at a challenge
  std::chrono::milliseconds escalated_interval{3'600'000};  ///< between looks at what a person has to settle
  std::chrono::hours key_retention{23};          ///< below the provider's 24 h: an older key must not be replayed
};

/// What an input leads to. With a refusal nothing changes.
struct Decision {
  Aggregate next;
  std::optional<Error> refusal;
  bool changed = false;                     ///< `next.payment` differs and must be stored
  std::vector<std::string> refunds_changed; ///< ids in next.refunds that must be stored
  std::vector<Event> events;
  std::vector<LedgerEntry> entries;
  std::vector<ProviderCall> calls;  ///< only after the commit
  bool escalated = false;           ///< cannot be settled by asking: a person has to look
};

/// The rules. Pure. Errors: kInvalidArgument (422), kNotFound, kAlreadyExists (same id, other content),
/// kFailedPrecondition.
Decision Decide(const Uuid& payment_id, Aggregate state, const Input& input, SystemTime now, const Policy& policy);

/// True when nothing more will come without a new command or a webhook.
bool Settled(const Payment& payment);

}  // namespace souk::payments
