#include "services/payments/domain/payment.hpp"

#include <algorithm>
#include <array>

#include "services/payments/domain/step.hpp"

namespace souk::payments {
namespace {

constexpr std::array<std::string_view, kStatusMax + 1> kStatusNames = {
    "",         "AUTHORIZING",    "CHALLENGED", "AUTHORIZED", "DECLINED",  "CAPTURING",
    "CAPTURED", "CAPTURE_FAILED", "VOIDING",    "VOIDED",     "REFUNDING", "REFUNDED"};
constexpr std::array<std::string_view, 4> kRefundNames = {"", "pending", "succeeded", "failed"};

Error NotFound() { return MakeError(ErrorCode::kNotFound, "no such payment", "PAYMENT_NOT_FOUND"); }
Error WrongState(Status status) {
  return MakeError(ErrorCode::kFailedPrecondition, "the payment is " + std::string(ToString(status)),
                   "PAYMENT_" + std::string(ToString(status)));
}
Error OtherContent(std::string_view what) {
  return MakeError(ErrorCode::kAlreadyExists, "this " + std::string(what) + " exists with other content",
                   "ID_REUSED");
}
std::string OrElse(const std::string& text, std::string_view otherwise) {
  return text.empty() ? std::string(otherwise) : text;
}

}  // namespace

std::string_view ToString(Status status) { return kStatusNames[static_cast<std::size_t>(status)]; }
std::optional<Status> ParseStatus(std::string_view text) {
  const auto found = std::find(kStatusNames.begin() + 1, kStatusNames.end(), text);
  if (found == kStatusNames.end()) return std::nullopt;
  return static_cast<Status>(found - kStatusNames.begin());
}
std::string_view ToString(RefundStatus status) { return kRefundNames[static_cast<std::size_t>(status)]; }
std::optional<RefundStatus> ParseRefundStatus(std::string_view text) {
  const auto found = std::find(kRefundNames.begin() + 1, kRefundNames.end(), text);
  if (found == kRefundNames.end()) return std::nullopt;
  return static_cast<RefundStatus>(found - kRefundNames.begin());
}
std::string_view ToString(IntentStatus status) {
  switch (status) {
    case IntentStatus::kRequiresAction: return "requires_action";
    case IntentStatus::kRequiresCapture: return "requires_capture";
    case IntentStatus::kSucceeded: return "succeeded";
    case IntentStatus::kCanceled: return "canceled";
    case IntentStatus::kFailed: return "requires_payment_method";
    case IntentStatus::kOther: return "other";
  }
  return "other";
}

bool Settled(const Payment& payment) {
  return payment.operation == Operation::kNone && payment.status != Status::kRefunding;
}

Decision Decide(const Uuid& payment_id, Aggregate state, const Input& input, SystemTime now, const Policy& policy) {
  Step step(payment_id, std::move(state), now, policy);
  std::visit([&step](const auto& value) { step.On(value); }, input);
  return step.Take();
}

Decision Step::Take() {
  if (Exists() && (decision_.changed || !decision_.refunds_changed.empty())) {
    // Each event has a version of its own (Emit); a silent change takes one too.
    if (decision_.events.empty()) ++payment().version;
    payment().updated_at = now_;
    decision_.changed = true;
  }
  return std::move(decision_);
}

void Step::On(const Authorize& command) {
  if (Exists()) return RepeatAuthorize(command);
  Payment& made = decision_.next.payment.emplace();
  made.payment_id = id_;
  made.amount = command.amount;
  made.payment_method = command.payment_method;
  made.customer_id = command.customer_id;
  made.created_at = now_;
  Begin(Operation::kAuthorize);
}

void Step::RepeatAuthorize(const Authorize& command) {
  const Payment& known = payment();
  const bool tombstone = known.amount.currency.empty();
  if (!tombstone && (known.amount != command.amount || known.payment_method != command.payment_method)) {
    return Refuse(OtherContent("payment"));
  }
  switch (known.status) {
    case Status::kAuthorizing: return;
    case Status::kChallenged: return Emit({.kind = EventKind::kChallenged, .challenge_url = known.challenge_url});
    case Status::kDeclined:
    case Status::kCaptureFailed: return EmitDeclined(OrElse(known.decline_code, "card_declined"));
    case Status::kVoiding:
    case Status::kVoided: return EmitDeclined("cancelled");
    default: return Emit({.kind = EventKind::kAuthorized, .amount = known.amount});
  }
}

void Step::On(const Capture& command) {
  if (!Exists()) return Refuse(NotFound());
  Payment& known = payment();
  if (known.status == Status::kVoided && known.amount.currency.empty()) return EmitCaptureFailed("cancelled");
  if (known.amount != command.amount) {
    return Refuse(InvalidArgument("amount", "must equal the authorized " + souk::ToString(known.amount)));
  }
  switch (known.status) {
    case Status::kAuthorizing:
    case Status::kChallenged: return Refuse(WrongState(known.status));
    case Status::kAuthorized: return Begin(Operation::kCapture);
    case Status::kCapturing: return;
    case Status::kDeclined:
    case Status::kCaptureFailed: return EmitCaptureFailed(OrElse(known.decline_code, "card_declined"));
    case Status::kVoiding:
    case Status::kVoided: return EmitCaptureFailed("cancelled");
    default: return EmitCaptured();
  }
}

void Step::On(const Void&) {
  if (!Exists()) {
    // The undo came before the do: a tombstone that makes the late do fail.
    Payment& made = decision_.next.payment.emplace();
    made.payment_id = id_;
    made.created_at = now_;
    End(Status::kVoided);
    return EmitVoided();
  }
  Payment& known = payment();
  switch (known.status) {
    case Status::kAuthorizing:
    case Status::kCapturing:
      // What the provider is doing right now decides; see Held(), Failed() and Taken().
      if (!known.void_requested) Touch();
      known.void_requested = true;
      return;
    case Status::kChallenged:
    case Status::kAuthorized: return Begin(Operation::kCancel);
    case Status::kVoiding: return;
    case Status::kDeclined:
    case Status::kCaptureFailed:
    case Status::kVoided: return EmitVoided();
    default: return EmitCaptured();
  }
}

Refund* Step::FindRefund(std::string_view refund_id) {
  auto& refunds = decision_.next.refunds;
  const auto found = std::find_if(refunds.begin(), refunds.end(), [&](const Refund& r) { return r.refund_id == refund_id; });
  return found == refunds.end() ? nullptr : &*found;
}

void Step::On(const GiveBack& command) {
  if (!Exists()) return Refuse(NotFound());
  Payment& known = payment();
  const bool taken = known.status == Status::kCaptured || known.status == Status::kRefunding || known.status == Status::kRefunded;
  if (!taken) return Refuse(WrongState(known.status));
  if (command.amount.currency != known.amount.currency) {
    return Refuse(InvalidArgument("amount.currency", "must be " + known.amount.currency));
  }
  if (const Refund* refund = FindRefund(command.refund_id)) return RepeatRefund(*refund, command);
  std::int64_t left = known.captured;
  for (const Refund& refund : decision_.next.refunds) {
    if (refund.status != RefundStatus::kFailed) left -= refund.amount;
  }
  if (command.amount.minor_units <= 0 || command.amount.minor_units > left) {
    Error error = InvalidArgument("amount", "must be 1 to " + std::to_string(left) + ", what is left of the captured amount");
    error.reason = "REFUND_EXCEEDS_CAPTURED";
    return Refuse(std::move(error));
  }
  Refund& refund = decision_.next.refunds.emplace_back();
  refund.refund_id = command.refund_id;
  refund.amount = command.amount.minor_units;
  refund.key = "refund:" + id_.ToString() + ":" + command.refund_id;
  refund.started_at = now_;
  known.has_refunds = true;
  CallRefund(refund);
  StatusFromRefunds();
}

void Step::RepeatRefund(const Refund& refund, const GiveBack& command) {
  if (refund.amount != command.amount.minor_units) return Refuse(OtherContent("refund"));
  AnswerRefund(refund);
}

void Step::AnswerRefund(const Refund& refund) {
  const Money amount{refund.amount, payment().amount.currency};
  if (refund.status == RefundStatus::kSucceeded) {
    Emit({.kind = EventKind::kRefunded, .amount = amount, .refunded_total = payment().refunded, .refund_id = refund.refund_id});
  } else if (refund.status == RefundStatus::kFailed) {
    Emit({.kind = EventKind::kRefundFailed, .refund_id = refund.refund_id, .reason = refund.reason});
  }
}

}  // namespace souk::payments
