// The use cases on memory adapters: what happens between a commit and the next.
#include "services/payments/app/payments.hpp"

#include <gtest/gtest.h>

#include "services/payments/app/memory_gateway.hpp"
#include "services/payments/app/memory_payment_store.hpp"
#include "services/payments/app/validation.hpp"

namespace souk::payments {
namespace {

class PaymentsTest : public ::testing::Test {
 protected:
  /// A writer without a thread: applies what waits, one by one, until nothing waits any more.
  void Drain() {
    while (!queue_.empty()) {
      Work work = std::move(queue_.front());
      queue_.pop_front();
      const auto result = store_.Apply(std::span<Work>(&work, 1));
      payments_.Committed(work, result);
    }
  }
  void Do(Input input) {
    Work work;
    work.payment_id = id_;
    work.input = std::move(input);
    ASSERT_TRUE(payments_.Do(std::move(work)).ok());
    Drain();
  }
  void Sweep(std::chrono::seconds later) {
    clock_.Advance(later);
    ASSERT_TRUE(payments_.Sweep(store_, [](const std::string&) { return std::nullopt; }, 100).ok());
    Drain();
  }
  Payment Now() { return *store_.Get({id_}).value().at(0).payment; }

  const Uuid id_ = Uuid::FromName("test", "payment");
  const Money amount_{1000, "GBP"};
  ManualClock clock_{FromUnixMicros(1'700'000'000'000'000)};
  MemoryPaymentStore store_;
  MemoryGateway gateway_;
  std::deque<Work> queue_;
  Payments payments_{{}, gateway_, clock_, [this](Work work) -> Result<void> {
                       queue_.push_back(std::move(work));
                       return {};
                     }};
};

TEST_F(PaymentsTest, CallsTheProviderAfterTheCommitAndCommitsItsAnswer) {
  Do(Authorize{amount_, "pm_card_visa", ""});
  EXPECT_EQ(Now().status, Status::kAuthorized);
  Do(Capture{amount_});
  EXPECT_EQ(Now().status, Status::kCaptured);
  EXPECT_EQ(store_.Balances()["revenue"], -1000);
}

TEST_F(PaymentsTest, MakesNoCallWhenTheCommitFailed) {
  store_.FailNext(MakeError(ErrorCode::kUnavailable, "away"));
  Do(Authorize{amount_, "pm_card_visa", ""});
  EXPECT_TRUE(gateway_.Intents().empty());
}

TEST_F(PaymentsTest, ChargesOnceHoweverOftenTheAnswerIsLostF62) {
  gateway_.LoseAnswers(5, true);
  Do(Authorize{amount_, "pm_card_visa", ""});
  EXPECT_TRUE(Now().unknown);
  for (int i = 0; i < 6; ++i) Sweep(std::chrono::seconds(90));
  EXPECT_EQ(Now().status, Status::kAuthorized);
  EXPECT_EQ(gateway_.Intents().size(), 1u);
}

TEST_F(PaymentsTest, FindsTheChargeByItsOrderWhenTheKeyIsTooOldF65) {
  gateway_.LoseAnswers(1, true);
  Do(Authorize{amount_, "pm_card_visa", ""});
  Sweep(std::chrono::hours(30));
  EXPECT_EQ(Now().status, Status::kAuthorized);
  EXPECT_EQ(gateway_.Intents().size(), 1u);
}

TEST_F(PaymentsTest, EscalatesWhatNobodyCanTellF65) {
  gateway_.LoseAnswers(1, false);
  Do(Authorize{amount_, "pm_card_visa", ""});
  Sweep(std::chrono::hours(30));
  EXPECT_EQ(Now().status, Status::kAuthorizing) << "no blind retry";
  EXPECT_TRUE(gateway_.Intents().empty());
  EXPECT_EQ(payments_.escalations(), 1);
}

TEST_F(PaymentsTest, AnswersAWaiterWithTheLastStateWhenItsTimeIsOver) {
  gateway_.LoseAnswers(1, true);
  Do(Authorize{amount_, "pm_card_visa", ""});
  std::vector<Status> answers;
  const auto ready = [](const Payment& payment, const std::vector<Refund>&) { return payment.status == Status::kAuthorized; };
  const auto answer = [&](const Payment& payment, const std::vector<Refund>&) { answers.push_back(payment.status); };
  const SteadyTime never = std::chrono::steady_clock::now() + std::chrono::hours(1);
  payments_.waiters().Wait(Now(), {}, ready, std::chrono::steady_clock::now(), answer);
  payments_.waiters().Wait(Now(), {}, ready, never, answer);
  payments_.ExpireWaiters();
  EXPECT_EQ(answers, (std::vector<Status>{Status::kAuthorizing}));
  Sweep(std::chrono::seconds(90));
  EXPECT_EQ(answers, (std::vector<Status>{Status::kAuthorizing, Status::kAuthorized}));
  EXPECT_EQ(payments_.waiters().size(), 0u);
}

TEST_F(PaymentsTest, KnowsWebhooksThatTellNothingNew) {
  gateway_.LoseAnswers(1, true);
  Do(Authorize{amount_, "pm_card_visa", ""});
  const auto nothing_new = [&](IntentStatus status) {
    return payments_.recent().NothingNew(id_, {IntentView{.provider_id = "pi_1", .status = status, .received = 1000}});
  };
  EXPECT_FALSE(nothing_new(IntentStatus::kRequiresCapture)) << "the answer was lost: this is how we hear of it";
  Sweep(std::chrono::seconds(90));
  EXPECT_TRUE(nothing_new(IntentStatus::kRequiresCapture));
  EXPECT_FALSE(nothing_new(IntentStatus::kSucceeded));
  Do(Capture{amount_});
  EXPECT_TRUE(nothing_new(IntentStatus::kSucceeded));
  EXPECT_TRUE(nothing_new(IntentStatus::kRequiresCapture));
}

TEST(ValidationTest, NamesTheField) {
  const auto field = [](const Authorize& command) {
    const auto result = Validate(command);
    return result.ok() ? std::string("ok") : result.error().fields.at(0).field;
  };
  EXPECT_EQ(field({{1, "GBP"}, "pm_1", ""}), "ok");
  EXPECT_EQ(field({{1'000'000'000'000, "GBP"}, "pm_1", ""}), "ok");
  EXPECT_EQ(field({{1'000'000'000'001, "GBP"}, "pm_1", ""}), "amount.minor_units");
  EXPECT_EQ(field({{0, "GBP"}, "pm_1", ""}), "amount.minor_units");
  EXPECT_EQ(field({{1, "XXX"}, "pm_1", ""}), "amount.currency");
  EXPECT_EQ(field({{1, "GBP"}, "4242", ""}), "payment_method");
  EXPECT_EQ(field({{1, "GBP"}, "pm_" + std::string(253, 'x'), ""}), "payment_method");
  EXPECT_EQ(field({{1, "GBP"}, "pm_a b", ""}), "payment_method");
}

}  // namespace
}  // namespace souk::payments
