#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/base/uuid.hpp"

namespace souk::orders {

/// Where an order stands, as its customer sees it. Numbers equal souk.orders.v1.OrderStatus.
enum class Status {
  kPending = 1, kConfirmed, kDispatched, kCompleted, kRejected, kCancelling, kCancelled, kReturning, kReturned
};

/// Why an order was rejected or cancelled. Numbers equal souk.orders.v1.OrderReason.
enum class Reason {
  kNone = 0, kOutOfStock, kPaymentDeclined, kChallengeExpired, kCaptureFailed, kCustomerCancelled, kShipmentLost,
  kDeadlineExceeded, kHoldExpired, kShipmentRefused
};

/// What the saga waits for.
enum class Phase {
  kReserving,           ///< inventory's claim
  kAuthorizing,         ///< the hold on the card
  kChallenged,          ///< the customer, in front of the bank's page
  kCapturing,           ///< the money: the pivot
  kFulfilling,          ///< the sale of the claim and the parcel's label, both
  kConfirmed,           ///< the carrier takes the parcel
  kDispatched,          ///< delivery
  kCompleted,           ///< nothing: delivered
  kCancellingShipment,  ///< fulfillment's word whether the parcel can still be stopped
  kUndoing,             ///< the compensations in `pending`
  kRejected,            ///< nothing: undone
  kCancelled,           ///< nothing: undone
  kReturning,           ///< goods on their way back, then refund and restock
  kReturned             ///< nothing: everything came back
};
inline constexpr int kPhaseCount = 14;

/// What is known of each participant's part.
enum class Stock { kAsked, kReserved, kCommitting, kCommitted, kRefused, kExpired, kReleased, kRestocked };
enum class Payment { kNone, kAsked, kAuthorized, kCapturing, kCaptured, kDeclined, kCaptureFailed, kVoided, kRefunded };
enum class Shipment { kNone, kAsked, kCreated, kDispatched, kDelivered, kLost, kRefused, kCancelled };

/// Compensations that were sent and not answered yet; each is sent again until it is.
enum Undo : unsigned {
  kReleaseStock = 1, kVoidPayment = 2, kRefundPayment = 4, kCancelShipment = 8, kRestockGoods = 16,
  kResolveCommit = 32  ///< a CommitStock is in flight: its answer decides whether there is something to restock
};

/// How the call that placed the order was answered, so that a repeat gets the same bytes.
enum class Answer { kOpen, kPending, kDecided };

struct Line {
  std::string sku;
  std::int64_t quantity = 0;
  std::int64_t unit_price_minor = 0;
  bool operator==(const Line&) const = default;
};

/// Units of one line that come back.
struct ReturnLine {
  std::string sku;
  std::int64_t quantity = 0;
  bool restock = false;
  bool operator==(const ReturnLine&) const = default;
};

/// What never changes once an order is accepted.
struct OrderContent {
  Uuid order_id;
  std::string customer_id;
  std::string email;
  std::string currency;
  std::string payment_method;
  std::string ship_to;       ///< serialized souk.common.v1.Address; the rules never look inside
  std::string request_hash;  ///< of the request that placed it
  std::vector<Line> lines;
  std::int64_t total_minor = 0;
  SystemTime placed_at;
};

/// A return that is on its way.
struct OpenReturn {
  std::string return_id;  ///< empty = none
  bool received = false;
  std::int64_t refund_minor = 0;  ///< set when received
  std::vector<ReturnLine> lines;
  bool operator==(const OpenReturn&) const = default;
};

/// One order: the state that Decide reads and writes. A value.
struct Order {
  std::shared_ptr<const OrderContent> content;
  Phase phase = Phase::kReserving;
  Reason reason = Reason::kNone;
  std::string reason_detail;
  Stock stock = Stock::kAsked;
  Payment payment = Payment::kNone;
  Shipment shipment = Shipment::kNone;
  unsigned pending = 0;  ///< Undo flags
  bool cancel_requested = false;
  bool confirmed = false;  ///< was CONFIRMED once, or DISPATCHED without it: what its placing is answered with for ever
  Answer answer = Answer::kPending;
  std::int64_t captured_minor = 0;
  std::int64_t refunded_minor = 0;
  std::int64_t version = 0;
  std::int64_t timeline_length = 0;
  int attempts = 0;         ///< times the present wait was asked for again
  int refund_attempts = 0;  ///< refunds that were refused for good; part of the refund's id
  std::optional<SystemTime> deadline_at;  ///< ask again then; none = nothing is waited for
  std::optional<SystemTime> give_up_at;   ///< undo instead of asking, where the saga table says so
  std::optional<SystemTime> decided_at;   ///< first confirmed, rejected or cancelled
  SystemTime updated_at;
  std::string tracking_code;
  std::string challenge_url;
  OpenReturn open_return;
  std::vector<ReturnLine> returned;  ///< what came back so far, per sku

  const Uuid& id() const { return content->order_id; }
};

Status StatusOf(const Order& order);
bool IsTerminal(Phase phase);
/// Terminal and nothing left to undo.
bool IsSettled(const Order& order);
/// What the order waits for, in one word; empty at the end.
std::string_view WaitingFor(const Order& order);

std::string_view ToString(Phase phase);
std::string_view ToString(Status status);
std::string_view ToString(Reason reason);
std::string_view ToString(Stock fact);
std::string_view ToString(Payment fact);
std::string_view ToString(Shipment fact);
std::optional<Phase> ParsePhase(std::string_view text);
std::optional<Reason> ParseReason(std::string_view text);
std::optional<Stock> ParseStock(std::string_view text);
std::optional<Payment> ParsePayment(std::string_view text);
std::optional<Shipment> ParseShipment(std::string_view text);

}  // namespace souk::orders
