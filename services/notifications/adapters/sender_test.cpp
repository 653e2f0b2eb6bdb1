#include "services/notifications/adapters/sender.hpp"

#include <gtest/gtest.h>

#include <map>

#include "libs/testing/eventually.hpp"

namespace souk::notifications {
namespace {

using std::chrono::milliseconds;
using testing::Eventually;

/// Answers as it is told, and remembers what it was given.
class FakeChannel {
 public:
  class End final : public Transport {
   public:
    explicit End(FakeChannel& channel) : channel_(channel) {}
    Attempt Send(const Delivery& delivery) override {
      const std::lock_guard lock(channel_.mutex);
      ++channel_.sent[delivery.notification_id];
      return channel_.answer;
    }

   private:
    FakeChannel& channel_;
  };
  std::size_t Sent() {
    const std::lock_guard lock(mutex);
    return sent.size();
  }
  void Answer(Attempt attempt) {
    const std::lock_guard lock(mutex);
    answer = std::move(attempt);
  }

  std::mutex mutex;
  std::map<Uuid, int> sent;
  Attempt answer;
};

class SenderTest : public ::testing::Test {
 protected:
  std::unique_ptr<Sender> Start(SenderConfig config) {
    config.retry.retry_min = milliseconds(100);
    config.away_max = milliseconds(200);
    return std::make_unique<Sender>(
        config, [this] { return std::make_unique<FakeChannel::End>(channel_); },
        [this](Work work) -> Result<void> {
          const std::lock_guard lock(mutex_);
          if (store_away_) return MakeError(ErrorCode::kUnavailable, "away");
          records_.push_back(std::get<RecordAttempt>(work.command));
          if (work.done) later_.push_back(std::move(work));
          return {};
        },
        clock_, random_);
  }
  std::vector<Delivery> Deliveries(int count, milliseconds lease = milliseconds(60'000)) {
    std::vector<Delivery> deliveries;
    for (int n = 0; n < count; ++n) {
      Delivery delivery;
      delivery.notification_id = Uuid::FromName("sender", std::to_string(++made_));
      delivery.leased_until = clock_.Now() + lease;
      deliveries.push_back(std::move(delivery));
    }
    return deliveries;
  }
  std::size_t Recorded(DeliveryStatus status) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::count_if(records_.begin(), records_.end(),
                                                  [&](const RecordAttempt& r) { return r.progress.status == status; }));
  }

  /// The writer's commit.
  void Commit() {
    std::vector<Work> works;
    {
      const std::lock_guard lock(mutex_);
      works.swap(later_);
    }
    for (Work& work : works) work.done(work, {});
  }

  FakeChannel channel_;
  ManualClock clock_{FromUnixMicros(1'700'000'000'000'000)};
  SeededRandom random_{1};
  std::mutex mutex_;
  std::vector<RecordAttempt> records_;
  std::vector<Work> later_;  ///< submitted, not committed yet
  bool store_away_ = false;
  int made_ = 0;
};

TEST_F(SenderTest, SendsAndRecordsEachOnce) {
  auto sender = Start({.workers = 3});
  sender->Offer(Deliveries(50));
  ASSERT_TRUE(Eventually([&] { return Recorded(DeliveryStatus::kSent) == 50; }));
  EXPECT_EQ(channel_.Sent(), 50u);
}

TEST_F(SenderTest, PausesWhenNobodyAnswersAndProbesWithOne) {
  auto sender = Start({});
  channel_.Answer({Attempt::Result::kTryLater, "refused", true});
  sender->Offer(Deliveries(20));
  ASSERT_TRUE(Eventually([&] { return Recorded(DeliveryStatus::kPending) == 20; }));
  EXPECT_LT(channel_.Sent(), 20u);
  EXPECT_LE(sender->Room(), 1);
  ASSERT_TRUE(Eventually([&] { return sender->Room() == 1; }));
  channel_.Answer({});
  sender->Offer(Deliveries(1));
  ASSERT_TRUE(Eventually([&] { return Recorded(DeliveryStatus::kSent) == 1; }));
  EXPECT_TRUE(Eventually([&] { return sender->Room() > 1; }));
}

TEST_F(SenderTest, LeavesWhatItsLeaseNoLongerCovers) {
  auto sender = Start({});
  sender->Offer(Deliveries(5, milliseconds(1000)));
  sender->Offer(Deliveries(1));
  ASSERT_TRUE(Eventually([&] { return Recorded(DeliveryStatus::kSent) == 1; }));
  EXPECT_EQ(channel_.Sent(), 1u);
}

TEST_F(SenderTest, SendsNothingMoreWhileItCannotRecordF71) {
  auto sender = Start({});
  store_away_ = true;
  sender->Offer(Deliveries(20));
  ASSERT_TRUE(Eventually([&] { return channel_.Sent() == 1 && sender->Room() == 0; }));
  sender->RetryRecords();
  EXPECT_EQ(channel_.Sent(), 1u);
  {
    const std::lock_guard lock(mutex_);
    store_away_ = false;
  }
  sender->RetryRecords();
  Commit();
  ASSERT_TRUE(Eventually([&] { return Recorded(DeliveryStatus::kSent) == 20; }));
  for (const auto& [id, times] : channel_.sent) EXPECT_EQ(times, 1);
}

TEST_F(SenderTest, KeepsItsQueueBoundedAndGivesBackAtStop) {
  auto sender = Start({.queue_max = 10, .rate_max = 1});
  sender->Offer(Deliveries(100));
  EXPECT_EQ(sender->Room(), 0);
  sender->Stop();
  EXPECT_LE(channel_.Sent(), 2u);
  EXPECT_LE(Recorded(DeliveryStatus::kPending), 11u);
  EXPECT_GE(Recorded(DeliveryStatus::kPending), 8u);
}

}  // namespace
}  // namespace souk::notifications
