// Walking backwards: compensations, and returns, which are compensations that the customer asked for.
#include <algorithm>

#include "services/orders/domain/walk.hpp"

namespace souk::orders {
namespace {

struct UndoStep {
  Undo what;
  CommandKind command;
  std::string_view step;
};
constexpr UndoStep kUndoSteps[] = {
    {kReleaseStock, CommandKind::kReleaseStock, "reserve"},   {kVoidPayment, CommandKind::kVoidPayment, "authorize"},
    {kRefundPayment, CommandKind::kRefundPayment, "refund"},  {kCancelShipment, CommandKind::kCancelShipment, "ship"},
    {kRestockGoods, CommandKind::kRestockItems, "restock"},   {kResolveCommit, CommandKind::kCommitStock, "commit"},
};

const std::string kUndoCause = "undo";

std::int64_t ReturnedSoFar(const Order& order, const std::string& sku) {
  std::int64_t sum = 0;
  for (const ReturnLine& line : order.returned) sum += line.sku == sku ? line.quantity : 0;
  return sum;
}

const Line* FindLine(const Order& order, const std::string& sku) {
  for (const Line& line : order.content->lines) {
    if (line.sku == sku) return &line;
  }
  return nullptr;
}

std::vector<ReturnLine> EverythingLeft(const Order& order) {
  std::vector<ReturnLine> lines;
  for (const Line& line : order.content->lines) {
    const std::int64_t left = line.quantity - ReturnedSoFar(order, line.sku);
    if (left > 0) lines.push_back({line.sku, left, true});
  }
  return lines;
}

Result<void> CheckReturn(const Order& order, const std::vector<ReturnLine>& lines) {
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string at = "lines[" + std::to_string(i) + "]";
    const Line* line = FindLine(order, lines[i].sku);
    if (line == nullptr) return InvalidArgument(at + ".sku", "is not part of this order");
    const auto same = [&](const ReturnLine& other) { return other.sku == lines[i].sku; };
    if (std::count_if(lines.begin(), lines.end(), same) > 1) return InvalidArgument(at + ".sku", "must be there once");
    const std::int64_t left = line->quantity - ReturnedSoFar(order, lines[i].sku);
    if (lines[i].quantity < 1 || lines[i].quantity > left) {
      return InvalidArgument(at + ".quantity", "must be 1 to " + std::to_string(left) + ", what is left of this line");
    }
  }
  return {};
}

}  // namespace

unsigned Walk::UndoOfStock() const {
  switch (order().stock) {
    case Stock::kAsked:
    case Stock::kReserved: return kReleaseStock;
    case Stock::kCommitting: return kResolveCommit;
    case Stock::kCommitted: return kRestockGoods;
    case Stock::kRefused:
    case Stock::kExpired:
    case Stock::kReleased:
    case Stock::kRestocked: return 0;
  }
  return 0;
}

void Walk::Unwind(unsigned what, Reason reason, std::string detail) {
  order().reason = reason;
  order().reason_detail = std::move(detail);
  if (RefundAmount() == 0) what &= ~unsigned{kRefundPayment};
  order().pending = what;
  order().attempts = 0;
  if (what == 0) return Finish();
  Enter(Phase::kUndoing);
  SendUndo(what);
}

void Walk::Compensate(unsigned what, std::string_view why) {
  order().pending |= what;
  order().attempts = 0;
  for (const UndoStep& step : kUndoSteps) {
    if ((what & step.what) != 0) Note(step.step, "compensating", std::string(why));
  }
  for (const UndoStep& step : kUndoSteps) {
    if ((what & step.what) != 0) Send(step.command);
  }
  ScheduleNext();
  // An order that has ended is open again, for this: whoever watches deadlines has to know.
  if (IsTerminal(order().phase)) Emit(EventKind::kProgressed, StatusOf(order()));
}

void Walk::SendUndo(unsigned what) {
  for (const UndoStep& step : kUndoSteps) {
    if ((what & step.what) == 0) continue;
    Note(step.step, "compensating");
    // A commit in flight was sent already; only its answer is missing.
    if (step.what != kResolveCommit) Send(step.command);
  }
}

void Walk::AskUndoAgain() {
  ++order().attempts;
  for (const UndoStep& step : kUndoSteps) {
    if (!Pending(step.what)) continue;
    Note(step.step, "retried");
    Send(step.command);
  }
  ScheduleNext();
}

void Walk::Undone(Undo what, std::string_view step, std::string detail) {
  order().pending &= ~static_cast<unsigned>(what);
  decision_.changed = true;
  if (what != kResolveCommit) Note(step, "compensated", std::move(detail));
  if (order().pending != 0) return;
  if (In(Phase::kUndoing)) return Finish();
  if (In(Phase::kReturning)) return FinishReturn();
  ScheduleNext();
  if (IsTerminal(order().phase)) Emit(EventKind::kProgressed, StatusOf(order()));
}

