// The whole table: each status meets each command.
#include <gtest/gtest.h>

#include <map>

#include "services/payments/domain/payment.hpp"

namespace souk::payments {
namespace {

const Uuid kId = *Uuid::Parse("01900000-0000-7000-8000-000000000001");
const Money kTenPounds{1000, "GBP"};
constexpr SystemTime kNow = SystemTime(std::chrono::hours(24 * 365 * 50));
const Policy kPolicy;

Aggregate In(Status status) {
  Aggregate aggregate;
  Payment& payment = aggregate.payment.emplace();
  payment.payment_id = kId;
  payment.status = status;
  payment.amount = kTenPounds;
  payment.payment_method = "pm_card_visa";
  payment.provider_id = status == Status::kAuthorizing ? "" : "pi_1";
  payment.version = 5;
  const auto runs = [&](Operation operation) {
    payment.operation = operation;
    payment.operation_key = "stored-key";
    payment.operation_number = 1;
    payment.operation_started_at = kNow;
    payment.next_attempt_at = kNow + kPolicy.call_lease;
  };
  if (status == Status::kAuthorizing) runs(Operation::kAuthorize);
  if (status == Status::kChallenged) runs(Operation::kWatch);
  if (status == Status::kCapturing) runs(Operation::kCapture);
  if (status == Status::kVoiding) runs(Operation::kCancel);
  if (status == Status::kDeclined || status == Status::kCaptureFailed) payment.decline_code = "insufficient_funds";
  const bool taken = status == Status::kCaptured || status == Status::kRefunding || status == Status::kRefunded;
  if (taken) payment.captured = 1000;
  if (status == Status::kRefunding || status == Status::kRefunded) {
    payment.has_refunds = true;
    const bool pending = status == Status::kRefunding;
    aggregate.refunds.push_back({.refund_id = "r1", .amount = 400, .status = pending ? RefundStatus::kPending : RefundStatus::kSucceeded});
    if (!pending) payment.refunded = 400;
  }
  return aggregate;
}

std::string Describe(const Decision& decision) {
  if (decision.refusal) return "refuse " + std::string(ToString(decision.refusal->code));
  static const std::map<EventKind, std::string> kEvents = {
      {EventKind::kAuthorized, "Authorized"}, {EventKind::kDeclined, "Declined"}, {EventKind::kChallenged, "Challenged"},
      {EventKind::kCaptured, "Captured"}, {EventKind::kCaptureFailed, "CaptureFailed"}, {EventKind::kVoided, "Voided"},
      {EventKind::kRefunded, "Refunded"}, {EventKind::kRefundFailed, "RefundFailed"}};
  static const std::map<CallKind, std::string> kCalls = {
      {CallKind::kAuthorize, "authorize"}, {CallKind::kCapture, "capture"}, {CallKind::kCancel, "cancel"}, {CallKind::kRefund, "refund"},
      {CallKind::kGet, "get"}, {CallKind::kFind, "find"}, {CallKind::kFindRefund, "find refund"}};
  std::string text(decision.next.payment ? ToString(decision.next.payment->status) : "none");
  for (const Event& event : decision.events) text += " +" + kEvents.at(event.kind);
  for (const ProviderCall& call : decision.calls) text += " >" + kCalls.at(call.kind);
  return text;
}

struct Case {
  Status status;
  std::string authorize, capture, void_it, refund;
};

TEST(PaymentTableTest, AnswersEachCommandInEachStatus) {
  const std::vector<Case> table = {
      {Status::kAuthorizing, "AUTHORIZING", "refuse FAILED_PRECONDITION", "AUTHORIZING", "refuse FAILED_PRECONDITION"},
      {Status::kChallenged, "CHALLENGED +Challenged", "refuse FAILED_PRECONDITION", "VOIDING >cancel", "refuse FAILED_PRECONDITION"},
      {Status::kAuthorized, "AUTHORIZED +Authorized", "CAPTURING >capture", "VOIDING >cancel", "refuse FAILED_PRECONDITION"},
      {Status::kDeclined, "DECLINED +Declined", "DECLINED +CaptureFailed", "DECLINED +Voided", "refuse FAILED_PRECONDITION"},
      {Status::kCapturing, "CAPTURING +Authorized", "CAPTURING", "CAPTURING", "refuse FAILED_PRECONDITION"},
      {Status::kCaptured, "CAPTURED +Authorized", "CAPTURED +Captured", "CAPTURED +Captured", "REFUNDING >refund"},
      {Status::kCaptureFailed, "CAPTURE_FAILED +Declined", "CAPTURE_FAILED +CaptureFailed", "CAPTURE_FAILED +Voided", "refuse FAILED_PRECONDITION"},
      {Status::kVoiding, "VOIDING +Declined", "VOIDING +CaptureFailed", "VOIDING", "refuse FAILED_PRECONDITION"},
      {Status::kVoided, "VOIDED +Declined", "VOIDED +CaptureFailed", "VOIDED +Voided", "refuse FAILED_PRECONDITION"},
      {Status::kRefunding, "REFUNDING +Authorized", "REFUNDING +Captured", "REFUNDING +Captured", "REFUNDING >refund"},
      {Status::kRefunded, "REFUNDED +Authorized", "REFUNDED +Captured", "REFUNDED +Captured", "REFUNDING >refund"},
  };
  ASSERT_EQ(table.size(), static_cast<std::size_t>(kStatusMax));
  for (const Case& row : table) {
    SCOPED_TRACE(std::string(ToString(row.status)));
    const auto decide = [&](Input input) { return Describe(Decide(kId, In(row.status), input, kNow, kPolicy)); };
    EXPECT_EQ(decide(Authorize{kTenPounds, "pm_card_visa", "c1"}), row.authorize);
    EXPECT_EQ(decide(Capture{kTenPounds}), row.capture);
    EXPECT_EQ(decide(Void{}), row.void_it);
    EXPECT_EQ(decide(GiveBack{"r2", {600, "GBP"}, ""}), row.refund);
  }
}

TEST(PaymentTableTest, MovesOnlyForwardOnWhatTheProviderShows) {
  const std::map<IntentStatus, std::vector<std::string>> table = {
      {IntentStatus::kRequiresAction,
       {"CHALLENGED +Challenged", "CHALLENGED", "AUTHORIZED", "DECLINED", "CAPTURING", "CAPTURED", "CAPTURE_FAILED", "VOIDING", "VOIDED", "REFUNDING", "REFUNDED"}},
      {IntentStatus::kRequiresCapture,
       {"AUTHORIZED +Authorized", "AUTHORIZED +Authorized", "AUTHORIZED", "DECLINED", "CAPTURING", "CAPTURED", "CAPTURE_FAILED", "VOIDING", "VOIDED", "REFUNDING", "REFUNDED"}},
      {IntentStatus::kSucceeded,
       {"CAPTURED +Authorized +Captured", "CAPTURED +Authorized +Captured", "CAPTURED +Captured", "DECLINED", "CAPTURED +Captured", "CAPTURED", "CAPTURE_FAILED",
        "CAPTURED +Captured", "VOIDED", "REFUNDING", "REFUNDED"}},
      {IntentStatus::kCanceled,
       {"DECLINED +Declined", "DECLINED +Declined", "VOIDED +Voided", "DECLINED", "CAPTURE_FAILED +CaptureFailed", "CAPTURED", "CAPTURE_FAILED", "VOIDED +Voided", "VOIDED",
        "REFUNDING", "REFUNDED"}},
      {IntentStatus::kFailed,
       {"DECLINED +Declined", "DECLINED +Declined", "AUTHORIZED", "DECLINED", "CAPTURE_FAILED +CaptureFailed", "CAPTURED", "CAPTURE_FAILED", "VOIDED +Voided", "VOIDED",
        "REFUNDING", "REFUNDED"}},
      {IntentStatus::kOther,
       {"AUTHORIZING", "CHALLENGED", "AUTHORIZED", "DECLINED", "CAPTURING", "CAPTURED", "CAPTURE_FAILED", "VOIDING", "VOIDED", "REFUNDING", "REFUNDED"}},
  };
  for (const auto& [seen, row] : table) {
    for (int status = 1; status <= kStatusMax; ++status) {
      SCOPED_TRACE(std::string(ToString(seen)) + " in " + std::string(ToString(static_cast<Status>(status))));
      const IntentView view{.provider_id = "pi_1", .status = seen, .amount = kTenPounds, .received = 1000};
      const auto decided = Decide(kId, In(static_cast<Status>(status)), ProviderNotice{view}, kNow, kPolicy);
      EXPECT_EQ(Describe(decided), row[static_cast<std::size_t>(status - 1)]);
      for (std::size_t i = 0; i + 1 < decided.entries.size(); i += 2) {
        EXPECT_EQ(decided.entries[i].amount.minor_units, -decided.entries[i + 1].amount.minor_units);
      }
    }
  }
}

TEST(PaymentTableTest, RefusesALateAuthorizeAfterItsVoid) {
  const Decision voided = Decide(kId, {}, Void{}, kNow, kPolicy);
  EXPECT_EQ(Describe(voided), "VOIDED +Voided");
  const Decision late = Decide(kId, voided.next, Authorize{kTenPounds, "pm_card_visa", "c1"}, kNow, kPolicy);
  EXPECT_EQ(Describe(late), "VOIDED +Declined");
  EXPECT_EQ(late.events[0].decline_code, "cancelled");
  EXPECT_GT(late.events[0].version, voided.events[0].version);
}

TEST(PaymentTableTest, StoresTheKeyBeforeTheCallAndReplaysTheSameOne) {
  const Decision stored = Decide(kId, {}, Authorize{kTenPounds, "pm_card_visa", "c1"}, kNow, kPolicy);
  EXPECT_EQ(Describe(stored), "AUTHORIZING >authorize");
  ASSERT_EQ(stored.calls.size(), 1u);
  EXPECT_EQ(stored.next.payment->operation_key, stored.calls[0].key);
  const Decision unsure = Decide(kId, stored.next, ProviderAnswered{CallKind::kAuthorize, "", UnknownOutcome{"time-out"}}, kNow, kPolicy);
  EXPECT_EQ(Describe(unsure), "AUTHORIZING") << "F62: a time-out is not a failure";
  EXPECT_TRUE(unsure.next.payment->unknown);
  EXPECT_EQ(Describe(Decide(kId, unsure.next, RetryDue{}, kNow, kPolicy)), "AUTHORIZING") << "not due yet";
  const Decision again = Decide(kId, unsure.next, RetryDue{}, kNow + std::chrono::seconds(10), kPolicy);
  ASSERT_EQ(again.calls.size(), 1u);
  EXPECT_EQ(again.calls[0], stored.calls[0]);
}

TEST(PaymentTableTest, AsksInsteadOfReplayingWhenTheKeyIsTooOldF65) {
  const SystemTime late = kNow + std::chrono::hours(24);
  const auto call = [&](Status status) { return Decide(kId, In(status), RetryDue{}, late, kPolicy).calls.at(0).kind; };
  EXPECT_EQ(call(Status::kAuthorizing), CallKind::kFind);
  EXPECT_EQ(call(Status::kCapturing), CallKind::kGet);
  EXPECT_EQ(call(Status::kVoiding), CallKind::kGet);
  const Decision nothing = Decide(kId, In(Status::kAuthorizing), ProviderAnswered{CallKind::kFind, "", NoSuchRecord{}}, late, kPolicy);
  EXPECT_TRUE(nothing.escalated);
  EXPECT_EQ(Describe(nothing), "AUTHORIZING");
  const IntentView held{.provider_id = "pi_1", .status = IntentStatus::kRequiresCapture, .amount = kTenPounds};
  const Decision fresh = Decide(kId, In(Status::kCapturing), ProviderAnswered{CallKind::kGet, "", held}, late, kPolicy);
  EXPECT_EQ(Describe(fresh), "CAPTURING >capture");
  EXPECT_NE(fresh.calls[0].key, "stored-key");
}

TEST(PaymentTableTest, RemembersAVoidUntilTheProviderAnswered) {
  const Decision asked = Decide(kId, In(Status::kAuthorizing), Void{}, kNow, kPolicy);
  const IntentView held{.provider_id = "pi_1", .status = IntentStatus::kRequiresCapture, .amount = kTenPounds};
  const Decision letting_go = Decide(kId, asked.next, ProviderAnswered{CallKind::kAuthorize, "", held}, kNow, kPolicy);
  EXPECT_EQ(Describe(letting_go), "VOIDING >cancel");
  IntentView gone = held;
  gone.status = IntentStatus::kCanceled;
  EXPECT_EQ(Describe(Decide(kId, letting_go.next, ProviderAnswered{CallKind::kCancel, "", gone}, kNow, kPolicy)), "VOIDED +Voided");
}

TEST(PaymentTableTest, LetsTheHoldGoWhenOnlyTheCaptureWasDeclined) {
  const IntentView failed{.provider_id = "pi_1", .status = IntentStatus::kFailed, .decline_code = "card_declined", .still_held = true};
  const Decision decided = Decide(kId, In(Status::kCapturing), ProviderAnswered{CallKind::kCapture, "", failed}, kNow, kPolicy);
  EXPECT_EQ(Describe(decided), "VOIDING +CaptureFailed >cancel");
}

TEST(PaymentTableTest, RefusesRefundsBeyondTheCapturedAmountB78) {
  const auto refund = [&](Status status, std::int64_t amount, std::string id = "r2", std::string currency = "GBP") {
    return Decide(kId, In(status), GiveBack{id, {amount, currency}, ""}, kNow, kPolicy);
  };
  EXPECT_EQ(Describe(refund(Status::kCaptured, 1001)), "refuse INVALID_ARGUMENT");
  EXPECT_EQ(Describe(refund(Status::kRefunding, 601)), "refuse INVALID_ARGUMENT") << "pending refunds count";
  EXPECT_EQ(Describe(refund(Status::kRefunded, 601)), "refuse INVALID_ARGUMENT");
  EXPECT_EQ(Describe(refund(Status::kCaptured, 0)), "refuse INVALID_ARGUMENT");
  EXPECT_EQ(Describe(refund(Status::kCaptured, 10, "r2", "EUR")), "refuse INVALID_ARGUMENT");
  EXPECT_EQ(Describe(refund(Status::kRefunded, 400, "r1")), "REFUNDED +Refunded") << "the same id refunds once";
  EXPECT_EQ(Describe(refund(Status::kRefunded, 300, "r1")), "refuse ALREADY_EXISTS");
  EXPECT_EQ(Describe(Decide(kId, {}, GiveBack{"r1", {1, "GBP"}, ""}, kNow, kPolicy)), "refuse NOT_FOUND");
}

TEST(PaymentTableTest, RefusesOtherContentUnderTheSameIdAndOtherAmountsB77) {
  const auto decide = [&](Input input) { return Describe(Decide(kId, In(Status::kAuthorized), input, kNow, kPolicy)); };
  EXPECT_EQ(decide(Authorize{{999, "GBP"}, "pm_card_visa", ""}), "refuse ALREADY_EXISTS");
  EXPECT_EQ(decide(Authorize{kTenPounds, "pm_other", ""}), "refuse ALREADY_EXISTS");
  EXPECT_EQ(decide(Capture{{999, "GBP"}}), "refuse INVALID_ARGUMENT");
  EXPECT_EQ(decide(Capture{{1000, "EUR"}}), "refuse INVALID_ARGUMENT");
  EXPECT_EQ(Describe(Decide(kId, {}, Capture{kTenPounds}, kNow, kPolicy)), "refuse NOT_FOUND");
}

TEST(PaymentTableTest, IgnoresAWebhookOfAnotherIntent) {
  const IntentView other{.provider_id = "pi_other", .status = IntentStatus::kCanceled};
  EXPECT_EQ(Describe(Decide(kId, In(Status::kAuthorized), ProviderNotice{other}, kNow, kPolicy)), "AUTHORIZED");
}

}  // namespace
}  // namespace souk::payments
