#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "services/orders/domain/order.hpp"

namespace souk::orders {

// What comes in.

enum class ReplyKind {
  kStockReserved, kStockRejected, kReservationExpired, kStockReleased, kStockCommitted, kStockCommitFailed, kStockRestocked,
  kPaymentAuthorized, kPaymentDeclined, kPaymentChallenged, kPaymentCaptured, kCaptureFailed, kPaymentVoided,
  kPaymentRefunded, kRefundFailed,
  kShipmentCreated, kShipmentRefused, kShipmentDispatched, kShipmentDelivered, kShipmentLost, kShipmentCancelled,
  kReturnReceived
};
inline constexpr int kReplyCount = 22;
std::string_view ToString(ReplyKind kind);

/// What a participant said. Which fields are set depends on the kind.
struct Reply {
  ReplyKind kind = ReplyKind::kStockReserved;
  std::string detail;            ///< decline code, refusal, challenge URL or tracking code
  std::string ref_id;            ///< refund, restock or return id
  std::int64_t amount_minor = 0; ///< captured, or all that was refunded so far
  std::vector<ReturnLine> lines; ///< of ReturnReceived
};
/// The customer wants to cancel.
struct CancelOrder { std::string comment; };
/// The customer sends goods back; no lines = everything that did not come back yet, restocked.
struct ReturnOrder { std::string return_id; std::vector<ReturnLine> lines; };
/// A sweep saw the order's deadline pass; `ask_now`: a person wants it asked for again although it has not.
struct DeadlinePassed { bool ask_now = false; };
/// The caller's wait ended before the order was decided: from now on its answer is PENDING for ever.
struct AnswerPending {};

using Command = std::variant<Reply, CancelOrder, ReturnOrder, DeadlinePassed, AnswerPending>;

// What goes out.

enum class CommandKind {
  kReserveStock, kReleaseStock, kCommitStock, kRestockItems, kAuthorizePayment, kCapturePayment, kVoidPayment,
  kRefundPayment, kCreateShipment, kCancelShipment, kExpectReturn
};
std::string_view ToString(CommandKind kind);

/// Something a participant is asked to do. Everything else it needs is in the order.
struct ParticipantCommand {
  CommandKind kind = CommandKind::kReserveStock;
  std::string ref_id;             ///< refund, restock or return id
  std::int64_t amount_minor = 0;  ///< of a refund
  std::vector<ReturnLine> lines;  ///< of a restock or an expected return
};

enum class EventKind { kAccepted, kProgressed, kConfirmed, kDispatched, kCompleted, kRejected, kCancelled, kReturned };

/// A fact for everybody. Carries what was true at that point of a transition that may pass several phases.
struct OrderEvent {
  EventKind kind = EventKind::kProgressed;
  Phase phase = Phase::kReserving;
  Status status = Status::kPending;
  Status previous = Status::kPending;
};

/// In the order in which they are to be published: one number (of the order's version) each.
using Message = std::variant<ParticipantCommand, OrderEvent>;

struct TimelineEntry {
  std::int64_t sequence = 0;
  SystemTime at;
  std::string step;
  std::string outcome;
  std::string detail;
  Status status = Status::kPending;
};

}  // namespace souk::orders
