#include "services/payments/app/reconcile.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "services/payments/app/memory_gateway.hpp"
#include "services/payments/app/memory_payment_store.hpp"
#include "services/payments/app/payments.hpp"

namespace souk::payments {
namespace {

using Kind = Remedy::Kind;

Payment Ours(Status status, Operation operation = Operation::kNone) {
  Payment payment;
  payment.payment_id = Uuid::FromName("test", "payment");
  payment.status = status;
  payment.amount = {1000, "GBP"};
  payment.provider_id = "pi_1";
  payment.operation = operation;
  const bool taken = status == Status::kCaptured || status == Status::kRefunding || status == Status::kRefunded;
  payment.captured = taken ? 1000 : 0;
  return payment;
}
IntentView Theirs(IntentStatus status, std::int64_t received = 0, std::int64_t refunded = 0) {
  IntentView intent;
  intent.provider_id = "pi_1";
  intent.status = status;
  intent.amount = {1000, "GBP"};
  intent.received = received;
  intent.refunded = refunded;
  return intent;
}
Kind Judged(const Payment& ours, const IntentView& theirs) { return Judge(&ours, &theirs).kind; }

TEST(JudgeTest, TakesOverTheOutcomeOfOurOwnCallAndWhatMovedNoMoney) {
  EXPECT_EQ(Judged(Ours(Status::kCapturing, Operation::kCapture), Theirs(IntentStatus::kSucceeded, 1000)), Kind::kTakeOver);
  EXPECT_EQ(Judged(Ours(Status::kAuthorizing, Operation::kAuthorize), Theirs(IntentStatus::kRequiresCapture)), Kind::kTakeOver);
  EXPECT_EQ(Judged(Ours(Status::kChallenged, Operation::kWatch), Theirs(IntentStatus::kRequiresCapture)), Kind::kTakeOver);
  EXPECT_EQ(Judged(Ours(Status::kVoiding, Operation::kCancel), Theirs(IntentStatus::kCanceled)), Kind::kTakeOver);
  EXPECT_EQ(Judged(Ours(Status::kAuthorized), Theirs(IntentStatus::kCanceled)), Kind::kTakeOver);
  EXPECT_EQ(Judged(Ours(Status::kAuthorizing, Operation::kAuthorize), Theirs(IntentStatus::kFailed)), Kind::kTakeOver);
}

TEST(JudgeTest, NeverGuessesAVoidOrARefundInDoubt) {
  EXPECT_EQ(Judged(Ours(Status::kVoiding, Operation::kCancel), Theirs(IntentStatus::kSucceeded, 1000)), Kind::kWait);
  EXPECT_EQ(Judged(Ours(Status::kRefunding), Theirs(IntentStatus::kSucceeded, 1000, 200)), Kind::kWait);
  EXPECT_EQ(Judged(Ours(Status::kCaptured), Theirs(IntentStatus::kSucceeded, 1000, 200)), Kind::kEscalate);
  EXPECT_EQ(Judged(Ours(Status::kVoided), Theirs(IntentStatus::kRequiresCapture)), Kind::kEscalate);
  EXPECT_EQ(Judged(Ours(Status::kDeclined), Theirs(IntentStatus::kRequiresCapture)), Kind::kEscalate);
}

TEST(JudgeTest, EscalatesMoneyThatMovedWithoutUsOrNotAtAll) {
  EXPECT_EQ(Judged(Ours(Status::kAuthorized), Theirs(IntentStatus::kSucceeded, 1000)), Kind::kEscalate);
  EXPECT_EQ(Judged(Ours(Status::kVoided), Theirs(IntentStatus::kSucceeded, 1000)), Kind::kEscalate);
  EXPECT_EQ(Judged(Ours(Status::kCaptured), Theirs(IntentStatus::kCanceled)), Kind::kEscalate);
  EXPECT_EQ(Judged(Ours(Status::kCapturing, Operation::kCapture), Theirs(IntentStatus::kSucceeded, 900)), Kind::kEscalate);
  EXPECT_EQ(Judged(Ours(Status::kCaptured), Theirs(IntentStatus::kSucceeded, 900)), Kind::kEscalate);
  IntentView other = Theirs(IntentStatus::kSucceeded, 1000);
  other.amount.minor_units = 999;
  EXPECT_EQ(Judged(Ours(Status::kCaptured), other), Kind::kEscalate);
}

TEST(JudgeTest, EscalatesAMissingRecordUnlessOurCallIsStillUnderWay) {
  const Payment captured = Ours(Status::kCaptured), asking = Ours(Status::kAuthorizing, Operation::kAuthorize);
  const IntentView intent = Theirs(IntentStatus::kSucceeded, 1000);
  EXPECT_EQ(Judge(nullptr, &intent).kind, Kind::kEscalate);
  EXPECT_EQ(Judge(&captured, nullptr).kind, Kind::kEscalate);
  EXPECT_EQ(Judge(&asking, nullptr).kind, Kind::kWait);
}

/// The use cases on memory adapters.
class ReconcileTest : public ::testing::Test {
 protected:
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
  Result<void> TakeOver(const Uuid& id, const IntentView& theirs) {
    ++taken_over_;
    Work work;
    work.payment_id = id;
    work.input = ProviderNotice{theirs};
    SOUK_RETURN_IF_ERROR(payments_.Do(std::move(work)));
    Drain();
    return {};
  }
  Payment Now() { return *store_.Get({id_}).value().at(0).payment; }
  Reconciliation Run() { return job_.Run({}, std::chrono::steady_clock::now() + std::chrono::seconds(30)).value(); }

