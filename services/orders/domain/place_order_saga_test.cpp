#include "services/orders/domain/place_order_saga.hpp"

#include <gtest/gtest.h>

#include "services/orders/domain/quote.hpp"
#include "services/orders/domain/saga_fixture.hpp"

namespace souk::orders {
namespace {

using testing::Story;
using testing::StoryUpTo;
using R = ReplyKind;
using C = CommandKind;
using std::chrono::milliseconds;

TEST(OrderSagaTest, WalksFromReserveToDelivered) {
  Story story = StoryUpTo(Phase::kCompleted);
  EXPECT_EQ(StatusOf(story.order()), Status::kCompleted);
  EXPECT_EQ(story.order().captured_minor, 1120);
  for (const C kind : {C::kReserveStock, C::kAuthorizePayment, C::kCapturePayment, C::kCommitStock, C::kCreateShipment}) {
    EXPECT_EQ(story.Count(kind), 1) << ToString(kind);
  }
  for (const EventKind kind : {EventKind::kAccepted, EventKind::kConfirmed, EventKind::kDispatched, EventKind::kCompleted}) {
    EXPECT_EQ(story.Count(kind), 1);
  }
  EXPECT_FALSE(story.order().deadline_at.has_value());
}

TEST(OrderSagaTest, NumbersTheTimelineWithoutGapsAndTheMessagesByVersion) {
  const Story story = StoryUpTo(Phase::kReturned);
  std::int64_t expected = 0;
  for (const TimelineEntry& entry : story.timeline()) EXPECT_EQ(entry.sequence, ++expected);
  EXPECT_GE(story.order().version, static_cast<std::int64_t>(story.messages().size()));
}

TEST(OrderSagaTest, ConfirmsWhicheverOfCommitAndLabelComesFirst) {
  Story story = StoryUpTo(Phase::kFulfilling);
  story.HearAll(R::kShipmentDelivered);  // the carrier is quicker than the ledger
  EXPECT_EQ(story.order().phase, Phase::kFulfilling);
  story.HearAll(R::kStockCommitted);
  EXPECT_EQ(story.order().phase, Phase::kCompleted);
  EXPECT_EQ(story.Count(EventKind::kConfirmed), 1);
  EXPECT_EQ(story.Count(EventKind::kDispatched), 1);
}

TEST(OrderSagaTest, ReleasesStockWhenPaymentIsDeclined) {
  Story story = StoryUpTo(Phase::kAuthorizing);
  story.Hear(R::kPaymentDeclined, "insufficient_funds");
  EXPECT_EQ(story.order().pending, unsigned{kReleaseStock});
  EXPECT_EQ(StatusOf(story.order()), Status::kPending);
  story.Hear(R::kStockReleased);
  EXPECT_EQ(StatusOf(story.order()), Status::kRejected);
  EXPECT_EQ(story.order().reason, Reason::kPaymentDeclined);
  EXPECT_EQ(story.order().reason_detail, "insufficient_funds");
  EXPECT_EQ(story.Count(C::kVoidPayment), 0);
}

TEST(OrderSagaTest, ReleasesStockWhenTheCaptureFails) {
  Story story = StoryUpTo(Phase::kCapturing);
  story.HearAll(R::kCaptureFailed, R::kStockReleased);
  EXPECT_EQ(story.order().phase, Phase::kRejected);
  EXPECT_EQ(story.order().reason, Reason::kCaptureFailed);
  EXPECT_EQ(story.order().captured_minor, 0);
}

TEST(OrderSagaTest, RefundsWhenTheHoldExpiredWhileTheMoneyWasTaken) {
  Story story = StoryUpTo(Phase::kCapturing);
  story.HearAll(R::kReservationExpired, R::kPaymentCaptured);
  EXPECT_EQ(story.order().pending, unsigned{kRefundPayment});
  story.HearAll(R::kPaymentRefunded);
  EXPECT_EQ(story.order().phase, Phase::kRejected);
  EXPECT_EQ(story.order().reason, Reason::kHoldExpired);
  EXPECT_EQ(story.order().refunded_minor, 1120);
}

TEST(OrderSagaTest, StopsTheParcelBeforeItRefundsAnExpiredHold) {
  Story story = StoryUpTo(Phase::kFulfilling);
  story.HearAll(R::kStockCommitFailed);
  EXPECT_EQ(story.order().phase, Phase::kCancellingShipment);
  EXPECT_EQ(story.Count(C::kRefundPayment), 0);
  story.HearAll(R::kShipmentCancelled, R::kPaymentRefunded);
  EXPECT_EQ(story.order().phase, Phase::kRejected);
  EXPECT_EQ(story.order().reason, Reason::kHoldExpired);
  EXPECT_EQ(story.Count(C::kRestockItems), 0);
}

TEST(OrderSagaTest, GoesOnWhenTheParcelOfAnExpiredHoldHadLeft) {
  Story story = StoryUpTo(Phase::kFulfilling);
  story.HearAll(R::kStockCommitFailed, R::kShipmentDispatched, R::kShipmentDelivered);
  EXPECT_EQ(story.order().phase, Phase::kCompleted);
  EXPECT_EQ(story.order().refunded_minor, 0);
  EXPECT_TRUE(story.order().confirmed) << "that is what the call that placed it was answered";
}

TEST(OrderSagaTest, GivesEverythingBackWhenTheShipmentIsRefused) {
  Story story = StoryUpTo(Phase::kFulfilling);
  story.HearAll(R::kStockCommitted, R::kShipmentRefused);
  EXPECT_EQ(story.order().pending, kRestockGoods | kRefundPayment);
  story.HearAll(R::kStockRestocked, R::kPaymentRefunded);
  EXPECT_EQ(story.order().phase, Phase::kRejected);
  EXPECT_EQ(story.order().reason, Reason::kShipmentRefused);
}

TEST(OrderSagaTest, WaitsForACommitInFlightBeforeItKnowsWhetherToRestock) {
  Story story = StoryUpTo(Phase::kFulfilling);
  story.HearAll(R::kShipmentRefused);
  EXPECT_EQ(story.order().pending, kResolveCommit | kRefundPayment);
  EXPECT_EQ(story.Count(C::kRestockItems), 0);
  story.HearAll(R::kPaymentRefunded, R::kStockCommitted);
  EXPECT_EQ(story.order().pending, unsigned{kRestockGoods});
  EXPECT_EQ(story.Last(C::kRestockItems).lines.size(), 2u);
  story.HearAll(R::kStockRestocked);
  EXPECT_EQ(story.order().phase, Phase::kRejected);
}

TEST(OrderSagaTest, RefundsALostParcelWithoutRestocking) {
  Story story = StoryUpTo(Phase::kDispatched);
  story.HearAll(R::kShipmentLost, R::kPaymentRefunded);
  EXPECT_EQ(story.order().phase, Phase::kCancelled);
  EXPECT_EQ(story.order().reason, Reason::kShipmentLost);
  EXPECT_EQ(story.order().stock, Stock::kCommitted);
  EXPECT_EQ(story.Count(C::kRestockItems), 0);
}

TEST(OrderSagaTest, CancelsBeforeTheCaptureByReleaseAndVoid) {
  Story story = StoryUpTo(Phase::kUndoing);
  EXPECT_EQ(StatusOf(story.order()), Status::kCancelling);
  story.HearAll(R::kPaymentAuthorized, R::kStockReleased, R::kPaymentVoided);
  EXPECT_EQ(story.order().phase, Phase::kCancelled);
  EXPECT_EQ(story.order().reason, Reason::kCustomerCancelled);
}

TEST(OrderSagaTest, RefundsWhenTheCaptureWinsAgainstTheVoid) {
  Story story = StoryUpTo(Phase::kUndoing);
  story.HearAll(R::kPaymentCaptured);
  EXPECT_EQ(story.order().pending, kReleaseStock | kRefundPayment);
  story.HearAll(R::kPaymentRefunded, R::kStockReleased);
  EXPECT_EQ(story.order().phase, Phase::kCancelled);
  EXPECT_EQ(story.order().captured_minor, story.order().refunded_minor);
}

TEST(OrderSagaTest, HoldsACancelUntilTheCaptureAnswers) {
  Story story = StoryUpTo(Phase::kCapturing);
  EXPECT_TRUE(story.Do(CancelOrder{}));
  EXPECT_EQ(story.order().phase, Phase::kCapturing);
  EXPECT_EQ(StatusOf(story.order()), Status::kCancelling);
  story.HearAll(R::kPaymentCaptured, R::kStockReleased, R::kPaymentRefunded);
  EXPECT_EQ(story.order().phase, Phase::kCancelled);
  EXPECT_EQ(story.Count(C::kCommitStock), 0);
}

TEST(OrderSagaTest, CancelsAConfirmedOrderThroughTheCarrier) {
  Story story = StoryUpTo(Phase::kCancellingShipment);
  story.HearAll(R::kShipmentCancelled);
  EXPECT_EQ(story.order().pending, kRestockGoods | kRefundPayment);
  story.HearAll(R::kStockRestocked, R::kPaymentRefunded);
  EXPECT_EQ(story.order().phase, Phase::kCancelled);
  EXPECT_EQ(story.Count(EventKind::kCancelled), 1);
}

TEST(OrderSagaTest, GoesOnWhenTheCarrierWinsAgainstTheCancel) {
  Story story = StoryUpTo(Phase::kCancellingShipment);
  story.HearAll(R::kShipmentDispatched);
  EXPECT_EQ(story.order().phase, Phase::kDispatched);
  EXPECT_FALSE(story.order().cancel_requested);
  EXPECT_EQ(story.order().reason, Reason::kNone);
  EXPECT_EQ(story.Count(EventKind::kConfirmed), 1);
  story.HearAll(R::kShipmentDelivered);
  EXPECT_EQ(story.order().phase, Phase::kCompleted);
}

TEST(OrderSagaTest, B72RefusesToCancelAShippedOrderAndNamesItsState) {
  Story story = StoryUpTo(Phase::kDispatched);
  EXPECT_FALSE(story.Do(CancelOrder{}));
  EXPECT_EQ(story.refusal().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(story.refusal().details_json, R"({"status":"DISPATCHED"})");
}

TEST(OrderSagaTest, GivesAClaimBackThatWasMadeAfterTheOrderWasRejected) {
  Story story = StoryUpTo(Phase::kRejected);  // a second ReserveStock found new stock
  story.HearAll(R::kStockReserved);
  EXPECT_EQ(story.order().phase, Phase::kRejected);
  EXPECT_EQ(story.order().pending, unsigned{kReleaseStock});
  EXPECT_TRUE(story.order().deadline_at.has_value());
  story.HearAll(R::kStockReleased);
  EXPECT_TRUE(IsSettled(story.order()));
  EXPECT_FALSE(story.order().deadline_at.has_value());
}

TEST(OrderSagaTest, AsksAgainBeforeItGivesUp) {
  Story story;
  EXPECT_TRUE(story.Do(DeadlinePassed{}, milliseconds(4'999)));
  EXPECT_EQ(story.Count(C::kReserveStock), 1);
  EXPECT_TRUE(story.Do(DeadlinePassed{}, milliseconds(5'000)));
  EXPECT_EQ(story.Count(C::kReserveStock), 2);
  EXPECT_EQ(*story.order().deadline_at, testing::kStart + milliseconds(15'000));
  EXPECT_TRUE(story.Do(DeadlinePassed{}, milliseconds(60'000)));
  EXPECT_EQ(story.order().phase, Phase::kUndoing);
  EXPECT_EQ(story.order().reason, Reason::kDeadlineExceeded);
  story.HearAll(R::kStockReleased);
  EXPECT_EQ(story.order().phase, Phase::kRejected);
}

TEST(OrderSagaTest, APersonCanHaveItAskedAgainAtOnceButNeverUndoneEarly) {
  Story story;
  EXPECT_TRUE(story.Do(DeadlinePassed{.ask_now = true}, milliseconds(100)));
  EXPECT_EQ(story.Count(C::kReserveStock), 2);
  EXPECT_EQ(story.order().phase, Phase::kReserving);
  Story settled = StoryUpTo(Phase::kCompleted);
  const auto version = settled.order().version;
  EXPECT_TRUE(settled.Do(DeadlinePassed{.ask_now = true}, milliseconds(100)));
  EXPECT_EQ(settled.order().version, version);
}

TEST(OrderSagaTest, TellsWhoWatchesThatAnEndedOrderUndoesSomethingAndThatItHas) {
  Story story = StoryUpTo(Phase::kRejected);
  const int before = story.Count(EventKind::kProgressed);
  story.HearAll(R::kStockReserved);
  EXPECT_EQ(story.Count(EventKind::kProgressed), before + 1);
  EXPECT_EQ(WaitingFor(story.order()), "undo");
  story.HearAll(R::kStockReleased);
  EXPECT_EQ(story.Count(EventKind::kProgressed), before + 2);
  EXPECT_EQ(WaitingFor(story.order()), "");
}

TEST(OrderSagaTest, VoidsAChallengeThatNobodyCompletes) {
  Story story = StoryUpTo(Phase::kChallenged);
  EXPECT_TRUE(story.Do(DeadlinePassed{}, milliseconds(700'000)));
  EXPECT_EQ(story.order().pending, kReleaseStock | kVoidPayment);
  story.HearAll(R::kPaymentVoided, R::kStockReleased);
  EXPECT_EQ(story.order().reason, Reason::kChallengeExpired);
}

TEST(OrderSagaTest, NeverGivesUpAfterThePivot) {
  Story story = StoryUpTo(Phase::kCapturing);
  for (int i = 1; i < 100; ++i) story.Do(DeadlinePassed{}, milliseconds(60'000) * i);
  EXPECT_EQ(story.order().phase, Phase::kCapturing);
  EXPECT_EQ(story.Count(C::kCapturePayment), 100);
}

TEST(OrderSagaTest, F53RetriesACompensationUntilItSucceeds) {
  Story story = StoryUpTo(Phase::kDispatched);
  story.HearAll(R::kShipmentLost);
  for (int i = 1; i <= 20; ++i) {
    story.HearAll(R::kRefundFailed);
    story.Do(DeadlinePassed{}, milliseconds(60'000) * i);
  }
  EXPECT_EQ(story.Count(C::kRefundPayment), 21);
  story.HearAll(R::kPaymentRefunded);
  EXPECT_EQ(story.order().phase, Phase::kCancelled);
  EXPECT_EQ(story.order().refunded_minor, 1120);
}

TEST(OrderSagaTest, ReturnsAPartAndThenTheRest) {
  Story story = StoryUpTo(Phase::kCompleted);
  EXPECT_TRUE(story.Do(ReturnOrder{"r1", {{"mug", 1, false}}}));
  story.HearAll(R::kReturnReceived);
  EXPECT_EQ(story.Last(C::kRefundPayment).amount_minor, 500);
  story.HearAll(R::kPaymentRefunded);
  EXPECT_EQ(story.order().phase, Phase::kCompleted);
  EXPECT_EQ(story.order().refunded_minor, 500);
  EXPECT_FALSE(story.Do(ReturnOrder{"r2", {{"mug", 2, false}}}));
  EXPECT_EQ(story.refusal().fields.at(0).field, "lines[0].quantity");
  EXPECT_TRUE(story.Do(ReturnOrder{"r3", {}}));
  story.HearAll(R::kReturnReceived, R::kPaymentRefunded, R::kStockRestocked);
  EXPECT_EQ(story.order().phase, Phase::kReturned);
  EXPECT_EQ(story.order().refunded_minor, 1120);
}

TEST(OrderSagaTest, AnswersARepeatWithWhatTheFirstCallerWasTold) {
  Story timed_out;
  timed_out.Do(AnswerPending{});
  timed_out.HearAll(R::kStockRejected);
  EXPECT_EQ(AnswerOf(timed_out.order()).status, Status::kPending);

  Story waited = StoryUpTo(Phase::kDispatched);
  waited.Do(AnswerPending{});
  EXPECT_EQ(AnswerOf(waited.order()).status, Status::kConfirmed);

  const Story rejected = StoryUpTo(Phase::kRejected);
  EXPECT_EQ(AnswerOf(rejected.order()).status, Status::kRejected);
  EXPECT_EQ(AnswerOf(rejected.order()).reason, Reason::kOutOfStock);
}

TEST(QuoteTest, B69RefusesWhatCannotBePriced) {
  const PriceList prices = {{"mug", {{500, "GBP"}, 1, false}}, {"cap", {{900, "EUR"}, 1, false}}, {"old", {{1, "GBP"}, 2, true}}};
  EXPECT_EQ(MakeQuote({{"mug", 3, {}}}, "GBP", prices)->total.minor_units, 1500);
  EXPECT_EQ(MakeQuote({{"nope", 1, {}}}, "GBP", prices).error().fields.at(0).field, "lines[0].sku");
  EXPECT_EQ(MakeQuote({{"mug", 1, {}}, {"old", 1, {}}}, "GBP", prices).error().fields.at(0).field, "lines[1].sku");
  EXPECT_EQ(MakeQuote({{"cap", 1, {}}}, "GBP", prices).error().http_status, 422);
}

TEST(QuoteTest, B68ShowsTheNewQuoteWhenThePriceChanged) {
  const PriceList prices = {{"mug", {{500, "GBP"}, 1, false}}};
  const std::vector<RequestedLine> lines = {{"mug", 2, Money{450, "GBP"}}};
  const Quote quote = *MakeQuote(lines, "GBP", prices);
  const Result<void> seen = CheckExpected(quote, lines, std::nullopt);
  EXPECT_EQ(seen.error().reason, "PRICE_CHANGED");
  EXPECT_EQ(seen.error().details_json,
            R"({"quote":{"lines":[{"sku":"mug","quantity":"2","unitPrice":{"minorUnits":"500","currency":"GBP"}}],)"
            R"("total":{"minorUnits":"1000","currency":"GBP"}}})");
  EXPECT_TRUE(CheckExpected(quote, {{"mug", 2, {}}}, Money{1000, "GBP"}).ok());
  EXPECT_FALSE(CheckExpected(quote, {{"mug", 2, {}}}, Money{999, "GBP"}).ok());
}

TEST(OrderSagaTest, AnswersTheSameWhateverBecomesOfAParcelThatLeftWithoutItsClaim) {
  Story story = StoryUpTo(Phase::kFulfilling);
  story.HearAll(ReplyKind::kStockCommitFailed, ReplyKind::kShipmentDispatched);
  ASSERT_EQ(story.order().phase, Phase::kDispatched);
  EXPECT_EQ(AnswerOf(story.order()).status, Status::kConfirmed);
  Story lost = story;
  lost.Hear(ReplyKind::kShipmentLost);
  EXPECT_EQ(AnswerOf(lost.order()).status, Status::kConfirmed);
  story.Hear(ReplyKind::kShipmentDelivered);
  ASSERT_EQ(story.order().phase, Phase::kCompleted);
  EXPECT_EQ(AnswerOf(story.order()).status, Status::kConfirmed);
}

}  // namespace
}  // namespace souk::orders
