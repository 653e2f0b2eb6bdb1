#include "services/orders/domain/place_order_saga.hpp"

#include <algorithm>

#include "libs/base/match.hpp"
#include "services/orders/domain/walk.hpp"

namespace souk::orders {
namespace {

/// Doubles per attempt up to `max`, plus up to a quarter of random so that a crowd doesn't come back at once.
std::chrono::milliseconds BackOff(std::chrono::milliseconds base, std::chrono::milliseconds max, int attempts,
                                  std::uint64_t jitter) {
  const auto doubled = base * (std::int64_t{1} << std::min(attempts, 16));
  const auto wait = std::min(doubled, std::max(max, base));
  if (attempts == 0) return wait;
  return wait + std::chrono::milliseconds(jitter % (static_cast<std::uint64_t>(wait.count()) / 4 + 1));
}

/// True while the answer to this step's command is not there.
bool Unanswered(const Step& step, const Order& order) {
  if (step.command == CommandKind::kCommitStock) return order.stock == Stock::kCommitting;
  if (step.command == CommandKind::kCreateShipment) return order.shipment == Shipment::kAsked;
  return true;
}

bool AsksThenUndoes(Phase phase) {
  if (phase == Phase::kChallenged) return true;
  return std::any_of(std::begin(kPlaceOrderSaga), std::end(kPlaceOrderSaga), [phase](const Step& step) {
    return step.phase == phase && step.at_deadline == AtDeadline::kAskThenUndo;
  });
}

EventKind EventOf(Phase phase) {
  switch (phase) {
    case Phase::kConfirmed: return EventKind::kConfirmed;
    case Phase::kDispatched: return EventKind::kDispatched;
    case Phase::kCompleted: return EventKind::kCompleted;
    case Phase::kRejected: return EventKind::kRejected;
    case Phase::kCancelled: return EventKind::kCancelled;
    case Phase::kReturned: return EventKind::kReturned;
    default: return EventKind::kProgressed;
  }
}

}  // namespace

void Walk::Begin() {
  order().answer = order().answer == Answer::kOpen ? Answer::kOpen : Answer::kPending;
  order().give_up_at = env_.now + env_.times.give_up;
  Note("accept", "succeeded");
  Emit(EventKind::kAccepted, Status::kPending);
  Send(CommandKind::kReserveStock);
  ScheduleNext();
  decision_.changed = true;
}

void Walk::Enter(Phase phase) {
  Order& o = order();
  const Status previous = StatusOf(o);
  o.phase = phase;
  o.attempts = 0;
  o.challenge_url.clear();
  if (phase == Phase::kAuthorizing) o.payment = Payment::kAsked;
  if (phase == Phase::kCapturing) o.payment = Payment::kCapturing;
  if (phase == Phase::kFulfilling) {
    o.stock = Stock::kCommitting;
    o.shipment = Shipment::kAsked;
  }
  o.give_up_at.reset();
  if (AsksThenUndoes(phase)) {
    o.give_up_at = env_.now + (phase == Phase::kChallenged ? env_.times.challenge : env_.times.give_up);
  }
  if (phase == Phase::kConfirmed || phase == Phase::kDispatched) o.confirmed = true;
  const bool decides = phase == Phase::kConfirmed || phase == Phase::kDispatched || phase == Phase::kRejected ||
                       phase == Phase::kCancelled;
  if (decides && !o.decided_at) o.decided_at = env_.now;
  if (o.decided_at && o.answer == Answer::kOpen) o.answer = Answer::kDecided;

  ScheduleNext();
  Emit(EventOf(phase), previous);
  for (const Step& step : kPlaceOrderSaga) {
    if (step.phase == phase) Send(step.command);
  }
  if (phase == Phase::kCancellingShipment) Send(CommandKind::kCancelShipment);
  if (phase == Phase::kReturning) Send(CommandKind::kExpectReturn);
}

bool Walk::WithCarrier() const {
  return order().shipment == Shipment::kDispatched || order().shipment == Shipment::kDelivered;
}

void Walk::Advance() {
  if (In(Phase::kFulfilling)) {
    const bool labelled = order().shipment == Shipment::kCreated || WithCarrier();
    if (order().stock == Stock::kCommitted && labelled) Enter(Phase::kConfirmed);
    // The parcel left although its claim had run out: nothing can be undone, the order goes on and the note stays.
    if (In(Phase::kFulfilling) && order().stock == Stock::kExpired && WithCarrier()) {
      Note("commit", "refused", "the parcel left without a stock claim; the stock has to be adjusted");
      Enter(Phase::kDispatched);
    }
  }
  if (In(Phase::kConfirmed) && WithCarrier()) Enter(Phase::kDispatched);
  if (In(Phase::kDispatched) && order().shipment == Shipment::kDelivered) Enter(Phase::kCompleted);
}

void Walk::GoOnAfterLostCancel() {
  Note("cancel", "refused", "the carrier had already taken the parcel");
  order().cancel_requested = false;
  order().reason = Reason::kNone;
  order().reason_detail.clear();
  order().attempts = 0;
  order().phase = order().confirmed ? Phase::kConfirmed : Phase::kFulfilling;
  ScheduleNext();
  Advance();
}

Result<void> Walk::On(const CancelOrder& cancel) {
  Order& o = order();
  switch (o.phase) {
    case Phase::kReserving:
    case Phase::kAuthorizing:
    case Phase::kChallenged:
      Note("cancel", "started", cancel.comment);
      o.cancel_requested = true;
      Unwind(In(Phase::kReserving) ? unsigned{kReleaseStock} : unsigned{kReleaseStock | kVoidPayment}, Reason::kCustomerCancelled);
      return {};
    case Phase::kCapturing:
      if (o.cancel_requested) return {};
      Note("cancel", "started", cancel.comment.empty() ? "waits for the capture's answer" : cancel.comment);
      o.cancel_requested = true;
      Emit(EventKind::kProgressed, Status::kPending);
      return {};
    case Phase::kFulfilling:
    case Phase::kConfirmed:
      if (WithCarrier()) break;  // the ledger's answer is late; the parcel has left
      Note("cancel", "started", cancel.comment);
      o.cancel_requested = true;
      o.reason = Reason::kCustomerCancelled;
      Enter(Phase::kCancellingShipment);
      return {};
    case Phase::kCancellingShipment:
    case Phase::kUndoing:
    case Phase::kCancelled: return {};
    case Phase::kDispatched:
    case Phase::kCompleted:
    case Phase::kRejected:
    case Phase::kReturning:
    case Phase::kReturned: break;
  }
  const std::string status(ToString(WithCarrier() && !o.confirmed ? Status::kDispatched : StatusOf(o)));
  Error error = MakeError(ErrorCode::kFailedPrecondition, "an order that is " + status + " can't be cancelled", "TOO_LATE_TO_CANCEL");
  error.details_json = R"({"status":")" + status + R"("})";
  return error;
}

Decision Walk::Take() && {
  Decision& d = decision_;
  if (!d.changed) return std::move(d);
  // Each message has a number of its own, so that messages of one order can be put in order.
  d.order.version += std::max<std::int64_t>(1, static_cast<std::int64_t>(d.messages.size()));
  d.order.updated_at = env_.now;
  return std::move(d);
}

void Walk::OnAnswerPending() {
  if (order().answer != Answer::kOpen) return;
  order().answer = Answer::kPending;
  decision_.changed = true;
}

void Walk::On(const DeadlinePassed& passed) {
  Order& o = order();
  if (!o.deadline_at || (env_.now < *o.deadline_at && !passed.ask_now)) return;
  if (o.pending != 0) return AskUndoAgain();
  if (o.give_up_at && env_.now >= *o.give_up_at) {
    if (In(Phase::kReserving)) return Unwind(kReleaseStock, Reason::kDeadlineExceeded, "inventory did not answer in time");
    if (In(Phase::kChallenged)) return Unwind(kReleaseStock | kVoidPayment, Reason::kChallengeExpired);
    return Unwind(kReleaseStock | kVoidPayment, Reason::kDeadlineExceeded, "payments did not answer in time");
  }
  AskAgain();
}

void Walk::AskAgain() {
  ++order().attempts;
  for (const Step& step : kPlaceOrderSaga) {
    if (!In(step.phase) || !Unanswered(step, order())) continue;
    Note(step.name, "retried");
    Send(step.command);
  }
  const auto ask = [this](std::string_view step, CommandKind kind) {
    Note(step, "retried");
    Send(kind);
  };
  if (In(Phase::kChallenged)) ask("authorize", CommandKind::kAuthorizePayment);
  if (In(Phase::kConfirmed) || In(Phase::kDispatched)) ask("ship", CommandKind::kCreateShipment);
  if (In(Phase::kCancellingShipment)) {
    ask("cancel", CommandKind::kCancelShipment);
    if (order().stock == Stock::kCommitting) ask("commit", CommandKind::kCommitStock);
  }
  if (In(Phase::kReturning)) ask("return", CommandKind::kExpectReturn);
  decision_.changed = true;
  ScheduleNext();
}

void Walk::ScheduleNext() {
  Order& o = order();
  if (IsTerminal(o.phase) && o.pending == 0) {
    o.deadline_at.reset();
    return;
  }
  const bool slow = o.pending == 0 && (In(Phase::kConfirmed) || In(Phase::kDispatched) || In(Phase::kReturning));
  const auto& t = env_.times;
  o.deadline_at = env_.now + (slow ? BackOff(t.delivery, t.delivery_max, o.attempts, env_.jitter)
                                   : BackOff(t.step, t.step_max, o.attempts, env_.jitter));
  if (o.give_up_at && o.pending == 0) o.deadline_at = std::min(*o.deadline_at, *o.give_up_at);
}

void Walk::Send(CommandKind kind) {
  ParticipantCommand command{.kind = kind, .ref_id = {}, .amount_minor = 0, .lines = {}};
  if (kind == CommandKind::kRefundPayment) {
    command.ref_id = RefundId();
    command.amount_minor = RefundAmount();
  } else if (kind == CommandKind::kRestockItems) {
    command.ref_id = RestockId();
    if (In(Phase::kReturning)) {
      for (const ReturnLine& line : order().open_return.lines) {
        if (line.restock) command.lines.push_back(line);
      }
    } else {
      for (const Line& line : order().content->lines) command.lines.push_back({line.sku, line.quantity, true});
    }
  } else if (kind == CommandKind::kExpectReturn) {
    command.ref_id = order().open_return.return_id;
    command.lines = order().open_return.lines;
  }
  decision_.messages.emplace_back(std::move(command));
  decision_.changed = true;
}

void Walk::Emit(EventKind kind, Status previous) {
  decision_.messages.emplace_back(
      OrderEvent{.kind = kind, .phase = order().phase, .status = StatusOf(order()), .previous = previous});
  decision_.changed = true;
}

void Walk::Note(std::string_view step, std::string_view outcome, std::string detail) {
  decision_.timeline.push_back({.sequence = ++order().timeline_length,
                                .at = env_.now,
                                .step = std::string(step),
                                .outcome = std::string(outcome),
                                .detail = std::move(detail),
                                .status = Status::kPending});
  decision_.changed = true;
}

Decision Place(std::shared_ptr<const OrderContent> content, Answer answer, const Environment& env) {
  Order order;
  order.content = std::move(content);
  order.answer = answer;
  Walk walk(std::move(order), env);
  walk.Begin();
  Decision decision = std::move(walk).Take();
  for (TimelineEntry& entry : decision.timeline) entry.status = StatusOf(decision.order);
  return decision;
}

Result<Decision> Decide(Order order, const Command& command, const Environment& env) {
  Walk walk(std::move(order), env);
  Result<void> result;
  std::visit(Match{[&](const Reply& reply) { walk.On(reply); },
                   [&](const CancelOrder& cancel) { result = walk.On(cancel); },
                   [&](const ReturnOrder& command_) { result = walk.On(command_); },
                   [&](const DeadlinePassed& passed) { walk.On(passed); },
                   [&](const AnswerPending&) { walk.OnAnswerPending(); }},
             command);
  if (!result.ok()) return result.error();
  Decision decision = std::move(walk).Take();
  for (TimelineEntry& entry : decision.timeline) entry.status = StatusOf(decision.order);
  return decision;
}

PlacedAnswer AnswerOf(const Order& order) {
  if (order.answer != Answer::kDecided) return {};
  if (order.confirmed) return {Status::kConfirmed, Reason::kNone, {}};
  if (IsTerminal(order.phase)) return {StatusOf(order), order.reason, order.reason_detail};
  return {Status::kConfirmed, Reason::kNone, {}};
}

}  // namespace souk::orders
