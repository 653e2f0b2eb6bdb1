#pragma once

#include <string>
#include <string_view>

#include "services/orders/domain/place_order_saga.hpp"

namespace souk::orders {

/// One decision in the making: the order walks from phase to phase by facts; messages and timeline are collected on the way.
class Walk {
 public:
  Walk(Order order, const Environment& env) : env_(env) { decision_.order = std::move(order); }

  void Begin();  ///< of a new order
  void On(const Reply& reply);
  Result<void> On(const CancelOrder& cancel);
  Result<void> On(const ReturnOrder& command);
  void On(const DeadlinePassed& passed);
  void OnAnswerPending();
  Decision Take() &&;

 private:
  // Replies, one each (replies.cpp).
  void OnStockReserved();
  void OnStockRejected(const Reply& reply);
  void OnReservationExpired();
  void OnStockReleased();
  void OnStockCommitted();
  void OnStockCommitFailed(const Reply& reply);
  void OnStockRestocked(const Reply& reply);
  void OnPaymentAuthorized();
  void OnPaymentDeclined(const Reply& reply);
  void OnPaymentChallenged(const Reply& reply);
  void OnPaymentCaptured(const Reply& reply);
  void OnCaptureFailed(const Reply& reply);
  void OnPaymentVoided();
  void OnPaymentRefunded(const Reply& reply);
  void OnRefundFailed(const Reply& reply);
  void OnShipmentCreated(const Reply& reply);
  void OnShipmentStopped(const Reply& reply);
  void OnShipmentDispatched(const Reply& reply);
  void OnShipmentDelivered();
  void OnShipmentLost();
  void OnReturnReceived(const Reply& reply);

  // Walking forward.
  void Enter(Phase phase);
  void Advance();
  void GoOnAfterLostCancel();
  bool WithCarrier() const;
  // Undoing.
  void Unwind(unsigned what, Reason reason, std::string detail = {});
  void Compensate(unsigned what, std::string_view why);
  void Undone(Undo what, std::string_view step, std::string detail = {});
  void Finish();
  void FinishReturn();
  unsigned UndoOfStock() const;
  // Asking again.
  void AskAgain();
  void AskUndoAgain();
  void ScheduleNext();

  void Send(CommandKind kind);
  void SendUndo(unsigned what);
  void Emit(EventKind kind, Status previous);
  void Note(std::string_view step, std::string_view outcome, std::string detail = {});
  /// A reply that fits nowhere: silent while the order is on its way (an answer given twice), on record when it comes late.
  void Ignore(const Reply& reply);
  std::string RefundId() const;
  std::string RestockId() const;
  std::int64_t RefundAmount() const;

  bool In(Phase phase) const { return decision_.order.phase == phase; }
  bool Pending(Undo what) const { return (decision_.order.pending & what) != 0; }
  bool Undid() const { return In(Phase::kUndoing) || In(Phase::kRejected) || In(Phase::kCancelled); }
  Order& order() { return decision_.order; }
  const Order& order() const { return decision_.order; }

  const Environment& env_;
  Decision decision_;
};

}  // namespace souk::orders
