#include "services/order-recovery/domain/explain.hpp"

#include <gtest/gtest.h>

namespace souk::recovery {
namespace {

using std::chrono::seconds;

const SystemTime kStart = FromUnixMicros(1'700'000'000'000'000);

Watched Waiting() {
  Watched watched;
  watched.order_id = Uuid::FromName("order", "1");
  watched.status = "PENDING";
  watched.phase = "AUTHORIZING";
  watched.waiting_for = "payment";
  watched.since = kStart;
  watched.deadline_at = kStart + seconds(5);
  watched.next_try_at = kStart + seconds(90);
  return watched;
}
bool Has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(ExplainTest, SaysWhatItWaitsForSinceWhenWhatWasTriedAndWhatComesNext) {
  Watched watched = Waiting();
  watched.asks = 2;
  watched.last_tried_at = kStart + seconds(50);
  watched.last_outcome = "asked for again";
  const Insight insight{.attempts = 3, .deadline_at = kStart + seconds(70), .give_up_at = kStart + seconds(120), .last_step = "authorize retried"};
  const std::string text = Explain(watched, insight, kStart + seconds(60), {});
  EXPECT_TRUE(Has(text, "(PENDING) waits for payments to hold the money on the card since 2023-11-14T22:13:20")) << text;
  EXPECT_TRUE(Has(text, ", 60 s ago; its deadline is in 10 s.")) << text;
  EXPECT_TRUE(Has(text, "It was asked for again 3 times in all. The newest step is \"authorize retried\".")) << text;
  EXPECT_TRUE(Has(text, "order-recovery tried last 10 s ago: asked for again (resumed 2 times without going on).")) << text;
  EXPECT_TRUE(Has(text, "Next: unless it goes on by itself, order-recovery resumes it in 30 s, and from 2023-11-14T22:15:20")) << text;
  EXPECT_TRUE(Has(text, "it is undone instead of asked for")) << text;
}

TEST(ExplainTest, SaysWhyAQuarantinedOrderIsLeftAloneAndWhatAPersonCanDo) {
  Watched watched = Waiting();
  watched.state = State::kQuarantined;
  watched.failures = 5;
  watched.last_outcome = "INTERNAL: the row can't be read";
  watched.next_try_at.reset();
  const std::string text = Explain(watched, std::nullopt, kStart + seconds(600), {});
  EXPECT_TRUE(Has(text, "quarantined, because resuming it failed 5 times (INTERNAL: the row can't be read)")) << text;
  EXPECT_TRUE(Has(text, "retry it, or resolve it")) << text;
  EXPECT_TRUE(Has(text, "10 min ago")) << text;
}

TEST(ExplainTest, SaysOfAnEndedOrderThatItWaitsForNothing) {
  Watched watched = Waiting();
  watched.state = State::kEnded;
  watched.status = "COMPLETED";
  EXPECT_TRUE(Has(Explain(watched, std::nullopt, kStart, {}), "has ended (COMPLETED) and waits for nothing"));
}

TEST(ExplainTest, HasWordsForEveryPhaseThatWaits) {
  for (const char* phase : {"RESERVING", "AUTHORIZING", "CHALLENGED", "CAPTURING", "FULFILLING", "CONFIRMED", "DISPATCHED",
                            "CANCELLING_SHIPMENT", "UNDOING", "RETURNING"}) {
    Watched watched = Waiting();
    watched.phase = phase;
    EXPECT_FALSE(Has(Explain(watched, std::nullopt, kStart, {}), "waits for '")) << phase;
  }
}

}  // namespace
}  // namespace souk::recovery