  const Uuid id_ = Uuid::FromName("test", "payment");
  const Money amount_{1000, "GBP"};
  ManualClock clock_{FromUnixMicros(1'700'000'000'000'000)};
  MemoryPaymentStore store_;
  MemoryGateway gateway_;
  MemoryFindingStore findings_;
  std::deque<Work> queue_;
  int taken_over_ = 0;
  Payments payments_{{}, gateway_, clock_, [this](Work work) -> Result<void> {
                       queue_.push_back(std::move(work));
                       return {};
                     }};
  ReconcileJob job_{gateway_, store_, findings_, clock_, [this](const Uuid& id, const IntentView& theirs) { return TakeOver(id, theirs); }};
};

TEST_F(ReconcileTest, F69NamesExactlyTheRecordThatDiffersAndKeepsItUntilItIsSettled) {
  Do(Authorize{amount_, "pm_card_visa", ""});
  Do(Capture{amount_});
  EXPECT_TRUE(Run().differences.empty());
  gateway_.Remove(Now().provider_id);
  const Reconciliation found = Run();
  ASSERT_EQ(found.differences.size(), 1u);
  EXPECT_EQ(found.differences[0].kind, "missing_there");
  EXPECT_EQ(found.differences[0].resolution, "escalated");
  EXPECT_EQ(taken_over_, 0);
  Run();
  ASSERT_EQ(findings_.List(false, 10)->size(), 1u) << "seen twice, kept once";
  ASSERT_TRUE(findings_.Accept(found.differences[0].id(), "ada", "test data").ok());
  Run();
  EXPECT_TRUE(findings_.List(false, 10)->empty()) << "accepted as it is";
  EXPECT_EQ(findings_.List(true, 10)->front().decided_by, "ada");
}

TEST_F(ReconcileTest, TakesOverACaptureWhoseAnswerWasLost) {
  Do(Authorize{amount_, "pm_card_visa", ""});
  gateway_.LoseAnswers(1, true);
  Do(Capture{amount_});
  ASSERT_EQ(Now().status, Status::kCapturing);
  const Reconciliation found = Run();
  ASSERT_EQ(found.differences.size(), 1u);
  EXPECT_EQ(found.differences[0].resolution, "resolved");
  EXPECT_EQ(Now().status, Status::kCaptured);
  EXPECT_EQ(store_.Balances()["revenue"], -1000);
  EXPECT_TRUE(Run().differences.empty());
  EXPECT_TRUE(findings_.List(false, 10)->empty());
}

TEST_F(ReconcileTest, LeavesARefundInDoubtToItsOwnKey) {
  Do(Authorize{amount_, "pm_card_visa", ""});
  Do(Capture{amount_});
  gateway_.LoseAnswers(1, true);
  Do(GiveBack{"r1", {200, "GBP"}, "test"});
  ASSERT_EQ(Now().status, Status::kRefunding);
  const Reconciliation found = Run();
  ASSERT_EQ(found.differences.size(), 1u);
  EXPECT_EQ(found.differences[0].kind, "refunds");
  EXPECT_EQ(found.differences[0].resolution, "waiting");
  EXPECT_EQ(taken_over_, 0);
  EXPECT_EQ(Now().refunded, 0) << "nothing is guessed";
  clock_.Advance(std::chrono::seconds(60));
  ASSERT_TRUE(payments_.Sweep(store_, [](const std::string&) { return std::nullopt; }, 100).ok());
  Drain();
  EXPECT_EQ(Now().refunded, 200);
  EXPECT_TRUE(Run().differences.empty());
  EXPECT_TRUE(findings_.List(false, 10)->empty()) << "agrees again";
}

TEST_F(ReconcileTest, RunsByItselfOncePerIntervalWhoeverComes) {
  const auto due = [&] { return job_.RunWhenDue(std::chrono::minutes(5), std::chrono::steady_clock::now() + std::chrono::seconds(10)).value().has_value(); };
  EXPECT_TRUE(due());
  EXPECT_FALSE(due());
  clock_.Advance(std::chrono::minutes(6));
  EXPECT_TRUE(due());
}

}  // namespace
}  // namespace souk::payments
