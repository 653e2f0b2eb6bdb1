#pragma once

#include <gtest/gtest.h>

#include <future>
#include <map>

#include "services/payments/app/ports.hpp"

namespace souk::payments {

/// What every PaymentGateway must do. `Fixture` offers gateway().
template <class Fixture>
class PaymentGatewayContract : public ::testing::Test {
 protected:
  ProviderResult Ask(const ProviderCall& call) {
    std::promise<ProviderResult> promise;
    fixture_.gateway().Call(call, [&promise](ProviderResult result) { promise.set_value(std::move(result)); });
    return promise.get_future().get();
  }
  ProviderCall AuthorizeCall(int n, const std::string& method = "pm_card_visa") {
    const Uuid id = Uuid::FromName("gateway", std::to_string(n));
    return {.kind = CallKind::kAuthorize, .payment_id = id, .key = "auth:" + id.ToString() + ":1", .amount = {1000, "GBP"}, .payment_method = method};
  }
  IntentView Authorize(int n, const std::string& method = "pm_card_visa") { return View(Ask(AuthorizeCall(n, method))); }
  static IntentView View(const ProviderResult& result) {
    const auto* view = std::get_if<IntentView>(&result);
    EXPECT_NE(view, nullptr);
    return view == nullptr ? IntentView{} : *view;
  }
  ProviderCall CallOn(CallKind kind, const IntentView& intent, std::string key) {
    return {.kind = kind, .payment_id = *Uuid::Parse(intent.order_id), .key = std::move(key), .provider_id = intent.provider_id, .amount = {1000, "GBP"}};
  }
  Fixture fixture_;
};

TYPED_TEST_SUITE_P(PaymentGatewayContract);

TYPED_TEST_P(PaymentGatewayContract, HoldsTakesAndTellsIt) {
  const IntentView held = this->Authorize(1);
  EXPECT_EQ(held.status, IntentStatus::kRequiresCapture);
  EXPECT_EQ(held.amount, (Money{1000, "GBP"}));
  EXPECT_EQ(held.order_id, Uuid::FromName("gateway", "1").ToString());
  const IntentView taken = this->View(this->Ask(this->CallOn(CallKind::kCapture, held, "capture:1")));
  EXPECT_EQ(taken.status, IntentStatus::kSucceeded);
  EXPECT_EQ(taken.received, 1000);
  EXPECT_EQ(this->View(this->Ask(this->CallOn(CallKind::kGet, held, ""))).received, 1000);
  EXPECT_EQ(this->View(this->Ask(this->CallOn(CallKind::kCancel, held, "cancel:1"))).status, IntentStatus::kSucceeded) << "too late";
}

TYPED_TEST_P(PaymentGatewayContract, AnswersTheSameKeyWithTheSameIntent) {
  const IntentView first = this->Authorize(1);
  EXPECT_EQ(this->Authorize(1).provider_id, first.provider_id);
  EXPECT_EQ(this->View(this->Ask({.kind = CallKind::kFind, .payment_id = Uuid::FromName("gateway", "1")})).provider_id, first.provider_id);
  EXPECT_TRUE(std::holds_alternative<NoSuchRecord>(this->Ask({.kind = CallKind::kFind, .payment_id = Uuid::FromName("gateway", "none")})));
}

TYPED_TEST_P(PaymentGatewayContract, SaysWhyItDeclines) {
  const IntentView declined = this->Authorize(1, "pm_card_visa_chargeDeclined");
  EXPECT_EQ(declined.status, IntentStatus::kFailed);
  EXPECT_EQ(declined.decline_code, "card_declined");
  EXPECT_FALSE(declined.provider_id.empty());
  EXPECT_TRUE(std::holds_alternative<Rejected>(this->Ask(this->AuthorizeCall(2, "pm_no_such_method"))));
  const IntentView asked = this->Authorize(3, "pm_card_authenticationRequired");
  EXPECT_EQ(asked.status, IntentStatus::kRequiresAction);
  EXPECT_FALSE(asked.challenge_url.empty());
  const IntentView held = this->Authorize(4, "pm_card_souk_captureFails");
  EXPECT_EQ(this->View(this->Ask(this->CallOn(CallKind::kCapture, held, "capture:4"))).status, IntentStatus::kFailed);
}

TYPED_TEST_P(PaymentGatewayContract, LetsAHoldGo) {
  const IntentView held = this->Authorize(1);
  EXPECT_EQ(this->View(this->Ask(this->CallOn(CallKind::kCancel, held, "cancel:1"))).status, IntentStatus::kCanceled);
  EXPECT_EQ(this->View(this->Ask(this->CallOn(CallKind::kCapture, held, "capture:1"))).status, IntentStatus::kCanceled) << "too late";
}

TYPED_TEST_P(PaymentGatewayContract, GivesBackOnceAndNeverTooMuch) {
  const IntentView held = this->Authorize(1);
  (void)this->Ask(this->CallOn(CallKind::kCapture, held, "capture:1"));
  const auto refund = [&](const std::string& id, std::int64_t amount) {
    ProviderCall call = this->CallOn(CallKind::kRefund, held, "refund:" + id);
    call.refund_id = id;
    call.amount.minor_units = amount;
    return this->Ask(call);
  };
  const auto first = refund("r1", 600);
  ASSERT_TRUE(std::holds_alternative<RefundView>(first));
  EXPECT_EQ(std::get<RefundView>(refund("r1", 600)).provider_id, std::get<RefundView>(first).provider_id);
  EXPECT_TRUE(std::holds_alternative<Rejected>(refund("r2", 401)));
  EXPECT_EQ(this->View(this->Ask(this->CallOn(CallKind::kGet, held, ""))).refunded, 600);
  ProviderCall find = this->CallOn(CallKind::kFindRefund, held, "");
  find.refund_id = "r1";
  EXPECT_TRUE(std::holds_alternative<RefundView>(this->Ask(find)));
  find.refund_id = "r2";
  EXPECT_TRUE(std::holds_alternative<NoSuchRecord>(this->Ask(find)));
}

TYPED_TEST_P(PaymentGatewayContract, ListsEverythingOnceByPages) {
  std::map<std::string, int> seen;
  for (int i = 0; i < 120; ++i) seen[this->Authorize(i).provider_id] = 0;
  std::string after;
  for (bool more = true; more;) {
    std::promise<Result<IntentPage>> promise;
    this->fixture_.gateway().List(0, after, [&promise](Result<IntentPage> page) { promise.set_value(std::move(page)); });
    const Result<IntentPage> page = promise.get_future().get();
    ASSERT_TRUE(page.ok());
    for (const IntentView& intent : page->intents) ++seen[intent.provider_id];
    more = page->has_more;
    after = page->intents.empty() ? after : page->intents.back().provider_id;
  }
  EXPECT_EQ(seen.size(), 120u);
  for (const auto& [id, times] : seen) EXPECT_EQ(times, 1) << id;
}

TYPED_TEST_P(PaymentGatewayContract, HasNoRecordOfAStranger) {
  const IntentView stranger{.provider_id = "pi_stranger", .order_id = Uuid::FromName("gateway", "1").ToString()};
  for (const CallKind kind : {CallKind::kGet, CallKind::kCapture, CallKind::kCancel}) {
    EXPECT_TRUE(std::holds_alternative<NoSuchRecord>(this->Ask(this->CallOn(kind, stranger, kind == CallKind::kGet ? "" : "k" + std::to_string(static_cast<int>(kind))))));
  }
}

REGISTER_TYPED_TEST_SUITE_P(PaymentGatewayContract, HoldsTakesAndTellsIt, AnswersTheSameKeyWithTheSameIntent, SaysWhyItDeclines, LetsAHoldGo,
                            GivesBackOnceAndNeverTooMuch, ListsEverythingOnceByPages, HasNoRecordOfAStranger);

}  // namespace souk::payments
