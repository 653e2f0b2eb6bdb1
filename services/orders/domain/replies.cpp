// What each reply means in each phase. Anything may come twice, late or out of order.
#include "services/orders/domain/walk.hpp"

namespace souk::orders {

void Walk::On(const Reply& reply) {
  switch (reply.kind) {
    case ReplyKind::kStockReserved: OnStockReserved(); break;
    case ReplyKind::kStockRejected: OnStockRejected(reply); break;
    case ReplyKind::kReservationExpired: OnReservationExpired(); break;
    case ReplyKind::kStockReleased: OnStockReleased(); break;
    case ReplyKind::kStockCommitted: OnStockCommitted(); break;
    case ReplyKind::kStockCommitFailed: OnStockCommitFailed(reply); break;
    case ReplyKind::kStockRestocked: OnStockRestocked(reply); break;
    case ReplyKind::kPaymentAuthorized: OnPaymentAuthorized(); break;
    case ReplyKind::kPaymentDeclined: OnPaymentDeclined(reply); break;
    case ReplyKind::kPaymentChallenged: OnPaymentChallenged(reply); break;
    case ReplyKind::kPaymentCaptured: OnPaymentCaptured(reply); break;
    case ReplyKind::kCaptureFailed: OnCaptureFailed(reply); break;
    case ReplyKind::kPaymentVoided: OnPaymentVoided(); break;
    case ReplyKind::kPaymentRefunded: OnPaymentRefunded(reply); break;
    case ReplyKind::kRefundFailed: OnRefundFailed(reply); break;
    case ReplyKind::kShipmentCreated: OnShipmentCreated(reply); break;
    case ReplyKind::kShipmentRefused:
    case ReplyKind::kShipmentCancelled: OnShipmentStopped(reply); break;
    case ReplyKind::kShipmentDispatched: OnShipmentDispatched(reply); break;
    case ReplyKind::kShipmentDelivered: OnShipmentDelivered(); break;
    case ReplyKind::kShipmentLost: OnShipmentLost(); break;
    case ReplyKind::kReturnReceived: OnReturnReceived(reply); break;
  }
  if (!decision_.changed) Ignore(reply);
}

void Walk::Ignore(const Reply& reply) {
  // A late answer is worth a line; the second of two answers, or one to our own asking, is not.
  if (Undid()) Note("late", "ignored", std::string(ToString(reply.kind)));
}

void Walk::OnStockReserved() {
  if (In(Phase::kReserving)) {
    order().stock = Stock::kReserved;
    Note("reserve", "succeeded");
    return Enter(Phase::kAuthorizing);
  }
  const bool thought_free = order().stock == Stock::kRefused || order().stock == Stock::kReleased;
  if (Undid() && thought_free && !Pending(kReleaseStock)) Compensate(kReleaseStock, "claimed after it was given up");
}

void Walk::OnStockRejected(const Reply& reply) {
  if (!In(Phase::kReserving)) return;
  order().stock = Stock::kRefused;
  Note("reserve", "refused", reply.detail);
  Unwind(0, Reason::kOutOfStock, reply.detail);
}

void Walk::OnReservationExpired() {
  if (In(Phase::kReserving) || In(Phase::kAuthorizing) || In(Phase::kChallenged)) {
    const unsigned undo = In(Phase::kReserving) ? kReleaseStock : kVoidPayment;
    order().stock = Stock::kExpired;
    Note("reserve", "refused", "the claim ran out");
    return Unwind(undo, Reason::kHoldExpired);
  }
  if (In(Phase::kCapturing) && order().stock == Stock::kReserved) {
    order().stock = Stock::kExpired;  // the capture's answer decides how this is undone
    Note("reserve", "refused", "the claim ran out while the money was being taken");
  }
}

void Walk::OnStockReleased() {
  if (!Pending(kReleaseStock)) return;
  order().stock = Stock::kReleased;
  Undone(kReleaseStock, "reserve");
}

void Walk::OnStockCommitted() {
  if (order().stock != Stock::kCommitting) return;
  order().stock = Stock::kCommitted;
  Note("commit", "succeeded");
  if (Pending(kResolveCommit)) {
    // A lost parcel's goods are gone: they stay sold.
    if (order().shipment != Shipment::kLost) Compensate(kRestockGoods, "sold before it was undone");
    return Undone(kResolveCommit, "commit");
  }
  Advance();
}

void Walk::OnStockCommitFailed(const Reply& reply) {
  if (order().stock != Stock::kCommitting) return;
  order().stock = Stock::kExpired;
  Note("commit", "refused", reply.detail);
  if (Pending(kResolveCommit)) return Undone(kResolveCommit, "commit");
  if (!In(Phase::kFulfilling)) return;
  Advance();
  if (!In(Phase::kFulfilling)) return;
  order().reason = Reason::kHoldExpired;
  order().reason_detail = reply.detail;
  Enter(Phase::kCancellingShipment);
}

void Walk::OnStockRestocked(const Reply& reply) {
  if (!Pending(kRestockGoods) || reply.ref_id != RestockId()) return;
  if (!In(Phase::kReturning)) order().stock = Stock::kRestocked;
  Undone(kRestockGoods, "restock");
}

void Walk::OnPaymentAuthorized() {
  if (In(Phase::kAuthorizing) || In(Phase::kChallenged)) {
    order().payment = Payment::kAuthorized;
    Note("authorize", "succeeded");
    return Enter(Phase::kCapturing);
  }
  const Payment fact = order().payment;
  const bool thought_free = fact == Payment::kDeclined || fact == Payment::kVoided || fact == Payment::kCaptureFailed;
  if (Undid() && thought_free && !Pending(kVoidPayment)) Compensate(kVoidPayment, "authorized after it was given up");
}

void Walk::OnPaymentDeclined(const Reply& reply) {
  if (In(Phase::kAuthorizing) || In(Phase::kChallenged)) {
    order().payment = Payment::kDeclined;
    Note("authorize", "refused", reply.detail);
    return Unwind(kReleaseStock, Reason::kPaymentDeclined, reply.detail);
  }
  if (Pending(kVoidPayment)) {
    order().payment = Payment::kDeclined;
    Undone(kVoidPayment, "authorize", reply.detail);
  }
}

void Walk::OnPaymentChallenged(const Reply& reply) {
  if (!In(Phase::kAuthorizing)) return;
  Note("authorize", "started", "the bank asks the customer to confirm");
  Enter(Phase::kChallenged);
  order().challenge_url = reply.detail;
}

void Walk::OnPaymentCaptured(const Reply& reply) {
  if (order().captured_minor > 0 || In(Phase::kReserving)) return;
  const bool forward = In(Phase::kCapturing) || In(Phase::kAuthorizing) || In(Phase::kChallenged);
  if (!forward && !Undid()) return;
  order().captured_minor = reply.amount_minor;
  order().payment = Payment::kCaptured;
  Note("capture", "succeeded");
  if (!forward) {
    Compensate(kRefundPayment, "taken before it could be stopped");
    if (Pending(kVoidPayment)) Undone(kVoidPayment, "authorize", "the capture had won");
    return;
  }
  const unsigned stock = order().stock == Stock::kExpired ? 0u : unsigned{kReleaseStock};
  if (order().cancel_requested) return Unwind(stock | kRefundPayment, Reason::kCustomerCancelled);
  if (order().stock == Stock::kExpired) return Unwind(kRefundPayment, Reason::kHoldExpired);
  Enter(Phase::kFulfilling);
}

void Walk::OnCaptureFailed(const Reply& reply) {
  if (In(Phase::kCapturing)) {
    order().payment = Payment::kCaptureFailed;
    Note("capture", "refused", reply.detail);
    const Reason reason = order().cancel_requested ? Reason::kCustomerCancelled : Reason::kCaptureFailed;
    return Unwind(order().stock == Stock::kExpired ? 0u : unsigned{kReleaseStock}, reason, reply.detail);
  }
  if (Pending(kVoidPayment)) {
    order().payment = Payment::kCaptureFailed;
    Undone(kVoidPayment, "authorize", reply.detail);
  }
}

void Walk::OnPaymentVoided() {
  if (Pending(kVoidPayment)) {
    order().payment = Payment::kVoided;
    return Undone(kVoidPayment, "authorize");
  }
  // Somebody let the hold go at the provider: there is nothing left to capture.
  if (In(Phase::kAuthorizing) || In(Phase::kChallenged)) {
    return OnPaymentDeclined({.kind = ReplyKind::kPaymentDeclined, .detail = "cancelled", .ref_id = {}, .amount_minor = 0, .lines = {}});
  }
  if (In(Phase::kCapturing)) {
    OnCaptureFailed({.kind = ReplyKind::kCaptureFailed, .detail = "cancelled", .ref_id = {}, .amount_minor = 0, .lines = {}});
  }
}

void Walk::OnPaymentRefunded(const Reply& reply) {
  if (reply.amount_minor > order().refunded_minor) {
    order().refunded_minor = reply.amount_minor;
    if (order().refunded_minor == order().captured_minor) order().payment = Payment::kRefunded;
    Note("refund", "succeeded");
  }
  if (!Pending(kRefundPayment)) return;
  const bool nothing_left = !In(Phase::kReturning) && order().refunded_minor == order().captured_minor;
  if (reply.ref_id == RefundId() || nothing_left) Undone(kRefundPayment, "refund");
}

void Walk::OnRefundFailed(const Reply& reply) {
  if (!Pending(kRefundPayment) || reply.ref_id != RefundId()) return;
  // Refused for good under this id, so nothing was paid: the next try, at the deadline, has an id of its own.
  ++order().refund_attempts;
  Note("refund", "refused", reply.detail);
}

void Walk::OnShipmentCreated(const Reply& reply) {
  if (order().shipment == Shipment::kAsked) {
    order().shipment = Shipment::kCreated;
    order().tracking_code = reply.detail;
    Note("ship", "succeeded", "label made");
    return Advance();
  }
  const bool thought_stopped = order().shipment == Shipment::kRefused || order().shipment == Shipment::kCancelled;
  if (Undid() && thought_stopped && !Pending(kCancelShipment)) Compensate(kCancelShipment, "labelled after it was stopped");
}

void Walk::OnShipmentStopped(const Reply& reply) {
  const bool refused = reply.kind == ReplyKind::kShipmentRefused;
  const Shipment fact = refused ? Shipment::kRefused : Shipment::kCancelled;
  if (In(Phase::kCancellingShipment)) {
    order().shipment = fact;
    Note("cancel", "succeeded", "the parcel stays");
    return Unwind(UndoOfStock() | kRefundPayment, order().reason, order().reason_detail);
  }
  if (In(Phase::kFulfilling) || In(Phase::kConfirmed)) {
    order().shipment = fact;
    Note("ship", "refused", reply.detail);
    return Unwind(UndoOfStock() | kRefundPayment, Reason::kShipmentRefused, reply.detail);
  }
  if (Pending(kCancelShipment)) {
    order().shipment = fact;
    Undone(kCancelShipment, "ship");
  }
}

void Walk::OnShipmentDispatched(const Reply& reply) {
  if (order().shipment == Shipment::kAsked || order().shipment == Shipment::kCreated) {
    order().shipment = Shipment::kDispatched;
    if (!reply.detail.empty()) order().tracking_code = reply.detail;
    Note("ship", "succeeded", "with the carrier");
    if (In(Phase::kCancellingShipment)) return GoOnAfterLostCancel();
    return Advance();
  }
  if (Pending(kCancelShipment)) {
    order().shipment = Shipment::kDispatched;
    Undone(kCancelShipment, "ship", "the parcel had left; a person has to look");
  }
}

void Walk::OnShipmentDelivered() {
  const Shipment before = order().shipment;
  if (before != Shipment::kAsked && before != Shipment::kCreated && before != Shipment::kDispatched) return;
  if (Undid()) return;
  order().shipment = Shipment::kDelivered;
  Note("ship", "succeeded", "delivered");
  if (In(Phase::kCancellingShipment)) return GoOnAfterLostCancel();
  Advance();
}

void Walk::OnShipmentLost() {
  if (!In(Phase::kFulfilling) && !In(Phase::kConfirmed) && !In(Phase::kDispatched) && !In(Phase::kCancellingShipment)) return;
  order().shipment = Shipment::kLost;
  Note("ship", "refused", "the carrier lost the parcel");
  // The goods are gone, so a sale stays a sale; only a commit in flight has to be known before the order ends.
  const unsigned stock = order().stock == Stock::kCommitting ? unsigned{kResolveCommit} : 0u;
  Unwind(stock | kRefundPayment, Reason::kShipmentLost);
}

}  // namespace souk::orders
