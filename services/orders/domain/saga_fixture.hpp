#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "services/orders/domain/place_order_saga.hpp"

namespace souk::orders::testing {

inline const SystemTime kStart{std::chrono::microseconds(1'700'000'000'000'000)};

inline Environment At(std::chrono::milliseconds since_start, std::uint64_t jitter = 0) {
  return {.now = kStart + since_start, .jitter = jitter, .times = {}};
}

inline std::shared_ptr<const OrderContent> SomeContent() {
  OrderContent content;
  content.order_id = Uuid::FromName("order", "test");
  content.customer_id = "c1";
  content.email = "c1@example.com";
  content.currency = "GBP";
  content.payment_method = "pm_card_visa";
  content.request_hash = "hash";
  content.lines = {{"mug", 2, 500}, {"pen", 1, 120}};
  content.total_minor = 1120;
  content.placed_at = kStart;
  return std::make_shared<const OrderContent>(std::move(content));
}

inline Reply Say(ReplyKind kind, std::string detail = {}, std::string ref_id = {}, std::int64_t amount = 0) {
  return {.kind = kind, .detail = std::move(detail), .ref_id = std::move(ref_id), .amount_minor = amount, .lines = {}};
}

/// An order and everything it said so far.
class Story {
 public:
  explicit Story(Answer answer = Answer::kOpen) { Keep(Place(SomeContent(), answer, At(std::chrono::milliseconds(0)))); }

  /// True when the command was taken; false when it was refused (then nothing changes).
  bool Do(const Command& command, std::chrono::milliseconds since_start = std::chrono::milliseconds(10)) {
    Result<Decision> decision = Decide(order_, command, At(since_start));
    if (!decision.ok()) {
      refusal_ = decision.error();
      return false;
    }
    Keep(std::move(decision).value());
    return true;
  }
  bool Hear(ReplyKind kind, std::string detail = {}) {
    const bool money = kind == ReplyKind::kPaymentCaptured;
    Reply reply = Say(kind, std::move(detail), {}, money ? order_.content->total_minor : 0);
    if (kind == ReplyKind::kPaymentRefunded) {
      reply.ref_id = Last(CommandKind::kRefundPayment).ref_id;
      reply.amount_minor = order_.refunded_minor + Last(CommandKind::kRefundPayment).amount_minor;
    }
    if (kind == ReplyKind::kRefundFailed) reply.ref_id = Last(CommandKind::kRefundPayment).ref_id;
    if (kind == ReplyKind::kStockRestocked) reply.ref_id = Last(CommandKind::kRestockItems).ref_id;
    if (kind == ReplyKind::kReturnReceived) {
      reply.ref_id = order_.open_return.return_id;
      reply.lines = order_.open_return.lines;
    }
    return Do(reply);
  }
  template <class... Kinds>
  Story& HearAll(Kinds... kinds) {
    (Hear(kinds), ...);
    return *this;
  }

  /// The last command of that kind that was sent; an empty one when there is none.
  ParticipantCommand Last(CommandKind kind) const {
    ParticipantCommand last;
    for (const Message& message : messages_) {
      const auto* command = std::get_if<ParticipantCommand>(&message);
      if (command != nullptr && command->kind == kind) last = *command;
    }
    return last;
  }
  int Count(CommandKind kind) const {
    int count = 0;
    for (const Message& message : messages_) {
      const auto* command = std::get_if<ParticipantCommand>(&message);
      count += command != nullptr && command->kind == kind ? 1 : 0;
    }
    return count;
  }
  int Count(EventKind kind) const {
    int count = 0;
    for (const Message& message : messages_) {
      const auto* event = std::get_if<OrderEvent>(&message);
      count += event != nullptr && event->kind == kind ? 1 : 0;
    }
    return count;
  }

  const Order& order() const { return order_; }
  Order& order() { return order_; }
  const Error& refusal() const { return refusal_; }
  const std::vector<TimelineEntry>& timeline() const { return timeline_; }
  const std::vector<Message>& messages() const { return messages_; }

 private:
  void Keep(Decision decision) {
    order_ = std::move(decision.order);
    for (Message& message : decision.messages) messages_.push_back(std::move(message));
    for (TimelineEntry& entry : decision.timeline) timeline_.push_back(std::move(entry));
  }

  Order order_;
  Error refusal_;
  std::vector<Message> messages_;
  std::vector<TimelineEntry> timeline_;
};

/// The plainest story that ends in `phase`.
inline Story StoryUpTo(Phase phase) {
  using R = ReplyKind;
  Story story;
  switch (phase) {
    case Phase::kReserving: return story;
    case Phase::kAuthorizing: return story.HearAll(R::kStockReserved);
    case Phase::kChallenged: return story.HearAll(R::kStockReserved, R::kPaymentChallenged);
    case Phase::kCapturing: return story.HearAll(R::kStockReserved, R::kPaymentAuthorized);
    case Phase::kFulfilling: return story.HearAll(R::kStockReserved, R::kPaymentAuthorized, R::kPaymentCaptured);
    case Phase::kConfirmed:
      return StoryUpTo(Phase::kFulfilling).HearAll(R::kStockCommitted, R::kShipmentCreated);
    case Phase::kDispatched: return StoryUpTo(Phase::kConfirmed).HearAll(R::kShipmentDispatched);
    case Phase::kCompleted: return StoryUpTo(Phase::kDispatched).HearAll(R::kShipmentDelivered);
    case Phase::kCancellingShipment: {
      Story confirmed = StoryUpTo(Phase::kConfirmed);
      confirmed.Do(CancelOrder{});
      return confirmed;
    }
    case Phase::kUndoing: {  // cancelled while authorizing: release and void are on their way
      Story authorizing = StoryUpTo(Phase::kAuthorizing);
      authorizing.Do(CancelOrder{});
      return authorizing;
    }
    case Phase::kRejected: return story.HearAll(R::kStockRejected);
    case Phase::kCancelled: return StoryUpTo(Phase::kUndoing).HearAll(R::kStockReleased, R::kPaymentVoided);
    case Phase::kReturning: {
      Story completed = StoryUpTo(Phase::kCompleted);
      completed.Do(ReturnOrder{"return-1", {}});
      return completed;
    }
    case Phase::kReturned:
      return StoryUpTo(Phase::kReturning).HearAll(R::kReturnReceived, R::kPaymentRefunded, R::kStockRestocked);
  }
  return story;
}

}  // namespace souk::orders::testing
