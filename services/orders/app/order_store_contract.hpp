#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "services/orders/app/apply_batch.hpp"
#include "services/orders/domain/saga_fixture.hpp"

namespace souk::orders::testing {

/// What every OrderStore has to keep. `Kit` makes one: store(), AbortNext(n), CountMessages(order), CountTimeline(order), Due(now).
template <class Kit>
class OrderStoreContract : public ::testing::Test {
 protected:
  OrderStoreContract() {
    Apply(Price("mug", 500, 1));
    Apply(Price("pen", 120, 1));
  }

  static Work Price(const std::string& sku, std::int64_t minor, std::int64_t version) {
    Work work;
    work.job = PriceChange{sku, {{minor, "GBP"}, version, false}};
    return work;
  }
  static Work Wish(const std::string& name, const std::string& hash = "hash", bool waits = false) {
    PlaceOrder place;
    place.draft.order_id = Uuid::FromName("order", name);
    place.draft.customer_id = "c1";
    place.draft.currency = "GBP";
    place.draft.payment_method = "pm_x";
    place.draft.ship_to = std::string("\x0a\x00\xff", 3);
    place.draft.request_hash = hash;
    place.lines = {{"mug", 2, {}}, {"pen", 1, {}}};
    place.waits = waits;
    Work work;
    work.job = std::move(place);
    return work;
  }
  static Work Says(const std::string& name, Command command, std::optional<Uuid> message_id = {}) {
    Work work;
    work.job = OrderWork{Uuid::FromName("order", name), std::move(command), std::nullopt};
    work.message_id = message_id;
    return work;
  }
  Result<void> Apply(std::vector<Work>& works) { return ApplyBatch(kit.store(), context, works); }
  Outcome Apply(Work work) {
    std::vector<Work> works;
    works.push_back(std::move(work));
    const Result<void> applied = Apply(works);
    EXPECT_TRUE(applied.ok()) << (applied.ok() ? "" : applied.error().message);
    return works[0].outcome;
  }
  /// Loaded from the store, not from memory of ours: a command that changes nothing.
  std::shared_ptr<const Order> Load(const std::string& name) { return Apply(Says(name, AnswerPending{})).order; }

  Kit kit;
  ManualClock clock{kStart};
  SeededRandom random{1};
  BatchContext context{clock, random, {}};
};

TYPED_TEST_SUITE_P(OrderStoreContract);

TYPED_TEST_P(OrderStoreContract, KeepsEverythingThatAnOrderIs) {
  const Outcome placed = this->Apply(this->Wish("a"));
  ASSERT_FALSE(placed.error.has_value());
  EXPECT_EQ(placed.order->content->total_minor, 1120);
  for (const ReplyKind kind : {ReplyKind::kStockReserved, ReplyKind::kPaymentAuthorized}) this->Apply(this->Says("a", Say(kind)));
  this->Apply(this->Says("a", Say(ReplyKind::kPaymentCaptured, {}, {}, 1120)));
  this->Apply(this->Says("a", Say(ReplyKind::kStockCommitted)));
  this->Apply(this->Says("a", Say(ReplyKind::kShipmentDelivered)));
  this->Apply(this->Says("a", ReturnOrder{"r1", {{"mug", 1, true}}}));
  const auto written = this->Apply(this->Says("a", CancelOrder{})).order;
  const auto read = this->Load("a");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->phase, Phase::kReturning);
  EXPECT_EQ(read->version, written->version);
  EXPECT_EQ(read->open_return, written->open_return);
  EXPECT_EQ(read->stock, Stock::kCommitted);
  EXPECT_EQ(read->payment, Payment::kCaptured);
  EXPECT_EQ(read->shipment, Shipment::kDelivered);
  EXPECT_EQ(read->captured_minor, 1120);
  EXPECT_EQ(read->deadline_at, written->deadline_at);
  EXPECT_EQ(read->decided_at, written->decided_at);
  EXPECT_EQ(read->content->lines, placed.order->content->lines);
  EXPECT_EQ(read->content->ship_to, placed.order->content->ship_to);
  EXPECT_EQ(read->content->placed_at, kStart);
  EXPECT_EQ(this->kit.CountTimeline(read->id()), read->timeline_length);
}

TYPED_TEST_P(OrderStoreContract, MakesOneOrderOfEqualCallsAndRefusesAnotherBody) {
  std::vector<Work> works;
  works.push_back(this->Wish("a"));
  works.push_back(this->Wish("a"));
  works.push_back(this->Wish("a", "other"));
  ASSERT_TRUE(this->Apply(works).ok());
  EXPECT_FALSE(works[0].outcome.replayed);
  EXPECT_TRUE(works[1].outcome.replayed);
  EXPECT_EQ(works[2].outcome.error->reason, "IDEMPOTENCY_KEY_REUSED");
  EXPECT_TRUE(this->Apply(this->Wish("a")).replayed);
  EXPECT_EQ(this->Apply(this->Wish("a", "other")).error->http_status, 422);
}

