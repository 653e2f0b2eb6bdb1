#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "libs/base/result.hpp"
#include "services/orders/domain/messages.hpp"
#include "services/orders/domain/order.hpp"

namespace souk::orders {

/// What a passed deadline leads to. It always asks first; only before the pivot may time undo an order.
enum class AtDeadline { kAskThenUndo, kAskForEver };

/// One step of the saga: while the order is in `phase`, `command` was sent; `success` or `refusal` answers it; `undo` takes
/// it back.
struct Step {
  std::string_view name;
  Phase phase;
  CommandKind command;
  ReplyKind success;
  ReplyKind refusal;
  CommandKind undo;
  AtDeadline at_deadline;
};

/// Read aloud: claim the stock; hold the money; take the money (the pivot: before it a failure undoes backwards, after it
/// every step is retried until done); turn the claim into a sale and have the parcel labelled, both at once; then wait for
/// the carrier.
inline constexpr Step kPlaceOrderSaga[] = {
    // clang-format off
    // name        while              command                         success                        refusal                        undo                          at its deadline
    {"reserve",   Phase::kReserving,   CommandKind::kReserveStock,     ReplyKind::kStockReserved,     ReplyKind::kStockRejected,     CommandKind::kReleaseStock,   AtDeadline::kAskThenUndo},
    {"authorize", Phase::kAuthorizing, CommandKind::kAuthorizePayment, ReplyKind::kPaymentAuthorized, ReplyKind::kPaymentDeclined,   CommandKind::kVoidPayment,    AtDeadline::kAskThenUndo},
    {"capture",   Phase::kCapturing,   CommandKind::kCapturePayment,   ReplyKind::kPaymentCaptured,   ReplyKind::kCaptureFailed,     CommandKind::kRefundPayment,  AtDeadline::kAskForEver},
    {"commit",    Phase::kFulfilling,  CommandKind::kCommitStock,      ReplyKind::kStockCommitted,    ReplyKind::kStockCommitFailed, CommandKind::kRestockItems,   AtDeadline::kAskForEver},
    {"ship",      Phase::kFulfilling,  CommandKind::kCreateShipment,   ReplyKind::kShipmentCreated,   ReplyKind::kShipmentRefused,   CommandKind::kCancelShipment, AtDeadline::kAskForEver},
    // clang-format on
};

/// Every deadline of the saga.
struct SagaTimes {
  std::chrono::milliseconds step{5'000};            ///< until a participant is asked again; doubles per attempt ...
  std::chrono::milliseconds step_max{30'000};       ///< ... up to this
  std::chrono::milliseconds give_up{60'000};        ///< reserving and authorizing are undone after this
  std::chrono::milliseconds challenge{600'000};     ///< for the customer in front of the bank's page
  std::chrono::milliseconds delivery{20'000};       ///< until fulfillment is asked where the parcel is; doubles ...
  std::chrono::milliseconds delivery_max{600'000};  ///< ... up to this
};

/// What a decision may know besides state and command. `jitter` is random.
struct Environment {
  SystemTime now;
  std::uint64_t jitter = 0;
  SagaTimes times;
};

struct Decision {
  Order order;  ///< the state afterwards
  std::vector<Message> messages;
  std::vector<TimelineEntry> timeline;
  bool changed = false;  ///< false: nothing to store, nothing to send
};

/// A new order: RESERVING, with ReserveStock on its way. `answer` says whether the caller waits for the outcome.
Decision Place(std::shared_ptr<const OrderContent> content, Answer answer, const Environment& env);

/// The saga's whole rule: state and command in, state and messages out. Pure. Errors: kFailedPrecondition when a cancel or a
/// return comes in a state that does not allow it (details_json names the status); kInvalidArgument for impossible return
/// lines. Replies and deadlines never fail: what does not fit is left alone, and what happened after an undo is undone too.
Result<Decision> Decide(Order order, const Command& command, const Environment& env);

/// What the call that placed the order is told, a function of facts that no longer change once `answer` is not open.
struct PlacedAnswer {
  Status status = Status::kPending;
  Reason reason = Reason::kNone;
  std::string reason_detail;
};
PlacedAnswer AnswerOf(const Order& order);

}  // namespace souk::orders
