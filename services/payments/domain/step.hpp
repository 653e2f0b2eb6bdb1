#pragma once

// Internal to domain/: one decision being made.
#include "services/payments/domain/payment.hpp"

namespace souk::payments {

class Step {
 public:
  Step(Uuid payment_id, Aggregate state, SystemTime now, const Policy& policy)
      : id_(payment_id), now_(now), policy_(policy) {
    decision_.next = std::move(state);
  }

  void On(const Authorize& command);
  void On(const Capture& command);
  void On(const Void& command);
  void On(const GiveBack& command);
  void On(const ProviderAnswered& answer);
  void On(const ProviderNotice& notice);
  void On(const RetryDue& due);
  Decision Take();

 private:
  bool Exists() const { return decision_.next.payment.has_value(); }
  Payment& payment() { return *decision_.next.payment; }
  void Refuse(Error error) { decision_.refusal = std::move(error); }
  void Touch() { decision_.changed = true; }

  // payment.cpp: commands
  void RepeatAuthorize(const Authorize& command);
  void RepeatRefund(const Refund& refund, const GiveBack& command);
  void AnswerRefund(const Refund& refund);
  Refund* FindRefund(std::string_view refund_id);

  // provider.cpp: what the provider says
  void Observe(const IntentView& intent);
  void Held(const IntentView& intent);
  void Challenged(const IntentView& intent);
  void Taken(const IntentView& intent);
  void Canceled();
  void Failed(const IntentView& intent);
  void Unsure(const ProviderAnswered& answer);
  void Missing(const ProviderAnswered& answer);
  void Refused(const ProviderAnswered& answer, const Rejected& why);
  void RefundAnswered(const std::string& refund_id, const RefundView& view);
  void RefundOver(Refund& refund, RefundStatus status, std::string reason);
  void Escalate();

  // Shared.
  void Begin(Operation operation);  ///< a fresh key, stored, and its call
  void CallAgain();                 ///< the same key, or a question when the provider has forgotten it
  void CallRefund(Refund& refund);
  void End(Status status);  ///< no operation runs any more
  ProviderCall MakeCall(CallKind kind);
  void StatusFromRefunds();
  std::chrono::milliseconds BackOff(int attempts) const;
  void Emit(Event event);
  void EmitDeclined(std::string code) { Emit({.kind = EventKind::kDeclined, .decline_code = std::move(code)}); }
  void EmitCaptured() { Emit({.kind = EventKind::kCaptured, .amount = {payment().captured, payment().amount.currency}}); }
  void EmitCaptureFailed(std::string code) {
    Emit({.kind = EventKind::kCaptureFailed, .decline_code = std::move(code)});
  }
  void EmitVoided() { Emit({.kind = EventKind::kVoided}); }
  void Book(const std::string& cause, const char* debit, const char* credit, std::int64_t minor_units);
  std::string Key(std::string_view verb, int number) const;

  const Uuid id_;
  const SystemTime now_;
  const Policy& policy_;
  Decision decision_;
};

}  // namespace souk::payments
