#include "services/notifications/domain/delivery.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>

namespace souk::notifications {
namespace {

using std::chrono::milliseconds;
using Result = Attempt::Result;

const SystemTime kNow = FromUnixMicros(1'700'000'000'000'000);
const RetryPolicy kForEver{milliseconds(1000), milliseconds(60'000), 0};
const RetryPolicy kThree{milliseconds(1000), milliseconds(60'000), 3};

TEST(DeliveryTest, EndsWithTheFirstSuccess) {
  const Progress progress = After(kThree, 2, {}, kNow, 0);
  EXPECT_EQ(progress.status, DeliveryStatus::kSent);
  EXPECT_EQ(progress.attempts, 3);
  EXPECT_EQ(progress.sent_at, kNow);
  EXPECT_FALSE(progress.next_attempt_at);
}

TEST(DeliveryTest, TriesMailsForEver) {
  const Progress progress = After(kForEver, 1000, {Result::kTryLater, "no answer", true}, kNow, 250);
  EXPECT_EQ(progress.status, DeliveryStatus::kPending);
  EXPECT_EQ(progress.next_attempt_at, kNow + milliseconds(60'000));
  EXPECT_EQ(progress.reason, "no answer");
}

TEST(DeliveryTest, GivesUpAfterTheLastAttemptWithItsReason) {
  EXPECT_EQ(After(kThree, 1, {Result::kTryLater, "HTTP 500", false}, kNow, 0).status, DeliveryStatus::kPending);
  const Progress progress = After(kThree, 2, {Result::kTryLater, "HTTP 500", false}, kNow, 0);
  EXPECT_EQ(progress.status, DeliveryStatus::kFailed);
  EXPECT_EQ(progress.reason, "given up after 3 attempts: HTTP 500");
  EXPECT_FALSE(progress.next_attempt_at);
}

TEST(DeliveryTest, DoesNotCountWhatWasNotTried) {
  const Progress progress = After(kThree, 2, {Result::kPostponed, "away", false}, kNow, 250);
  EXPECT_EQ(progress.status, DeliveryStatus::kPending);
  EXPECT_EQ(progress.attempts, 2);
  EXPECT_EQ(progress.next_attempt_at, kNow + milliseconds(1000));
}

TEST(DeliveryTest, FailsAtOnceWhatIsRefused) {
  EXPECT_EQ(After(kForEver, 0, {Result::kRefused, "no such mailbox", false}, kNow, 0).status, DeliveryStatus::kFailed);
}

TEST(BackOffTest, DoublesUpToItsBound) {
  EXPECT_EQ(BackOff(kForEver, 1, 250), milliseconds(1000));
  EXPECT_EQ(BackOff(kForEver, 3, 250), milliseconds(4000));
  EXPECT_EQ(BackOff(kForEver, 100, 250), milliseconds(60'000));
  EXPECT_EQ(BackOff(kForEver, 1, 0), milliseconds(750));
  EXPECT_EQ(BackOff(kForEver, 1, 500), milliseconds(1250));
}

bool IsPublic(const char* text) {
  unsigned char bytes[16];
  if (inet_pton(AF_INET, text, bytes) == 1) return IsPublicAddress({reinterpret_cast<const char*>(bytes), 4});
  EXPECT_EQ(inet_pton(AF_INET6, text, bytes), 1) << text;
  return IsPublicAddress({reinterpret_cast<const char*>(bytes), 16});
}

TEST(IsPublicAddressTest, KeepsWebhooksOutOfOurNetwork) {
  for (const char* inside :
       {"127.0.0.1",       "127.9.9.9",       "10.1.2.3",        "172.16.0.1",   "172.31.255.255",
        "192.168.1.1",     "169.254.169.254", "0.0.0.0",         "100.64.0.1",   "224.0.0.1",
        "255.255.255.255", "192.0.2.1",       "198.18.0.1",      "::1",          "::",
        "fe80::1",         "fc00::1",         "fd12::1",         "ff02::1",      "::ffff:127.0.0.1",
        "::ffff:10.0.0.1", "::127.0.0.1",     "64:ff9b::7f00:1", "2002:7f00:1::"}) {
    EXPECT_FALSE(IsPublic(inside)) << inside;
  }
  for (const char* outside :
       {"93.184.216.34", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:2800:220:1::1", "::ffff:8.8.8.8"}) {
    EXPECT_TRUE(IsPublic(outside)) << outside;
  }
}

}  // namespace
}  // namespace souk::notifications