void Walk::Finish() {
  const bool cancels = order().reason == Reason::kCustomerCancelled || order().reason == Reason::kShipmentLost;
  Enter(cancels ? Phase::kCancelled : Phase::kRejected);
}

Result<void> Walk::On(const ReturnOrder& command) {
  if (In(Phase::kReturning) && order().open_return.return_id == command.return_id) return {};
  if (!In(Phase::kCompleted)) {
    const std::string status(ToString(StatusOf(order())));
    Error error = MakeError(ErrorCode::kFailedPrecondition, "an order that is " + status + " can't be returned", "NOT_RETURNABLE");
    error.details_json = R"({"status":")" + status + R"("})";
    return error;
  }
  std::vector<ReturnLine> lines = command.lines.empty() ? EverythingLeft(order()) : command.lines;
  SOUK_RETURN_IF_ERROR(CheckReturn(order(), lines));
  order().open_return = {.return_id = command.return_id, .received = false, .refund_minor = 0, .lines = std::move(lines)};
  Note("return", "started");
  Enter(Phase::kReturning);
  return {};
}

void Walk::OnReturnReceived(const Reply& reply) {
  OpenReturn& open = order().open_return;
  if (!In(Phase::kReturning) || open.received || reply.ref_id != open.return_id) return;
  // Fulfillment looked at the goods: its word counts for whether they can be sold again, ours for how many were expected.
  for (ReturnLine& line : open.lines) {
    for (const ReturnLine& seen : reply.lines) {
      if (seen.sku == line.sku) line.restock = seen.restock;
    }
  }
  open.received = true;
  open.refund_minor = 0;
  for (const ReturnLine& line : open.lines) open.refund_minor += FindLine(order(), line.sku)->unit_price_minor * line.quantity;
  open.refund_minor = std::min(open.refund_minor, order().captured_minor - order().refunded_minor);
  Note("return", "succeeded", "goods received");
  const bool restocks = std::any_of(open.lines.begin(), open.lines.end(), [](const ReturnLine& line) { return line.restock; });
  const unsigned what = (open.refund_minor > 0 ? unsigned{kRefundPayment} : 0u) | (restocks ? unsigned{kRestockGoods} : 0u);
  if (what == 0) return FinishReturn();
  Compensate(what, "returned");
}

void Walk::FinishReturn() {
  OpenReturn& open = order().open_return;
  order().returned.insert(order().returned.end(), open.lines.begin(), open.lines.end());
  open = {};
  order().refund_attempts = 0;
  Note("return", "compensated", "paid back");
  const bool all = EverythingLeft(order()).empty();
  if (all) return Enter(Phase::kReturned);
  // Part of the order stays with the customer: completed it was, completed it is again.
  const Status previous = StatusOf(order());
  order().phase = Phase::kCompleted;
  order().attempts = 0;
  ScheduleNext();
  Emit(EventKind::kReturned, previous);
  Emit(EventKind::kProgressed, previous);
}

std::string Walk::RefundId() const {
  const std::string& cause = In(Phase::kReturning) ? order().open_return.return_id : kUndoCause;
  return Uuid::FromName("refund", order().id().ToString() + ":" + cause + ":" + std::to_string(order().refund_attempts)).ToString();
}

std::string Walk::RestockId() const {
  const std::string& cause = In(Phase::kReturning) ? order().open_return.return_id : kUndoCause;
  return Uuid::FromName("restock", order().id().ToString() + ":" + cause).ToString();
}

std::int64_t Walk::RefundAmount() const {
  const std::int64_t left = order().captured_minor - order().refunded_minor;
  return In(Phase::kReturning) ? std::min(order().open_return.refund_minor, left) : left;
}

std::string_view ToString(ReplyKind kind) {
  constexpr std::string_view kNames[kReplyCount] = {
      "StockReserved",     "StockRejected",   "ReservationExpired", "StockReleased",     "StockCommitted",     "StockCommitFailed",
      "StockRestocked",    "PaymentAuthorized", "PaymentDeclined",  "PaymentChallenged", "PaymentCaptured",    "CaptureFailed",
      "PaymentVoided",     "PaymentRefunded", "RefundFailed",       "ShipmentCreated",   "ShipmentRefused",    "ShipmentDispatched",
      "ShipmentDelivered", "ShipmentLost",    "ShipmentCancelled",  "ReturnReceived"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view ToString(CommandKind kind) {
  constexpr std::string_view kNames[] = {"ReserveStock",  "ReleaseStock",  "CommitStock",    "RestockItems",
                                         "AuthorizePayment", "CapturePayment", "VoidPayment", "RefundPayment",
                                         "CreateShipment", "CancelShipment", "ExpectReturn"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace souk::orders
