#include "services/orders/domain/order.hpp"

#include <array>

namespace souk::orders {
namespace {

constexpr std::array<std::string_view, kPhaseCount> kPhases = {
    "RESERVING",           "AUTHORIZING", "CHALLENGED", "CAPTURING", "FULFILLING", "CONFIRMED", "DISPATCHED", "COMPLETED",
    "CANCELLING_SHIPMENT", "UNDOING",     "REJECTED",   "CANCELLED", "RETURNING",  "RETURNED"};
constexpr std::array<std::string_view, 10> kStatuses = {"UNSPECIFIED", "PENDING",    "CONFIRMED", "DISPATCHED", "COMPLETED",
                                                        "REJECTED",    "CANCELLING", "CANCELLED", "RETURNING",  "RETURNED"};
constexpr std::array<std::string_view, 10> kReasons = {
    "",           "OUT_OF_STOCK",      "PAYMENT_DECLINED", "CHALLENGE_EXPIRED", "CAPTURE_FAILED", "CUSTOMER_CANCELLED",
    "SHIPMENT_LOST", "DEADLINE_EXCEEDED", "HOLD_EXPIRED",     "SHIPMENT_REFUSED"};
constexpr std::array<std::string_view, 8> kStocks = {"ASKED",   "RESERVED", "COMMITTING", "COMMITTED",
                                                     "REFUSED", "EXPIRED",  "RELEASED",   "RESTOCKED"};
constexpr std::array<std::string_view, 9> kPayments = {"NONE",     "ASKED",          "AUTHORIZED", "CAPTURING", "CAPTURED",
                                                       "DECLINED", "CAPTURE_FAILED", "VOIDED",     "REFUNDED"};
constexpr std::array<std::string_view, 8> kShipments = {"NONE",      "ASKED", "CREATED", "DISPATCHED",
                                                        "DELIVERED", "LOST",  "REFUSED", "CANCELLED"};

template <class Enum, std::size_t N>
std::optional<Enum> Parse(const std::array<std::string_view, N>& names, std::string_view text) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == text) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

template <class Enum, std::size_t N>
std::string_view Name(const std::array<std::string_view, N>& names, Enum value) {
  return names[static_cast<std::size_t>(value)];
}

Status StatusWhileUndoing(const Order& order) {
  const bool cancels = order.reason == Reason::kCustomerCancelled || order.reason == Reason::kShipmentLost;
  return cancels || order.confirmed ? Status::kCancelling : Status::kPending;
}

}  // namespace

Status StatusOf(const Order& order) {
  switch (order.phase) {
    case Phase::kReserving:
    case Phase::kAuthorizing:
    case Phase::kChallenged:
    case Phase::kCapturing:
    case Phase::kFulfilling: return order.cancel_requested ? Status::kCancelling : Status::kPending;
    case Phase::kConfirmed: return Status::kConfirmed;
    case Phase::kDispatched: return Status::kDispatched;
    case Phase::kCompleted: return Status::kCompleted;
    case Phase::kCancellingShipment:
    case Phase::kUndoing: return StatusWhileUndoing(order);
    case Phase::kRejected: return Status::kRejected;
    case Phase::kCancelled: return Status::kCancelled;
    case Phase::kReturning: return Status::kReturning;
    case Phase::kReturned: return Status::kReturned;
  }
  return Status::kPending;
}

bool IsTerminal(Phase phase) {
  return phase == Phase::kCompleted || phase == Phase::kRejected || phase == Phase::kCancelled || phase == Phase::kReturned;
}

bool IsSettled(const Order& order) { return IsTerminal(order.phase) && order.pending == 0; }

std::string_view WaitingFor(const Order& order) {
  if (IsTerminal(order.phase) && order.pending != 0) return "undo";
  switch (order.phase) {
    case Phase::kReserving: return "stock";
    case Phase::kAuthorizing: return "payment";
    case Phase::kChallenged: return "challenge";
    case Phase::kCapturing: return "capture";
    case Phase::kFulfilling:
    case Phase::kCancellingShipment: return "fulfillment";
    case Phase::kConfirmed:
    case Phase::kDispatched: return "delivery";
    case Phase::kUndoing: return "undo";
    case Phase::kReturning: return order.open_return.received ? "undo" : "delivery";
    case Phase::kCompleted:
    case Phase::kRejected:
    case Phase::kCancelled:
    case Phase::kReturned: return "";
  }
  return "";
}

std::string_view ToString(Phase phase) { return Name(kPhases, phase); }
std::string_view ToString(Status status) { return Name(kStatuses, status); }
std::string_view ToString(Reason reason) { return Name(kReasons, reason); }
std::string_view ToString(Stock fact) { return Name(kStocks, fact); }
std::string_view ToString(Payment fact) { return Name(kPayments, fact); }
std::string_view ToString(Shipment fact) { return Name(kShipments, fact); }
std::optional<Phase> ParsePhase(std::string_view text) { return Parse<Phase>(kPhases, text); }
std::optional<Reason> ParseReason(std::string_view text) { return Parse<Reason>(kReasons, text); }
std::optional<Stock> ParseStock(std::string_view text) { return Parse<Stock>(kStocks, text); }
std::optional<Payment> ParsePayment(std::string_view text) { return Parse<Payment>(kPayments, text); }
std::optional<Shipment> ParseShipment(std::string_view text) { return Parse<Shipment>(kShipments, text); }

}  // namespace souk::orders
