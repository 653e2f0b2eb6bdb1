#include "tools/payment-simulator/provider.hpp"

#include <gtest/gtest.h>

#include "libs/http/message.hpp"

namespace souk::payment_simulator {
namespace {

using testing::Test;

std::string FieldOf(const std::string& body, const std::string& name) {
  const auto at = body.find("\"" + name + "\":\"");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 4;
  return body.substr(begin, body.find('"', begin) - begin);
}
bool Contains(const std::string& body, const std::string& text) { return body.find(text) != std::string::npos; }

class ProviderTest : public Test {
 protected:
  Params Form(const std::string& text) { return Params(http::ParseQuery(text)); }
  Answer Pay(const std::string& method, const std::string& order = "o1", int amount = 1230) {
    return provider_.CreateIntent(Form("amount=" + std::to_string(amount) + "&currency=gbp&confirm=true&capture_method=manual" +
                                       "&payment_method=" + method + "&metadata%5Border_id%5D=" + order));
  }
  ManualClock clock_{FromUnixMicros(1'700'000'000'000'000)};
  SeededRandom random_{7};
  std::vector<ProviderEvent> events_;
  Provider provider_{clock_, random_, [this](ProviderEvent event) { events_.push_back(std::move(event)); }};
};

TEST_F(ProviderTest, HoldsCapturesAndGivesBack) {
  const Answer held = Pay("pm_card_visa");
  ASSERT_EQ(held.status, 200) << held.body;
  const std::string id = FieldOf(held.body, "id");
  EXPECT_TRUE(Contains(held.body, R"("status":"requires_capture")"));
  const Answer captured = provider_.Capture(id, Form(""));
  EXPECT_TRUE(Contains(captured.body, R"("amount_received":1230)")) << captured.body;
  EXPECT_EQ(provider_.CreateRefund(Form("payment_intent=" + id + "&amount=230")).status, 200);
  EXPECT_EQ(provider_.CreateRefund(Form("payment_intent=" + id + "&amount=1001")).status, 400);
  EXPECT_TRUE(Contains(provider_.Stats().body, R"("captured_minor":1230,"refunded_minor":230)"));
  ASSERT_EQ(events_.size(), 3u);
  EXPECT_EQ(events_[0].type, "payment_intent.amount_capturable_updated");
  EXPECT_EQ(events_[1].type, "payment_intent.succeeded");
  EXPECT_EQ(events_[2].type, "charge.refunded");
}

TEST_F(ProviderTest, RemembersEverythingThroughSaveAndLoad) {
  const std::string id = FieldOf(Pay("pm_card_visa").body, "id");
  provider_.Capture(id, Form(""));
  provider_.CreateRefund(Form("payment_intent=" + id + "&amount=230"));
  Pay("pm_card_authenticationRequired", "o2");
  const Answer first = provider_.Once("key", "request", [&] { return Pay("pm_card_visa", "o3"); });
  Provider again(clock_, random_, [](ProviderEvent) {});
  ASSERT_TRUE(again.Load(provider_.Save()).ok());
  EXPECT_EQ(again.Stats().body, provider_.Stats().body);
  EXPECT_EQ(again.ListIntents(Form("limit=10")).body, provider_.ListIntents(Form("limit=10")).body);
  EXPECT_EQ(again.ListRefunds(Form("payment_intent=" + id)).body, provider_.ListRefunds(Form("payment_intent=" + id)).body);
  EXPECT_EQ(again.Once("key", "request", [] { return Answer{500, "ran again"}; }).body, first.body);
  EXPECT_FALSE(again.Load("{").ok());
}

TEST_F(ProviderTest, DeclinesB75TestCardsWithTheirCode) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"pm_card_visa_chargeDeclined", "generic_decline"},
      {"pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"},
      {"pm_card_visa_chargeDeclinedExpiredCard", "expired_card"},
      {"pm_card_visa_chargeDeclinedIncorrectCvc", "incorrect_cvc"},
      {"pm_card_visa_chargeDeclinedProcessingError", "processing_error"}};
  for (const auto& [token, code] : cases) {
    const Answer answer = Pay(token);
    EXPECT_EQ(answer.status, 402) << token;
    EXPECT_TRUE(Contains(answer.body, code)) << answer.body;
    EXPECT_TRUE(Contains(answer.body, "requires_payment_method")) << answer.body;
  }
}

TEST_F(ProviderTest, AnswersARepeatedKeyFromMemoryAndRefusesItForAnotherRequest) {
  const auto pay = [&] { return Pay("pm_card_souk_timeoutAfterCommit"); };
  const Answer first = provider_.Once("k1", "a", pay);
  EXPECT_EQ(first.delivery, Delivery::kNever);
  const Answer second = provider_.Once("k1", "a", pay);
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(second.delivery, Delivery::kNow);
  EXPECT_TRUE(second.replayed);
  EXPECT_TRUE(Contains(provider_.Stats().body, R"("intents":1,)"));
  EXPECT_TRUE(Contains(provider_.Once("k1", "b", pay).body, "idempotency_error"));
  clock_.Advance(std::chrono::hours(25));
  provider_.ForgetOldKeys();
  EXPECT_FALSE(provider_.Once("k1", "b", pay).replayed);
}

TEST_F(ProviderTest, EndsAChallengeEitherWay) {
  const Answer asked = Pay("pm_card_authenticationRequired");
  EXPECT_TRUE(Contains(asked.body, "requires_action"));
  const std::string url = FieldOf(asked.body, "url");
  const std::string challenge = url.substr(url.rfind('/') + 1);
  EXPECT_TRUE(Contains(provider_.CompleteChallenge(challenge, true).body, "requires_capture"));
  EXPECT_TRUE(Contains(provider_.CompleteChallenge(challenge, false).body, "requires_capture")) << "ends once";
  const std::string other = FieldOf(Pay("pm_card_authenticationRequired").body, "url");
  const Answer failed = provider_.CompleteChallenge(other.substr(other.rfind('/') + 1), false);
  EXPECT_TRUE(Contains(failed.body, "payment_intent_authentication_failure")) << failed.body;
}

TEST_F(ProviderTest, TokenizesCardsAndKeepsNoNumber) {
  const Answer made = provider_.CreateMethod(Form("type=card&card[number]=4000 0000 0000 0002&card[cvc]=123"));
  ASSERT_EQ(made.status, 200) << made.body;
  EXPECT_FALSE(Contains(made.body, "4000000000000002"));
  EXPECT_TRUE(Contains(made.body, R"("last4":"0002")"));
  EXPECT_EQ(Pay(FieldOf(made.body, "id")).status, 402);
  EXPECT_EQ(provider_.CreateMethod(Form("type=card&card[number]=4242424242424241")).status, 402);
  EXPECT_EQ(Pay("pm_unknown").status, 400);
}

TEST_F(ProviderTest, ListsNewestFirstByPages) {
  for (int i = 0; i < 5; ++i) Pay("pm_card_visa", "o" + std::to_string(i));
  const Answer first = provider_.ListIntents(Form("limit=2"));
  EXPECT_TRUE(Contains(first.body, R"("has_more":true)"));
  EXPECT_TRUE(Contains(first.body, R"("order_id":"o4")"));
  EXPECT_FALSE(Contains(first.body, R"("order_id":"o2")"));
  const Answer found = provider_.SearchIntents(Form("query=metadata['order_id']:'o2'"));
  const std::string id = FieldOf(found.body, "id");
  const Answer rest = provider_.ListIntents(Form("limit=2&starting_after=" + id));
  EXPECT_TRUE(Contains(rest.body, R"("has_more":false)")) << rest.body;
  EXPECT_TRUE(Contains(rest.body, R"("order_id":"o0")"));
}

TEST_F(ProviderTest, LetsTheHoldGoWhenTheCaptureFails) {
  const Answer held = Pay("pm_card_souk_captureFails");
  const Answer failed = provider_.Capture(FieldOf(held.body, "id"), Form(""));
  EXPECT_EQ(failed.status, 402);
  EXPECT_TRUE(Contains(failed.body, R"("status":"canceled")"));
  EXPECT_EQ(provider_.Cancel(FieldOf(held.body, "id"), Form("")).status, 400);
}

}  // namespace
}  // namespace souk::payment_simulator
