// What the provider says, and when it is asked. The provider's record only ever moves forward, and so does ours: an old
// snapshot (a late or repeated webhook) never takes a payment back.
#include <algorithm>

#include "services/payments/domain/step.hpp"

namespace souk::payments {

void Step::On(const ProviderNotice& notice) {
  if (!Exists()) return;  // parked by the caller until the payment is known
  const Payment& known = payment();
  if (!known.provider_id.empty() && known.provider_id != notice.intent.provider_id) return;
  if (known.amount.currency.empty()) return;  // a tombstone never called the provider
  Observe(notice.intent);
}

void Step::On(const ProviderAnswered& answer) {
  if (!Exists()) return;
  if (const auto* intent = std::get_if<IntentView>(&answer.result)) {
    const Operation before = payment().operation;
    Observe(*intent);
    // Only an answer that is fresh by nature may show that an old call never arrived.
    const bool still_held = answer.kind == CallKind::kGet && intent->status == IntentStatus::kRequiresCapture;
    const Operation asked = payment().operation;
    if (still_held && asked == before && (asked == Operation::kCapture || asked == Operation::kCancel)) Begin(asked);
  } else if (const auto* refund = std::get_if<RefundView>(&answer.result)) {
    RefundAnswered(answer.refund_id, *refund);
  } else if (std::holds_alternative<NoSuchRecord>(answer.result)) {
    Missing(answer);
  } else if (const auto* why = std::get_if<Rejected>(&answer.result)) {
    Refused(answer, *why);
  } else {
    Unsure(answer);
  }
}

void Step::Observe(const IntentView& intent) {
  Payment& known = payment();
  if (known.provider_id.empty() && !intent.provider_id.empty()) {
    known.provider_id = intent.provider_id;
    Touch();
  }
  switch (intent.status) {
    case IntentStatus::kRequiresAction: return Challenged(intent);
    case IntentStatus::kRequiresCapture: return Held(intent);
    case IntentStatus::kSucceeded: return Taken(intent);
    case IntentStatus::kCanceled: return Canceled();
    case IntentStatus::kFailed: return Failed(intent);
    case IntentStatus::kOther: return;  // still at work there; the sweep asks again
  }
}

void Step::Challenged(const IntentView& intent) {
  Payment& known = payment();
  if (known.status == Status::kChallenged && known.operation == Operation::kWatch) {
    known.next_attempt_at = now_ + policy_.watch_interval;
    return Touch();
  }
  if (known.status != Status::kAuthorizing) return;
  known.challenge_url = intent.challenge_url;
  if (known.void_requested) return Begin(Operation::kCancel);
  End(Status::kChallenged);
  known.operation = Operation::kWatch;
  known.next_attempt_at = now_ + policy_.watch_interval;
  Emit({.kind = EventKind::kChallenged, .challenge_url = known.challenge_url});
}

void Step::Held(const IntentView&) {
  Payment& known = payment();
  if (known.status != Status::kAuthorizing && known.status != Status::kChallenged) return;
  if (known.void_requested) return Begin(Operation::kCancel);
  End(Status::kAuthorized);
  Emit({.kind = EventKind::kAuthorized, .amount = known.amount});
}

void Step::Taken(const IntentView& intent) {
  Payment& known = payment();
  switch (known.status) {
    case Status::kAuthorizing:
    case Status::kChallenged: Emit({.kind = EventKind::kAuthorized, .amount = known.amount}); break;
    case Status::kAuthorized:
    case Status::kCapturing:
    case Status::kVoiding: break;
    default: return;
  }
  known.captured = intent.received;
  End(Status::kCaptured);
  Book("capture:" + id_.ToString(), "provider_holding", "revenue", known.captured);
  EmitCaptured();
}

void Step::Canceled() {
  Payment& known = payment();
  switch (known.status) {
    case Status::kAuthorizing:
    case Status::kChallenged:
      if (!known.void_requested) {
        known.decline_code = "cancelled";
        End(Status::kDeclined);
        return EmitDeclined("cancelled");
      }
      [[fallthrough]];
    case Status::kAuthorized:
    case Status::kVoiding:
      End(Status::kVoided);
      return EmitVoided();
    case Status::kCapturing: return Failed({.status = IntentStatus::kCanceled, .decline_code = "cancelled"});
    default: return;
  }
}

void Step::Failed(const IntentView& intent) {
  Payment& known = payment();
  const std::string code = intent.decline_code.empty() ? "card_declined" : intent.decline_code;
  switch (known.status) {
    case Status::kAuthorizing:
    case Status::kChallenged:
      known.decline_code = code;
      if (known.void_requested) {
        End(Status::kVoided);
        return EmitVoided();
      }
      End(Status::kDeclined);
      return EmitDeclined(code);
    case Status::kCapturing:
      known.decline_code = code;
      End(Status::kCaptureFailed);
      EmitCaptureFailed(code);
      if (intent.still_held) return Begin(Operation::kCancel);
      if (known.void_requested) EmitVoided();
      return;
    case Status::kVoiding:
      End(Status::kVoided);
      return EmitVoided();
    default: return;
  }
}

void Step::Unsure(const ProviderAnswered& answer) {
  if (!answer.refund_id.empty()) {
    Refund* refund = FindRefund(answer.refund_id);
    if (refund == nullptr || refund->status != RefundStatus::kPending) return;
    refund->next_attempt_at = now_ + BackOff(++refund->attempts);
    decision_.refunds_changed.push_back(refund->refund_id);
    payment().unknown = true;
    return;
  }
  Payment& known = payment();
  if (known.operation == Operation::kNone) return;  // a webhook told us meanwhile
  known.next_attempt_at = now_ + BackOff(++known.attempts);
  if (known.operation != Operation::kWatch) known.unknown = true;
  Touch();
}

void Step::Missing(const ProviderAnswered& answer) {
  // A search may lag behind, and the key is too old to be replayed: nothing may be guessed here.
  if (answer.kind == CallKind::kFindRefund) Unsure(answer);
  if (answer.kind == CallKind::kFind || answer.kind == CallKind::kFindRefund) return Escalate();
  Refused(answer, {.code = "resource_missing", .message = "the provider has no such record"});
}

void Step::Escalate() {
  decision_.escalated = true;
  Payment& known = payment();
  if (known.operation == Operation::kNone) return;
  known.unknown = true;
  ++known.attempts;
  known.next_attempt_at = now_ + policy_.escalated_interval;
  Touch();
}

void Step::Refused(const ProviderAnswered& answer, const Rejected& why) {
  if (answer.kind == CallKind::kRefund || answer.kind == CallKind::kFindRefund) {
    Refund* refund = FindRefund(answer.refund_id);
    if (refund == nullptr || refund->status != RefundStatus::kPending) return;
    return RefundOver(*refund, RefundStatus::kFailed, why.code.empty() ? why.message : why.code);
  }
  const Operation asked = payment().operation;
  if (why.code == "idempotency_error") return Escalate();  // our key, other content: a defect, and money may be held
  if (answer.kind == CallKind::kAuthorize && asked == Operation::kAuthorize) return Failed({.decline_code = "processing_error"});
  if (asked == Operation::kCapture) return Failed({.decline_code = "processing_error"});
  if (asked == Operation::kCancel && why.code == "resource_missing") return Canceled();
  Unsure(answer);
}

void Step::RefundAnswered(const std::string& refund_id, const RefundView& view) {
  Refund* refund = FindRefund(refund_id);
  if (refund == nullptr || refund->status != RefundStatus::kPending) return;
  refund->provider_id = view.provider_id;
  if (view.status == RefundStatus::kPending) {
    refund->next_attempt_at = now_ + policy_.watch_interval;
    decision_.refunds_changed.push_back(refund_id);
    return;
  }
  RefundOver(*refund, view.status, view.status == RefundStatus::kFailed ? "refund_failed" : "");
}

void Step::RefundOver(Refund& refund, RefundStatus status, std::string reason) {
  refund.status = status;
  refund.reason = std::move(reason);
  refund.next_attempt_at.reset();
  decision_.refunds_changed.push_back(refund.refund_id);
  if (status == RefundStatus::kSucceeded) {
    payment().refunded += refund.amount;
    Book("refund:" + id_.ToString() + ":" + refund.refund_id, "refunds", "provider_holding", refund.amount);
  }
  StatusFromRefunds();
  AnswerRefund(refund);
}

void Step::StatusFromRefunds() {
  Payment& known = payment();
  const auto& refunds = decision_.next.refunds;
  const bool pending = std::any_of(refunds.begin(), refunds.end(), [](const Refund& refund) { return refund.status == RefundStatus::kPending; });
  if (!pending) known.unknown = false;
  known.status = pending ? Status::kRefunding : known.refunded > 0 ? Status::kRefunded : Status::kCaptured;
  Touch();
}

void Step::On(const RetryDue&) {
  if (!Exists()) return;
  Payment& known = payment();
  if (known.operation != Operation::kNone && known.next_attempt_at && *known.next_attempt_at <= now_) CallAgain();
  for (Refund& refund : decision_.next.refunds) {
    if (refund.status == RefundStatus::kPending && refund.next_attempt_at && *refund.next_attempt_at <= now_) CallRefund(refund);
  }
}

void Step::Begin(Operation operation) {
  Payment& known = payment();
  const bool again = known.operation == operation;
  known.operation = operation;
  known.operation_number = again ? known.operation_number + 1 : 1;
  known.operation_started_at = now_;
  known.attempts = 0;
  known.unknown = again && known.unknown;
  switch (operation) {
    case Operation::kAuthorize:
      known.status = Status::kAuthorizing;
      known.operation_key = Key("auth", known.operation_number);
      break;
    case Operation::kCapture:
      known.status = Status::kCapturing;
      known.operation_key = Key("capture", known.operation_number);
      break;
    default:
      known.status = Status::kVoiding;
      known.operation_key = Key("cancel", known.operation_number);
  }
  CallAgain();
}

void Step::CallAgain() {
  Payment& known = payment();
  const bool forgotten = now_ - known.operation_started_at > policy_.key_retention;
  CallKind kind = CallKind::kGet;  // kWatch always asks
  if (known.operation == Operation::kAuthorize) kind = forgotten ? CallKind::kFind : CallKind::kAuthorize;
  if (known.operation == Operation::kCapture && !forgotten) kind = CallKind::kCapture;
  if (known.operation == Operation::kCancel && !forgotten) kind = CallKind::kCancel;
  decision_.calls.push_back(MakeCall(kind));
  known.next_attempt_at = now_ + policy_.call_lease;
  Touch();
}

ProviderCall Step::MakeCall(CallKind kind) {
  const Payment& known = payment();
  ProviderCall call{.kind = kind, .payment_id = id_, .provider_id = known.provider_id, .amount = known.amount};
  if (kind == CallKind::kAuthorize) call.payment_method = known.payment_method;
  if (kind == CallKind::kAuthorize || kind == CallKind::kCapture || kind == CallKind::kCancel) call.key = known.operation_key;
  return call;
}

void Step::CallRefund(Refund& refund) {
  const bool forgotten = now_ - refund.started_at > policy_.key_retention;
  ProviderCall call = MakeCall(forgotten ? CallKind::kFindRefund : CallKind::kRefund);
  call.key = forgotten ? std::string() : refund.key;
  call.refund_id = refund.refund_id;
  call.amount.minor_units = refund.amount;
  decision_.calls.push_back(std::move(call));
  refund.next_attempt_at = now_ + policy_.call_lease;
  decision_.refunds_changed.push_back(refund.refund_id);
}

void Step::End(Status status) {
  Payment& known = payment();
  known.status = status;
  known.operation = Operation::kNone;
  known.operation_key.clear();
  known.attempts = 0;
  known.unknown = false;
  known.next_attempt_at.reset();
  Touch();
}

std::chrono::milliseconds Step::BackOff(int attempts) const {
  const auto factor = std::int64_t{1} << std::min(std::max(attempts - 1, 0), 20);
  const auto delay = std::min(policy_.retry_min * factor, policy_.retry_max);
  // Up to a quarter more, by id: payments that met the same outage don't come back in one moment.
  return delay + delay * (id_.bytes()[15] & 63) / 256;
}

void Step::Emit(Event event) {
  event.version = ++payment().version;
  decision_.events.push_back(std::move(event));
  Touch();
}

void Step::Book(const std::string& cause, const char* debit, const char* credit, std::int64_t minor_units) {
  const std::string& currency = payment().amount.currency;
  decision_.entries.push_back({cause, debit, {minor_units, currency}});
  decision_.entries.push_back({cause, credit, {-minor_units, currency}});
}

std::string Step::Key(std::string_view verb, int number) const {
  return std::string(verb) + ":" + id_.ToString() + ":" + std::to_string(number);
}

}  // namespace souk::payments
