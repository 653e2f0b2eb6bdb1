#include "services/payments/adapters/webhooks.hpp"

#include <gtest/gtest.h>

#include "libs/base/hash.hpp"
#include "services/payments/adapters/stripe_json.hpp"

namespace souk::payments {
namespace {

constexpr const char* kSecret = "whsec";
const std::string kBody = R"({"id":"evt_1"})";
const SystemTime kNow = FromUnixMicros(1'700'000'000'000'000);

std::string Sign(std::int64_t age, const std::string& body = kBody, const std::string& secret = kSecret) {
  const std::string time = std::to_string(1'700'000'000 - age);
  return "t=" + time + ",v1=" + HmacSha256Hex(secret, time + "." + body);
}
std::string Reason(const std::string& header, const std::string& body = kBody) {
  const auto result = VerifySignature(header, body, kSecret, kNow);
  return result.ok() ? "ok" : result.error().reason;
}

TEST(WebhookSignatureTest, IsCheckedForPresenceContentAndAgeB79) {
  EXPECT_EQ(Reason(Sign(0)), "ok");
  EXPECT_EQ(Reason(Sign(299)), "ok");
  EXPECT_EQ(Reason(Sign(0) + ",v0=old"), "ok");
  EXPECT_EQ(Reason("t=1700000000,v1=00,v1=" + Sign(0).substr(16)), "ok") << "one of several secrets";
  EXPECT_EQ(Reason(""), "SIGNATURE_MISSING");
  EXPECT_EQ(Reason("t=x,v1=1"), "SIGNATURE_MISSING");
  EXPECT_EQ(Reason("t=1700000000"), "SIGNATURE_MISSING");
  EXPECT_EQ(Reason(Sign(0, kBody, "other")), "SIGNATURE_MISMATCH");
  EXPECT_EQ(Reason(Sign(0), kBody + " "), "SIGNATURE_MISMATCH");
  EXPECT_EQ(Reason(Sign(301)), "SIGNATURE_TOO_OLD");
  EXPECT_EQ(Reason(Sign(-301)), "SIGNATURE_TOO_OLD");
}

ProviderResult Read(int status, const std::string& body, CallKind kind = CallKind::kAuthorize) { return ReadAnswer(kind, "r1", status, body); }

TEST(StripeJsonTest, TakesWhatItCannotReadForUnknown) {
  const std::string error = R"({"error":{"type":"api_error","message":"x"}})";
  for (const int status : {401, 403, 409, 429, 500, 503}) EXPECT_TRUE(std::holds_alternative<UnknownOutcome>(Read(status, error))) << status;
  EXPECT_TRUE(std::holds_alternative<UnknownOutcome>(Read(200, R"({"id":"pi_1","object":)")));
  EXPECT_TRUE(std::holds_alternative<UnknownOutcome>(Read(200, R"({"object":"charge","id":"ch_1"})")));
  EXPECT_TRUE(std::holds_alternative<UnknownOutcome>(Read(404, "<html>")));
  EXPECT_TRUE(std::holds_alternative<UnknownOutcome>(Read(400, "[]")));
}

TEST(StripeJsonTest, ReadsDeclinesAsStableCodes) {
  const auto code = [](const std::string& error) {
    return std::get<IntentView>(Read(402, R"({"error":{"type":"card_error",)" + error + "}}")).decline_code;
  };
  EXPECT_EQ(code(R"("code":"card_declined","decline_code":"insufficient_funds")"), "insufficient_funds");
  EXPECT_EQ(code(R"("code":"expired_card")"), "expired_card");
  EXPECT_EQ(code(R"("code":"card_declined","decline_code":"lost_card")"), "card_declined");
  EXPECT_EQ(code(R"("code":"payment_intent_authentication_failure")"), "authentication_failed");
}

TEST(StripeJsonTest, ReadsTheRecordOutOfAnUnexpectedStateError) {
  const std::string body = R"({"error":{"type":"invalid_request_error","code":"payment_intent_unexpected_state",)"
                           R"("payment_intent":{"object":"payment_intent","id":"pi_1","status":"succeeded","amount":5,"amount_received":5,"currency":"gbp"}}})";
  const auto intent = std::get<IntentView>(Read(400, body, CallKind::kCancel));
  EXPECT_EQ(intent.status, IntentStatus::kSucceeded);
  EXPECT_EQ(intent.received, 5);
  EXPECT_EQ(intent.amount, (Money{5, "GBP"}));
}

TEST(StripeJsonTest, FindsARefundByItsMetadata) {
  const std::string list = R"({"object":"list","data":[{"object":"refund","id":"re_2","status":"succeeded","amount":2,"metadata":{"refund_id":"r2"}},)"
                           R"({"object":"refund","id":"re_1","status":"pending","amount":1,"metadata":{"refund_id":"r1"}}]})";
  const auto refund = std::get<RefundView>(Read(200, list, CallKind::kFindRefund));
  EXPECT_EQ(refund.provider_id, "re_1");
  EXPECT_EQ(refund.status, RefundStatus::kPending);
  EXPECT_TRUE(std::holds_alternative<NoSuchRecord>(Read(200, R"({"data":[]})", CallKind::kFindRefund)));
}

TEST(StripeJsonTest, ReadsNoEventOutOfOtherBodies) {
  EXPECT_FALSE(ReadWebhook("not json"));
  EXPECT_FALSE(ReadWebhook("[]"));
  EXPECT_FALSE(ReadWebhook(R"({"object":"event"})"));
  EXPECT_FALSE(ReadWebhook(R"({"object":"event","id":"evt_1","type":"charge.refunded","data":{"object":{"object":"charge"}}})")->intent);
}

}  // namespace
}  // namespace souk::payments