TYPED_TEST_P(OrderStoreContract, LeavesACallThatStillWaitsToItsTaker) {
  this->Apply(this->Wish("a", "hash", true));
  EXPECT_EQ(this->Apply(this->Wish("a", "hash", true)).error->reason, "IN_FLIGHT");
  this->clock.Advance(kAnswerOpenMax);  // the taker is gone
  const Outcome late = this->Apply(this->Wish("a", "hash", true));
  EXPECT_TRUE(late.replayed);
  EXPECT_EQ(AnswerOf(*late.order).status, Status::kPending);
}

TYPED_TEST_P(OrderStoreContract, AppliesAMessageOnce) {
  this->Apply(this->Wish("a"));
  const Uuid id = Uuid::FromName("message", "1");
  std::vector<Work> works;
  works.push_back(this->Says("a", Say(ReplyKind::kStockReserved), id));
  works.push_back(this->Says("a", Say(ReplyKind::kStockReserved), id));
  ASSERT_TRUE(this->Apply(works).ok());
  EXPECT_TRUE(works[0].outcome.changed);
  EXPECT_FALSE(works[1].outcome.order);
  EXPECT_FALSE(this->Apply(this->Says("a", Say(ReplyKind::kStockReserved), id)).order);
}

TYPED_TEST_P(OrderStoreContract, HasOneEffectWhenATransactionHasToRunAgain) {
  this->kit.AbortNext(2);
  const Outcome placed = this->Apply(this->Wish("a"));
  ASSERT_TRUE(placed.order);
  EXPECT_FALSE(placed.replayed);
  EXPECT_EQ(this->kit.CountMessages(placed.order->id()), placed.order->version);
}

TYPED_TEST_P(OrderStoreContract, NumbersTheMessagesOfAnOrderWithoutRepeats) {
  std::vector<Work> works;
  works.push_back(this->Wish("a"));
  works.push_back(this->Says("a", Say(ReplyKind::kStockReserved)));  // in one batch, one after the other
  works.push_back(this->Says("a", Say(ReplyKind::kPaymentAuthorized)));
  ASSERT_TRUE(this->Apply(works).ok());
  EXPECT_EQ(works[2].outcome.order->phase, Phase::kCapturing);
  EXPECT_EQ(this->kit.CountMessages(works[2].outcome.order->id()), works[2].outcome.order->version);
}

