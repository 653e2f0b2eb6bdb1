#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "services/notifications/app/ports.hpp"

namespace souk::notifications {

/// What every NotificationStore must do. `Fixture` offers NewInstance() (one more process on the same data), view(),
/// Poison() (makes a work that can't be stored) and Heal() (ends what Poison began).
template <class Fixture>
class NotificationStoreContract : public ::testing::Test {
 protected:
  static constexpr std::chrono::milliseconds kLease{10'000};

  static SystemTime At(int second) { return FromUnixMicros(1'700'000'000'000'000) + std::chrono::seconds(second); }
  static Uuid Message(int n) { return Uuid::FromName("message", std::to_string(n)); }

  static Work AnnounceWork(int event, const std::string& user, const std::string& email, int second = 0,
                           std::optional<Uuid> message = {}) {
    Work work;
    work.now = At(second);
    work.message_id = message;
    work.command = Announce{{Uuid::FromName("event", std::to_string(event)), "souk.orders.v1.OrderConfirmed", user,
                             email, "order-" + std::to_string(event), "payload"},
                            "notifications.orders"};
    return work;
  }
  static Work WebhookWork(const std::string& user, const std::string& url, const std::string& key = "") {
    Work work;
    work.now = At(0);
    work.command = SetWebhook{user, url, "0123456789abcdef", key};
    return work;
  }
  static Work RecordWork(const Delivery& delivery, Progress progress) {
    Work work;
    work.now = At(0);
    work.command = RecordAttempt{delivery.notification_id, std::move(progress)};
    return work;
  }
  static Result<void> ApplyOne(NotificationStore& store, Work& work, std::chrono::milliseconds lease = kLease) {
    return store.Apply(std::span<Work>(&work, 1), lease);
  }
  static Result<void> ApplyOne(NotificationStore& store, Work&& work, std::chrono::milliseconds lease = kLease) {
    return ApplyOne(store, work, lease);
  }

  Fixture fixture_;
};

TYPED_TEST_SUITE_P(NotificationStoreContract);

TYPED_TEST_P(NotificationStoreContract, StoresOnePerUserEventAndChannel) {
  auto store = this->fixture_.NewInstance();
  std::vector<Work> works{this->AnnounceWork(1, "u1", "u1@b.example", 0, this->Message(1)),
                          this->AnnounceWork(1, "u1", "u1@b.example", 0, this->Message(1)),
                          this->AnnounceWork(1, "u1", "u1@b.example", 1, this->Message(2)),
                          this->AnnounceWork(2, "u1", "u1@b.example", 2)};
  ASSERT_TRUE(store->Apply(works, this->kLease).ok());
  EXPECT_EQ(works[0].created.size(), 1u);
  EXPECT_TRUE(works[1].created.empty());
  EXPECT_TRUE(works[2].created.empty());
  EXPECT_EQ(works[3].created.size(), 1u);
  Work again = this->AnnounceWork(1, "u1", "u1@b.example", 5, this->Message(3));
  ASSERT_TRUE(this->ApplyOne(*store, again).ok());
  EXPECT_TRUE(again.created.empty());
  const auto listed = this->fixture_.view().List("u1", 10);
  ASSERT_EQ(listed->size(), 2u);
  EXPECT_EQ((*listed)[0].subject, "order-2");
  EXPECT_EQ((*listed)[1].progress.status, DeliveryStatus::kPending);
  EXPECT_EQ(this->fixture_.view().List("u1", 1)->size(), 1u);
  EXPECT_TRUE(this->fixture_.view().List("u2", 10)->empty());
}

TYPED_TEST_P(NotificationStoreContract, KeepsAnAddressThatCannotBeWrittenToAsFailed) {
  auto store = this->fixture_.NewInstance();
  Work work = this->AnnounceWork(1, "u1", "not an address");
  ASSERT_TRUE(this->ApplyOne(*store, work).ok());
  EXPECT_TRUE(work.created.empty());
  EXPECT_EQ(this->fixture_.view().List("u1", 10)->at(0).progress.status, DeliveryStatus::kFailed);
  EXPECT_TRUE(store->Claim(Channel::kEmail, this->At(1000), this->kLease, 10)->empty());
}

TYPED_TEST_P(NotificationStoreContract, UsesTheWebhookOfTheUser) {
  auto store = this->fixture_.NewInstance();
  std::vector<Work> works{this->WebhookWork("u1", "http://one.example/"), this->AnnounceWork(1, "u1", ""),
                          this->AnnounceWork(2, "u2", "")};
  ASSERT_TRUE(store->Apply(works, std::chrono::milliseconds(0)).ok());
  ASSERT_TRUE(this->ApplyOne(*store, this->WebhookWork("u1", "http://two.example/")).ok());
  const auto claimed = store->Claim(Channel::kWebhook, this->At(1), this->kLease, 10);
  ASSERT_EQ(claimed->size(), 1u);
  EXPECT_EQ(claimed->at(0).recipient, "http://two.example/");
  EXPECT_EQ(claimed->at(0).secret, "0123456789abcdef");
  EXPECT_EQ(claimed->at(0).payload, "payload");
  EXPECT_TRUE(this->fixture_.view().List("u2", 10)->empty());
}

TYPED_TEST_P(NotificationStoreContract, AnswersAnIdempotencyKeyOnce) {
  auto store = this->fixture_.NewInstance();
  Work first = this->WebhookWork("u1", "http://one.example/", "key");
  Work same = this->WebhookWork("u1", "http://one.example/", "key");
  Work other = this->WebhookWork("u1", "http://two.example/", "key");
  std::vector<Work> works{first, same};
  ASSERT_TRUE(store->Apply(works, this->kLease).ok());
  EXPECT_FALSE(works[0].replayed);
  EXPECT_TRUE(works[1].replayed);
  ASSERT_TRUE(this->ApplyOne(*store, other).ok());
  ASSERT_TRUE(other.refusal);
  EXPECT_EQ(other.refusal->reason, "IDEMPOTENCY_KEY_REUSED");
  ASSERT_TRUE(this->ApplyOne(*store, same).ok());
  EXPECT_TRUE(same.replayed);
}

TYPED_TEST_P(NotificationStoreContract, LeasesToOneAtATime) {
  auto store = this->fixture_.NewInstance();
  auto other = this->fixture_.NewInstance();
  Work work = this->AnnounceWork(1, "u1", "u1@b.example");
  ASSERT_TRUE(this->ApplyOne(*store, work).ok());
  ASSERT_EQ(work.created.size(), 1u);
  EXPECT_EQ(work.created[0].leased_until, this->At(10));
  EXPECT_TRUE(other->Claim(Channel::kEmail, this->At(9), this->kLease, 10)->empty());
  EXPECT_TRUE(other->Claim(Channel::kWebhook, this->At(100), this->kLease, 10)->empty());
  EXPECT_EQ(other->Claim(Channel::kEmail, this->At(11), this->kLease, 10)->size(), 1u);
  EXPECT_TRUE(store->Claim(Channel::kEmail, this->At(12), this->kLease, 10)->empty());
}

TYPED_TEST_P(NotificationStoreContract, RecordsAttemptsUntilTheEnd) {
  auto store = this->fixture_.NewInstance();
  Work work = this->AnnounceWork(1, "u1", "u1@b.example");
  ASSERT_TRUE(this->ApplyOne(*store, work).ok());
  const Delivery delivery = work.created.at(0);
  ASSERT_TRUE(
      this->ApplyOne(*store, this->RecordWork(delivery, {DeliveryStatus::kPending, 1, this->At(20), {}, "no answer"}))
          .ok());
  auto claimed = store->Claim(Channel::kEmail, this->At(20), this->kLease, 10);
  ASSERT_EQ(claimed->size(), 1u);
  EXPECT_EQ(claimed->at(0).attempts, 1);
  std::vector<Work> both{this->RecordWork(delivery, {DeliveryStatus::kSent, 2, {}, this->At(21), ""}),
                         this->AnnounceWork(2, "u1", "u1@b.example", 30)};
  ASSERT_TRUE(store->Apply(both, this->kLease).ok());
  ASSERT_TRUE(
      this->ApplyOne(*store, this->RecordWork(delivery, {DeliveryStatus::kPending, 9, this->At(22), {}, "late"})).ok());
  const auto row = this->fixture_.view().List("u1", 10)->at(1);
  EXPECT_EQ(row.progress.status, DeliveryStatus::kSent);
  EXPECT_EQ(row.progress.attempts, 2);
  EXPECT_EQ(row.progress.sent_at, this->At(21));
  EXPECT_TRUE(store->Claim(Channel::kEmail, this->At(25), this->kLease, 10)->empty());
}

TYPED_TEST_P(NotificationStoreContract, SplitsWhatIsDueBetweenRacingInstances) {
  constexpr int kCount = 60;
  auto creator = this->fixture_.NewInstance();
  std::vector<Work> works;
  for (int n = 0; n < kCount; ++n) works.push_back(this->AnnounceWork(n, "u1", "u1@b.example", n % 10));
  ASSERT_TRUE(creator->Apply(works, std::chrono::milliseconds(0)).ok());
  std::vector<std::vector<Uuid>> got(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < got.size(); ++t) {
    threads.emplace_back([&, t] {
      auto store = this->fixture_.NewInstance();
      for (int empty = 0; empty < 20;) {
        const auto claimed = store->Claim(Channel::kEmail, this->At(60), this->kLease, 7);
        if (!claimed.ok()) return;
        empty = claimed->empty() ? empty + 1 : 0;
        for (const Delivery& delivery : *claimed) got[t].push_back(delivery.notification_id);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<Uuid> all;
  for (const auto& part : got) all.insert(all.end(), part.begin(), part.end());
  EXPECT_EQ(all.size(), static_cast<std::size_t>(kCount));
  EXPECT_EQ(std::set<Uuid>(all.begin(), all.end()).size(), static_cast<std::size_t>(kCount));
}

TYPED_TEST_P(NotificationStoreContract, KeepsNothingOfAnAbortedBatch) {
  auto store = this->fixture_.NewInstance();
  std::vector<Work> works{this->AnnounceWork(1, "u1", "u1@b.example", 0, this->Message(1)),
                          this->fixture_.Poison(this->AnnounceWork(2, "u1", "u1@b.example"))};
  EXPECT_FALSE(store->Apply(works, this->kLease).ok());
  this->fixture_.Heal();
  EXPECT_TRUE(this->fixture_.view().List("u1", 10)->empty());
  Work again = this->AnnounceWork(1, "u1", "u1@b.example", 0, this->Message(1));
  ASSERT_TRUE(this->ApplyOne(*store, again).ok());
  EXPECT_EQ(again.created.size(), 1u);
}

REGISTER_TYPED_TEST_SUITE_P(NotificationStoreContract, StoresOnePerUserEventAndChannel,
                            KeepsAnAddressThatCannotBeWrittenToAsFailed, UsesTheWebhookOfTheUser,
                            AnswersAnIdempotencyKeyOnce, LeasesToOneAtATime, RecordsAttemptsUntilTheEnd,
                            SplitsWhatIsDueBetweenRacingInstances, KeepsNothingOfAnAbortedBatch);

}  // namespace souk::notifications
