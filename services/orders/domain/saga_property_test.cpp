// Participants that answer from their own state, a network that repeats, delays and reorders: whatever happens, the order ends
// and money and goods agree.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <deque>
#include <set>

#include "libs/base/random.hpp"
#include "services/orders/domain/saga_fixture.hpp"

namespace souk::orders {
namespace {

using R = ReplyKind;
using C = CommandKind;

/// Inventory, payments and fulfillment in one: each command is answered from state; the undo may come before the do.
class World {
 public:
  World(std::uint64_t seed, std::int64_t total) : random_(seed), total_(total) {}

  void Take(const ParticipantCommand& command) {
    switch (command.kind) {
      case C::kReserveStock: return Reserve();
      case C::kReleaseStock:
        if (stock_ == "" || stock_ == "held") stock_ = "released";
        return Say(R::kStockReleased);
      case C::kCommitStock:
        if (stock_ == "held") stock_ = "sold";
        return stock_ == "sold" || stock_ == "restocked" ? Say(R::kStockCommitted) : Say(R::kStockCommitFailed, "EXPIRED");
      case C::kRestockItems:
        restocks_.insert(command.ref_id);
        if (stock_ == "sold") stock_ = "restocked";
        return Say(R::kStockRestocked, {}, command.ref_id);
      case C::kAuthorizePayment: return Authorize();
      case C::kCapturePayment: return Capture();
      case C::kVoidPayment:
        if (payment_ == "captured") return Say(R::kPaymentCaptured, {}, {}, total_);
        payment_ = "voided";
        return Say(R::kPaymentVoided);
      case C::kRefundPayment: return Refund(command);
      case C::kCreateShipment:
        if (shipment_ == "") shipment_ = Chance(10) ? "refused" : "created";
        return SayShipment();
      case C::kCancelShipment:
        if (shipment_ == "" || shipment_ == "created") shipment_ = "cancelled";
        return SayShipment();
      case C::kExpectReturn: return Say(R::kReturnReceived, {}, command.ref_id, 0, command.lines);
    }
  }
  /// The carrier and the clock do something by themselves.
  void Stir() {
    if (stock_ == "held" && Chance(20)) {
      stock_ = "expired";
      Say(R::kReservationExpired);
    }
    if (payment_ == "challenged" && Chance(3)) {
      payment_ = Chance(3) ? "declined" : "authorized";
      payment_ == "declined" ? Say(R::kPaymentDeclined, "authentication_failed") : Say(R::kPaymentAuthorized);
    }
    if (shipment_ == "created" && Chance(4)) shipment_ = "dispatched", SayShipment();
    else if (shipment_ == "dispatched" && Chance(3)) shipment_ = Chance(4) ? "lost" : "delivered", SayShipment();
  }
  bool Chance(std::uint64_t one_in) { return random_.Below(one_in) == 0; }
  std::uint64_t Below(std::uint64_t bound) { return random_.Below(bound); }

  std::deque<Reply> said;  ///< not heard yet
  const std::string& stock() const { return stock_; }
  const std::string& payment() const { return payment_; }
  const std::string& shipment() const { return shipment_; }
  std::int64_t captured() const { return payment_ == "captured" ? total_ : 0; }
  std::int64_t refunded() const { return refunded_; }

 private:
  void Say(R kind, std::string detail = {}, std::string ref = {}, std::int64_t amount = 0, std::vector<ReturnLine> lines = {}) {
    said.push_back({kind, std::move(detail), std::move(ref), amount, std::move(lines)});
  }
  void Reserve() {
    // A refusal isn't remembered: a second asking may find new stock.
    if (stock_ == "") {
      if (Chance(6)) return Say(R::kStockRejected, "OUT_OF_STOCK");
      stock_ = "held";
    }
    stock_ == "held" || stock_ == "sold" ? Say(R::kStockReserved) : Say(R::kStockRejected, "CANCELLED");
  }
  void Authorize() {
    if (payment_ == "") payment_ = Chance(6) ? "declined" : Chance(6) ? "challenged" : "authorized";
    if (payment_ == "authorized") return Say(R::kPaymentAuthorized);
    if (payment_ == "challenged") return Say(R::kPaymentChallenged, "https://bank");
    if (payment_ == "captured") return Say(R::kPaymentCaptured, {}, {}, total_);
    Say(R::kPaymentDeclined, payment_ == "voided" ? "cancelled" : "card_declined");
  }
  void Capture() {
    if (payment_ == "authorized") payment_ = Chance(8) ? "capture_failed" : "captured";
    payment_ == "captured" ? Say(R::kPaymentCaptured, {}, {}, total_) : Say(R::kCaptureFailed, "processing_error");
  }
  void Refund(const ParticipantCommand& command) {
    if (failed_.count(command.ref_id) != 0) return Say(R::kRefundFailed, "no", command.ref_id);
    if (refunds_.count(command.ref_id) == 0) {
      RC_ASSERT(payment_ == "captured");
      RC_ASSERT(command.amount_minor > 0);
      if (Chance(4)) {
        failed_.insert(command.ref_id);
        return Say(R::kRefundFailed, "no", command.ref_id);
      }
      refunds_.insert(command.ref_id);
      refunded_ += command.amount_minor;
      RC_ASSERT(refunded_ <= total_);
    }
    Say(R::kPaymentRefunded, {}, command.ref_id, refunded_);
  }
  void SayShipment() {
    const std::string code = "TRACK";
    if (shipment_ == "created") Say(R::kShipmentCreated, code);
    if (shipment_ == "refused") Say(R::kShipmentRefused, "address");
    if (shipment_ == "cancelled") Say(R::kShipmentCancelled);
    if (shipment_ == "dispatched") Say(R::kShipmentDispatched, code);
    if (shipment_ == "delivered") Say(R::kShipmentDelivered);
    if (shipment_ == "lost") Say(R::kShipmentLost);
  }