TYPED_TEST_P(OrderStoreContract, RefusesOneOfABatchWithoutHarmingTheOthers) {
  std::vector<Work> works;
  works.push_back(this->Wish("a"));
  works.push_back(this->Wish("b"));
  std::get<PlaceOrder>(works[1].job).lines[0].sku = "unknown";
  works.push_back(this->Says("nobody", CancelOrder{}));
  works.push_back(this->Wish("c"));
  ASSERT_TRUE(this->Apply(works).ok());
  EXPECT_TRUE(works[0].outcome.order && works[3].outcome.order);
  EXPECT_EQ(works[1].outcome.error->code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(works[2].outcome.error->code, ErrorCode::kNotFound);
}

TYPED_TEST_P(OrderStoreContract, NeverPutsAnOlderPriceOverANewerOne) {
  this->Apply(this->Price("mug", 700, 3));
  this->Apply(this->Price("mug", 600, 2));
  EXPECT_EQ(this->Apply(this->Wish("a")).order->content->total_minor, 1520);
}

TYPED_TEST_P(OrderStoreContract, AnswersACallKeyWithWhatItAnsweredFirst) {
  this->Apply(this->Wish("a"));
  const KeyUse key{Uuid::FromName("cancel", "k"), "h"};
  const auto cancel = [&](const KeyUse& use) {
    Work work = this->Says("a", CancelOrder{});
    std::get<OrderWork>(work.job).key = use;
    return this->Apply(std::move(work));
  };
  EXPECT_FALSE(cancel(key).replayed);
  const Outcome replay = cancel(key);
  EXPECT_TRUE(replay.replayed);
  EXPECT_FALSE(replay.stored_answer.empty());
  EXPECT_EQ(cancel({key.key_id, "other"}).error->reason, "IDEMPOTENCY_KEY_REUSED");
}

TYPED_TEST_P(OrderStoreContract, SweepsAnOrderAtItsDeadlineAndNoMoreOnceItIsSettled) {
  const auto placed = this->Apply(this->Wish("a")).order;
  const Uuid id = placed->id();
  EXPECT_TRUE(this->kit.Due(*placed->deadline_at - std::chrono::milliseconds(1)).empty());
  EXPECT_THAT(this->kit.Due(*placed->deadline_at), ::testing::ElementsAre(id));
  // A later deadline may be swept too early, once; the sweep itself moves it on.
  this->clock.Advance(std::chrono::seconds(2));
  const auto authorizing = this->Apply(this->Says("a", Say(ReplyKind::kStockReserved))).order;
  EXPECT_THAT(this->kit.Due(*authorizing->deadline_at), ::testing::ElementsAre(id));
  this->Apply(this->Says("a", DeadlinePassed{}));
  EXPECT_TRUE(this->kit.Due(*authorizing->deadline_at - std::chrono::milliseconds(1)).empty());
  EXPECT_THAT(this->kit.Due(*authorizing->deadline_at), ::testing::ElementsAre(id));
  const auto undoing = this->Apply(this->Says("a", CancelOrder{})).order;
  EXPECT_THAT(this->kit.Due(*undoing->deadline_at), ::testing::ElementsAre(id));
  this->Apply(this->Says("a", Say(ReplyKind::kStockReleased)));
  const auto settled = this->Apply(this->Says("a", Say(ReplyKind::kPaymentVoided))).order;
  ASSERT_TRUE(IsSettled(*settled));
  EXPECT_TRUE(this->kit.Due(*undoing->deadline_at + std::chrono::hours(1)).empty());
  // An effect that arrives after the end is undone, so it has a deadline again.
  const auto again = this->Apply(this->Says("a", Say(ReplyKind::kStockReserved))).order;
  ASSERT_TRUE(again->deadline_at.has_value());
  EXPECT_THAT(this->kit.Due(*again->deadline_at), ::testing::ElementsAre(id));
}

TYPED_TEST_P(OrderStoreContract, LeavesNothingOfABatchThatFails) {
  this->Apply(this->Wish("a"));
  const Uuid id = Uuid::FromName("order", "a");
  std::vector<Work> works;
  works.push_back(this->Says("a", Say(ReplyKind::kStockReserved), Uuid::FromName("message", "1")));
  works.push_back(this->Price("mug", 900, 9));
  const Result<void> failed = this->kit.store().Transact([&](OrderTx& tx) -> Result<void> {
    struct Borrowed final : OrderStore {
      explicit Borrowed(OrderTx& t) : tx(t) {}
      Result<void> Transact(const std::function<Result<void>(OrderTx&)>& body) override { return body(tx); }
      OrderTx& tx;
    } borrowed(tx);
    SOUK_RETURN_IF_ERROR(ApplyBatch(borrowed, this->context, works));
    return MakeError(ErrorCode::kFailedPrecondition, "after all was written");
  });
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(this->kit.CountMessages(id), 2);
  EXPECT_EQ(this->kit.CountTimeline(id), 1);
  EXPECT_EQ(this->Apply(this->Wish("b")).order->content->total_minor, 1120);
  const Outcome heard = this->Apply(this->Says("a", Say(ReplyKind::kStockReserved), Uuid::FromName("message", "1")));
  EXPECT_TRUE(heard.changed);
  EXPECT_EQ(heard.order->phase, Phase::kAuthorizing);
}

TYPED_TEST_P(OrderStoreContract, LetsOneOfManyThreadsWin) {
  std::vector<std::thread> threads;
  std::atomic<int> created{0};
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      std::vector<Work> works;
      works.push_back(this->Wish("raced"));
      const auto store = this->kit.MakeStore();
      if (ApplyBatch(*store, this->context, works).ok() && works[0].outcome.order && !works[0].outcome.replayed) ++created;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(created, 1);
  EXPECT_EQ(this->kit.CountMessages(Uuid::FromName("order", "raced")), 2);
}

REGISTER_TYPED_TEST_SUITE_P(OrderStoreContract, KeepsEverythingThatAnOrderIs, MakesOneOrderOfEqualCallsAndRefusesAnotherBody,
                            LeavesACallThatStillWaitsToItsTaker, AppliesAMessageOnce, HasOneEffectWhenATransactionHasToRunAgain,
                            NumbersTheMessagesOfAnOrderWithoutRepeats, RefusesOneOfABatchWithoutHarmingTheOthers,
                            NeverPutsAnOlderPriceOverANewerOne, AnswersACallKeyWithWhatItAnsweredFirst,
                            SweepsAnOrderAtItsDeadlineAndNoMoreOnceItIsSettled, LeavesNothingOfABatchThatFails, LetsOneOfManyThreadsWin);

}  // namespace souk::orders::testing
