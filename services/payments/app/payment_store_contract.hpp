#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "services/payments/app/ports.hpp"

namespace souk::payments {

/// What every PaymentStore and its reader must do. `Fixture` offers NewInstance() (one more process on the same data),
/// reader(), EventVersions(id) (versions of a payment's events in the order of the outbox) and Balances() (by account).
template <class Fixture>
class PaymentStoreContract : public ::testing::Test {
 protected:
  static Uuid Id(int n) { return Uuid::FromName("payment", std::to_string(n)); }
  static Uuid Message(int n) { return Uuid::FromName("message", std::to_string(n)); }
  static SystemTime At(int second) { return FromUnixMicros(1'700'000'000'000'000) + std::chrono::seconds(second); }
  static Money Pounds(std::int64_t pounds) { return {pounds * 100, "GBP"}; }

  static Work Do(int payment, Input input, std::optional<Uuid> message = {}, int second = 0) {
    Work work;
    work.payment_id = Id(payment);
    work.input = std::move(input);
    work.now = At(second);
    work.message_id = message;
    return work;
  }
  static Work AuthorizeWork(int payment, std::optional<Uuid> message = {}) {
    return Do(payment, Authorize{Pounds(10), "pm_card_visa", "customer"}, message);
  }
  static Work AnswerWork(int payment, CallKind kind, IntentStatus status) {
    IntentView intent{.provider_id = "pi_" + std::to_string(payment), .status = status, .amount = Pounds(10)};
    if (status == IntentStatus::kSucceeded) intent.received = 1000;
    return Do(payment, ProviderAnswered{kind, "", intent});
  }
  /// Applies one after the other, in one batch.
  static Result<void> ApplyAll(PaymentStore& store, std::vector<Work>& works) { return store.Apply(works); }
  static Outcome ApplyOne(PaymentStore& store, Work work) {
    const auto result = store.Apply(std::span<Work>(&work, 1));
    EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message);
    return std::move(work.outcome);
  }
  void MakeCaptured(PaymentStore& store, int payment) {
    std::vector<Work> works;
    works.push_back(AuthorizeWork(payment));
    works.push_back(AnswerWork(payment, CallKind::kAuthorize, IntentStatus::kRequiresCapture));
    works.push_back(Do(payment, Capture{Pounds(10)}));
    works.push_back(AnswerWork(payment, CallKind::kCapture, IntentStatus::kSucceeded));
    ASSERT_TRUE(store.Apply(works).ok());
  }
  Aggregate Get(int payment) {
    auto found = fixture_.reader().Get({Id(payment)});
    EXPECT_TRUE(found.ok() && found->size() == 1);
    return found.ok() && !found->empty() ? found->front() : Aggregate{};
  }

  Fixture fixture_;
};

TYPED_TEST_SUITE_P(PaymentStoreContract);

TYPED_TEST_P(PaymentStoreContract, KeepsEveryFieldOfAPayment) {
  auto store = this->fixture_.NewInstance();
  const Outcome made = this->ApplyOne(*store, this->AuthorizeWork(1));
  ASSERT_EQ(made.calls.size(), 1u);
  EXPECT_EQ(*this->Get(1).payment, *made.payment);
  EXPECT_EQ(this->Get(1).payment->operation_key, made.calls[0].key);
  const Outcome held = this->ApplyOne(*store, this->AnswerWork(1, CallKind::kAuthorize, IntentStatus::kRequiresCapture));
  EXPECT_EQ(*this->Get(1).payment, *held.payment);
  EXPECT_EQ(held.payment->status, Status::kAuthorized);
}

TYPED_TEST_P(PaymentStoreContract, DecidesABatchInItsOrderAndNumbersItsEvents) {
  auto store = this->fixture_.NewInstance();
  this->MakeCaptured(*store, 1);
  EXPECT_EQ(this->Get(1).payment->status, Status::kCaptured);
  EXPECT_EQ(this->fixture_.EventVersions(this->Id(1)), (std::vector<std::int64_t>{2, 4}));
  EXPECT_EQ(this->fixture_.Balances(), (std::map<std::string, std::int64_t>{{"provider_holding", 1000}, {"revenue", -1000}}));
}

TYPED_TEST_P(PaymentStoreContract, AppliesAMessageIdOnce) {
  auto store = this->fixture_.NewInstance();
  std::vector<Work> twice;
  twice.push_back(this->AuthorizeWork(1, this->Message(1)));
  twice.push_back(this->AuthorizeWork(1, this->Message(1)));
  ASSERT_TRUE(store->Apply(twice).ok());
  EXPECT_FALSE(twice[0].outcome.duplicate);
  EXPECT_TRUE(twice[1].outcome.duplicate);
  EXPECT_TRUE(this->ApplyOne(*store, this->AuthorizeWork(1, this->Message(1))).duplicate);
  EXPECT_EQ(this->Get(1).payment->version, 1);
}

TYPED_TEST_P(PaymentStoreContract, KeepsRefundsAndBooksEachOnce) {
  auto store = this->fixture_.NewInstance();
  this->MakeCaptured(*store, 1);
  const Outcome asked = this->ApplyOne(*store, this->Do(1, GiveBack{"r1", this->Pounds(4), "broken"}));
  ASSERT_EQ(asked.calls.size(), 1u);
  EXPECT_EQ(this->Get(1).refunds, asked.refunds);
  const ProviderAnswered answer{CallKind::kRefund, "r1", RefundView{.provider_id = "re_1", .refund_id = "r1", .amount = 400}};
  this->ApplyOne(*store, this->Do(1, answer));
  this->ApplyOne(*store, this->Do(1, answer));
  EXPECT_EQ(this->Get(1).payment->refunded, 400);
  EXPECT_EQ(this->Get(1).payment->status, Status::kRefunded);
  EXPECT_EQ(this->fixture_.Balances()["refunds"], 400);
  EXPECT_EQ(this->fixture_.Balances()["provider_holding"], 600);
  EXPECT_EQ(this->ApplyOne(*store, this->Do(1, GiveBack{"r2", this->Pounds(7), ""})).refusal->code, ErrorCode::kInvalidArgument);
}

TYPED_TEST_P(PaymentStoreContract, FindsWhatIsDue) {
  auto store = this->fixture_.NewInstance();
  this->ApplyOne(*store, this->AuthorizeWork(1));
  this->MakeCaptured(*store, 2);
  this->ApplyOne(*store, this->Do(2, GiveBack{"r1", this->Pounds(4), ""}));
  this->MakeCaptured(*store, 3);
  EXPECT_TRUE(this->fixture_.reader().Due(this->At(1), 10).value().empty());
  auto due = this->fixture_.reader().Due(this->At(100), 10).value();
  std::sort(due.begin(), due.end());
  std::vector<Uuid> expected{this->Id(1), this->Id(2)};
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(due, expected);
}

TYPED_TEST_P(PaymentStoreContract, ParksAWebhookUntilItsPaymentIsKnown) {
  auto store = this->fixture_.NewInstance();
  const auto webhook = [&](bool was_parked) {
    Work work = this->Do(7, ProviderNotice{IntentView{.provider_id = "pi_7", .status = IntentStatus::kRequiresCapture}});
    work.parking = Parking{"evt_1", "the body", was_parked};
    return work;
  };
  EXPECT_TRUE(this->ApplyOne(*store, webhook(false)).parked);
  EXPECT_TRUE(this->ApplyOne(*store, webhook(false)).parked) << "F66: the same event again";
  EXPECT_TRUE(this->fixture_.reader().Parked(this->At(0), 10).value().empty());
  this->ApplyOne(*store, this->AuthorizeWork(7));
  const auto parked = this->fixture_.reader().Parked(this->At(0), 10).value();
  ASSERT_EQ(parked.size(), 1u);
  EXPECT_EQ(parked[0].payment_id, this->Id(7));
  EXPECT_EQ(parked[0].body, "the body");
  EXPECT_FALSE(this->ApplyOne(*store, webhook(true)).parked);
  EXPECT_EQ(this->Get(7).payment->status, Status::kAuthorized);
  EXPECT_TRUE(this->fixture_.reader().Parked(this->At(0), 10).value().empty());
}

TYPED_TEST_P(PaymentStoreContract, FindsAWebhooksPaymentByTheProvidersId) {
  auto store = this->fixture_.NewInstance();
  this->ApplyOne(*store, this->AuthorizeWork(1));
  this->ApplyOne(*store, this->AnswerWork(1, CallKind::kAuthorize, IntentStatus::kRequiresAction));
  Work work = this->Do(1, ProviderNotice{IntentView{.provider_id = "pi_1", .status = IntentStatus::kRequiresCapture}});
  work.payment_id = {};
  work.parking = Parking{"evt_1", "", false};
  EXPECT_FALSE(this->ApplyOne(*store, std::move(work)).parked);
  EXPECT_EQ(this->Get(1).payment->status, Status::kAuthorized);
}

TYPED_TEST_P(PaymentStoreContract, ListsWhatChangedSincePageByPage) {
  auto store = this->fixture_.NewInstance();
  for (int i = 1; i <= 5; ++i) this->MakeCaptured(*store, i);
  this->ApplyOne(*store, this->AuthorizeWork(6));  // has no record at the provider yet
  std::size_t seen = 0;
  Uuid after;
  for (int page = 0; page < 3; ++page) {
    const std::vector<Payment> found = this->fixture_.reader().Changed(this->At(0), after, 2).value();
    for (const Payment& payment : found) {
      EXPECT_LT(after, payment.payment_id);
      after = payment.payment_id;
      ++seen;
    }
  }
  EXPECT_EQ(seen, 5u);
  EXPECT_TRUE(this->fixture_.reader().Changed(this->At(1), {}, 10).value().empty());
}

TYPED_TEST_P(PaymentStoreContract, LetsOneOfManyRacersWin) {
  auto setup = this->fixture_.NewInstance();
  this->MakeCaptured(*setup, 1);
  std::atomic<int> accepted{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      auto store = this->fixture_.NewInstance();
      // Each instance gives 4 pounds back 3 times: of 12 attempts only 2 fit into 10 pounds.
      for (int j = 0; j < 3; ++j) {
        const std::string refund_id = "r" + std::to_string(i * 3 + j);
        Work work = this->Do(1, GiveBack{refund_id, this->Pounds(4), ""});
        Result<void> result = store->Apply(std::span<Work>(&work, 1));
        while (!result.ok() && result.error().code == ErrorCode::kAborted) result = store->Apply(std::span<Work>(&work, 1));
        EXPECT_TRUE(result.ok());
        if (!work.outcome.refusal) ++accepted;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(accepted, 2);
  EXPECT_EQ(this->Get(1).refunds.size(), 2u);
}

TYPED_TEST_P(PaymentStoreContract, LeavesNothingBehindWhenABatchFails) {
  auto store = this->fixture_.NewInstance();
  this->MakeCaptured(*store, 1);
  std::vector<Work> works;
  works.push_back(this->AuthorizeWork(2, this->Message(1)));
  this->fixture_.Poison(works, *store);
  EXPECT_FALSE(store->Apply(works).ok());
  EXPECT_TRUE(this->fixture_.reader().Get({this->Id(2)}).value().empty());
  this->fixture_.Heal();
  works.resize(1);
  ASSERT_TRUE(store->Apply(works).ok());
  EXPECT_FALSE(works[0].outcome.duplicate);
}

REGISTER_TYPED_TEST_SUITE_P(PaymentStoreContract, KeepsEveryFieldOfAPayment, DecidesABatchInItsOrderAndNumbersItsEvents,
                            AppliesAMessageIdOnce, KeepsRefundsAndBooksEachOnce, FindsWhatIsDue,
                            ParksAWebhookUntilItsPaymentIsKnown, FindsAWebhooksPaymentByTheProvidersId,
                            ListsWhatChangedSincePageByPage, LetsOneOfManyRacersWin, LeavesNothingBehindWhenABatchFails);

}  // namespace souk::payments