  SeededRandom random_;
  const std::int64_t total_;
  std::string stock_, payment_, shipment_;
  std::set<std::string> restocks_, refunds_, failed_;
  std::int64_t refunded_ = 0;
};

class Voyage {
 public:
  explicit Voyage(std::uint64_t seed) : world_(seed, testing::SomeContent()->total_minor) { Keep(Place(testing::SomeContent(), Answer::kOpen, Env())); }

  void Chaos(int steps) {
    for (int i = 0; i < steps; ++i) {
      now_ += std::chrono::milliseconds(world_.Below(3'000));
      switch (world_.Below(8)) {
        case 0: Try(DeadlinePassed{}); break;
        case 1: if (world_.Chance(6)) Try(CancelOrder{}); break;
        case 2: world_.Stir(); break;
        case 3: if (world_.Chance(4)) Try(ReturnOrder{"r" + std::to_string(i), {}}); break;
        default: DeliverOne(true);
      }
    }
  }
  /// The network heals: everything is delivered, deadlines keep firing.
  void Quiesce() {
    for (int i = 0; i < 2'000 && !(IsSettled(order_) && commands_.empty() && world_.said.empty()); ++i) {
      if (world_.Chance(4)) world_.Stir();
      while (!commands_.empty() || !world_.said.empty()) DeliverOne(false);
      now_ += std::chrono::minutes(2);
      Try(DeadlinePassed{});
    }
  }
  const Order& order() const { return order_; }
  const World& world() const { return world_; }

 private:
  Environment Env() { return {.now = testing::kStart + now_, .jitter = world_.Below(1'000'000), .times = {}}; }
  void Try(const Command& command) {
    Result<Decision> decision = Decide(order_, command, Env());
    if (decision.ok()) Keep(std::move(decision).value());
  }
  void Keep(Decision decision) {
    RC_ASSERT(decision.order.version >= order_.version);
    const bool newly_confirmed = decision.order.phase == Phase::kConfirmed && order_.phase != Phase::kConfirmed;
    order_ = std::move(decision.order);
    if (newly_confirmed) RC_ASSERT(order_.captured_minor == order_.content->total_minor && order_.stock == Stock::kCommitted);
    if (IsSettled(order_)) RC_ASSERT(!order_.deadline_at.has_value());
    else RC_ASSERT(order_.deadline_at.has_value());
    for (const Message& message : decision.messages) {
      if (const auto* command = std::get_if<ParticipantCommand>(&message)) commands_.push_back(*command);
    }
  }
  /// `wild`: any message may be next, and may stay to come again.
  void DeliverOne(bool wild) {
    const std::size_t waiting = commands_.size() + world_.said.size();
    if (waiting == 0) return;
    std::size_t pick = wild ? world_.Below(waiting) : 0;
    if (!wild && commands_.empty()) pick = 0;
    const bool again = wild && world_.Chance(5);
    if (pick < commands_.size()) {
      const ParticipantCommand command = commands_[pick];
      if (!again) commands_.erase(commands_.begin() + static_cast<std::ptrdiff_t>(pick));
      return world_.Take(command);
    }
    pick -= commands_.size();
    const Reply reply = world_.said[pick];
    if (!again) world_.said.erase(world_.said.begin() + static_cast<std::ptrdiff_t>(pick));
    Try(reply);
  }

  World world_;
  Order order_{.content = testing::SomeContent()};
  std::deque<ParticipantCommand> commands_;
  std::chrono::milliseconds now_{0};
};

void CheckTheEnd(const Voyage& run) {
  const Order& o = run.order();
  RC_LOG() << ToString(o.phase) << " stock " << ToString(o.stock) << " payment " << ToString(o.payment) << " shipment "
           << ToString(o.shipment) << " pending " << o.pending << "; world " << run.world().stock() << ' '
           << run.world().payment() << ' ' << run.world().shipment();
  RC_ASSERT(IsSettled(o));
  RC_ASSERT(o.captured_minor == run.world().captured());
  RC_ASSERT(o.refunded_minor == run.world().refunded());
  if (o.phase == Phase::kRejected || o.phase == Phase::kCancelled) {
    RC_ASSERT(o.captured_minor == o.refunded_minor);
    RC_ASSERT(run.world().stock() != "held");
    RC_ASSERT(run.world().payment() != "authorized");
    if (run.world().stock() == "sold") RC_ASSERT(run.world().shipment() == "lost");
  } else {
    RC_ASSERT(run.world().captured() == o.content->total_minor);
    RC_ASSERT(run.world().shipment() == "delivered");
  }
}

TEST(OrderSagaPropertyTest, EveryOrderEndsAndMoneyAndGoodsAgree) {
  std::set<std::string_view> ends;
  EXPECT_TRUE(rc::check("whatever is repeated, late or out of order", [&](std::uint64_t seed, std::uint8_t length) {
    for (std::uint64_t i = 0; i < 30; ++i) {
      Voyage run(seed * 30 + i);
      run.Chaos(20 + length * 2);
      run.Quiesce();
      CheckTheEnd(run);
      ends.insert(ToString(run.order().phase));
    }
  }));
  EXPECT_EQ(ends.size(), 4u) << "the worlds were too kind: not every end was seen";
}

}  // namespace
}  // namespace souk::orders
