#include "services/payments/test/service_fixture.hpp"

#include <future>
#include <thread>

#include "libs/rpc/channel.hpp"

namespace souk::payments {
namespace {

TEST_F(ServiceTest, TakesAndGivesBackMoneyOnKafkasOrders) {
  const auto service = StartService();
  ASSERT_TRUE(service);
  const std::string id = NewPayment();
  SendAuthorize(id);
  ASSERT_TRUE(AwaitEvents(id, {"PaymentAuthorized"}));
  SendCapture(id);
  ASSERT_TRUE(AwaitEvents(id, {"PaymentAuthorized", "PaymentCaptured"}));
  SendRefund(id, "r1", 300);
  SendRefund(id, "r1", 300, "again");
  ASSERT_TRUE(AwaitEvents(id, {"PaymentAuthorized", "PaymentCaptured", "PaymentRefunded"}));
  ExpectLedger(1000, 300);
}

TEST_F(ServiceTest, AnswersEveryTestCardB75) {
  const auto service = StartService();
  ASSERT_TRUE(service);
  const std::vector<std::pair<std::string, std::string>> cards = {{"pm_card_visa_chargeDeclined", "CARD_DECLINED"},
                                                                  {"pm_card_visa_chargeDeclinedInsufficientFunds", "INSUFFICIENT_FUNDS"},
                                                                  {"pm_card_visa_chargeDeclinedExpiredCard", "EXPIRED_CARD"},
                                                                  {"pm_card_visa_chargeDeclinedIncorrectCvc", "INCORRECT_CVC"},
                                                                  {"pm_card_visa_chargeDeclinedProcessingError", "PROCESSING_ERROR"},
                                                                  {"pm_unknown", "PROCESSING_ERROR"}};
  for (const auto& [token, reason] : cards) {
    const std::string id = NewPayment();
    const Answer answer = Authorize(*service, id, token);
    EXPECT_EQ(answer.status, 402) << answer.body;
    EXPECT_TRUE(answer.Has("\"" + reason + "\"")) << answer.body;
    EXPECT_TRUE(AwaitEvents(id, {"PaymentDeclined"}));
    EXPECT_EQ(Authorize(*service, id, token).status, 402) << "the same answer again";
    EXPECT_EQ(Capture(*service, id).status, 402);
  }
  const std::string fails = NewPayment();
  EXPECT_EQ(Authorize(*service, fails, "pm_card_souk_captureFails").status, 201);
  const Answer failed = Capture(*service, fails);
  EXPECT_EQ(failed.status, 402) << failed.body;
  EXPECT_TRUE(AwaitEvents(fails, {"PaymentAuthorized", "CaptureFailed"}));
  ExpectLedger(0, 0);
}

TEST_F(ServiceTest, SettlesAChallengeByWebhookEitherWay) {
  const auto service = StartService();
  ASSERT_TRUE(service);
  SendWebhooksTo(*service);
  for (const std::string outcome : {"succeed", "fail"}) {
    const std::string id = NewPayment();
    const Answer asked = Authorize(*service, id, "pm_card_authenticationRequired");
    EXPECT_EQ(asked.status, 201);
    EXPECT_TRUE(asked.Has("PAYMENT_STATUS_CHALLENGED")) << asked.body;
    EXPECT_EQ(Call("POST", Between(asked.body, "\"challengeUrl\":\"", "\""), "outcome=" + outcome).status, 200);
    const bool good = outcome == "succeed";
    EXPECT_TRUE(AwaitEvents(id, {"PaymentChallenged", good ? "PaymentAuthorized" : "PaymentDeclined"}));
    if (!good) {
      EXPECT_TRUE(Get(*service, id).Has("authentication_failed"));
    }
  }
}

TEST_F(ServiceTest, ChargesOnceWhenTheProviderTimesOutAfterTheChargeF62) {
  const auto service = StartService();
  ASSERT_TRUE(service);
  const std::string id = NewPayment();
  const Answer asked = Authorize(*service, id, "pm_card_souk_timeoutAfterCommit", 700);
  EXPECT_EQ(asked.status, 202) << asked.body;
  EXPECT_TRUE(asked.Has("PAYMENT_STATUS_AUTHORIZING")) << "never failed: " << asked.body;
  EXPECT_TRUE(asked.Has("\"unknown\":true")) << asked.body;
  ASSERT_TRUE(AwaitEvents(id, {"PaymentAuthorized"}));
  SendCapture(id);
  ASSERT_TRUE(AwaitEvents(id, {"PaymentAuthorized", "PaymentCaptured"}));
  SendRefund(id, "r1", 1000);
  ASSERT_TRUE(AwaitEvents(id, {"PaymentAuthorized", "PaymentCaptured", "PaymentRefunded"}));
  EXPECT_NE(ProviderStats().find("\"intents\":1,"), std::string::npos);
  ExpectLedger(1000, 1000);
}

TEST_F(ServiceTest, AsksAgainAfterErrorsAndBrokenAnswers) {
  const auto service = StartService();
  ASSERT_TRUE(service);
  for (const std::string kind : {"error", "error_after", "garbage", "hang", "hang_after"}) {
    SCOPED_TRACE(kind);
    Fault(kind, 2);
    const std::string id = NewPayment();
    SendAuthorize(id);
    ASSERT_TRUE(AwaitEvents(id, {"PaymentAuthorized"}));
  }
  EXPECT_NE(ProviderStats().find("\"intents\":5,"), std::string::npos) << ProviderStats();
}

TEST_F(ServiceTest, ResumesWithTheStoredKeyAfterADeathAroundTheCallF64) {
  for (const std::string where : {"hang", "hang_after"}) {
    SCOPED_TRACE(where + ": killed " + (where == "hang" ? "before" : "after") + " the provider's work");
    Config config = TestConfig();
    config.provider_timeout = milliseconds(1000);
    auto first = StartService(config);
    ASSERT_TRUE(first);
    Fault(where, 1);
    const std::string id = NewPayment();
    SendAuthorize(id);
    ASSERT_TRUE(souk::testing::Eventually([&] { return Call("GET", simulator_->url() + "/simulator/faults").Has(":0}"); })) << "the call is on its way";
    EXPECT_TRUE(Get(*first, id).Has("PAYMENT_STATUS_AUTHORIZING"));
    first.reset();  // no answer was heard: what is left is the row with its key
    const auto second = StartService(config);
    ASSERT_TRUE(second);
    ASSERT_TRUE(AwaitEvents(id, {"PaymentAuthorized"}));
  }
  EXPECT_NE(ProviderStats().find("\"intents\":2,"), std::string::npos) << ProviderStats();
}

TEST_F(ServiceTest, IgnoresDuplicatedReorderedAndLateWebhooksF66) {
  const auto service = StartService();
  ASSERT_TRUE(service);
  SendWebhooksTo(*service);
  const std::string id = NewPayment();
  EXPECT_EQ(Authorize(*service, id, "pm_card_souk_duplicateWebhook").status, 201);
  EXPECT_EQ(Capture(*service, id).status, 200);
  // All four came; the authorization after the capture.
  const std::string early = NewPayment();
  EXPECT_EQ(Authorize(*service, early, "pm_card_souk_duplicateWebhook").status, 201);
  EXPECT_EQ(Void(*service, early).status, 200);
  EXPECT_TRUE(AwaitEvents(early, {"PaymentAuthorized", "PaymentVoided"}));
  EXPECT_TRUE(AwaitEvents(id, {"PaymentAuthorized", "PaymentCaptured"}));
  ExpectLedger(1000, 0);
}

class EarlyWebhookTest : public ServiceTest {
 protected:
  EarlyWebhookTest() { webhook_delay_ = milliseconds(0); }
};

TEST_F(EarlyWebhookTest, IsHeardBeforeTheAnswerF66) {
  const auto service = StartService();
  ASSERT_TRUE(service);
  SendWebhooksTo(*service);
  // The answer never comes: only the webhook tells, and the replay finds nothing new.
  const std::string id = NewPayment();
  EXPECT_EQ(Authorize(*service, id, "pm_card_souk_timeoutAfterCommit").status, 201);
  EXPECT_EQ(Capture(*service, id).status, 200);
  for (int i = 0; i < 20; ++i) {
    const std::string other = NewPayment();
    EXPECT_EQ(Authorize(*service, other).status, 201);
    EXPECT_EQ(Capture(*service, other).status, 200);
    EXPECT_TRUE(AwaitEvents(other, {"PaymentAuthorized", "PaymentCaptured"}));
  }
  EXPECT_TRUE(AwaitEvents(id, {"PaymentAuthorized", "PaymentCaptured"}));
  ExpectLedger(21'000, 0);
}

std::string SignatureAt(std::int64_t unix_seconds, const std::string& body, const std::string& secret) {
  const std::string time = std::to_string(unix_seconds);
  return "t=" + time + ",v1=" + HmacSha256Hex(secret, time + "." + body);
}

TEST_F(ServiceTest, TrustsOnlySignedFreshWebhooksB79) {
  const auto service = StartService();
  ASSERT_TRUE(service);
  const std::string id = NewPayment();
  const std::string body = R"({"id":"evt_1","object":"event","type":"payment_intent.canceled","data":{"object":{"id":"pi_x","object":"payment_intent","status":"canceled","amount":1000,)"
                           R"("currency":"gbp","metadata":{"order_id":")" + id + R"("}}}})";
  const std::int64_t now = ToUnixMillis(SystemClock().Now()) / 1000;
  const auto send = [&](const std::string& content, const std::string& signature) {
    http::Headers headers = {{"Content-Type", "application/json"}};
    if (!signature.empty()) headers.emplace_back("Stripe-Signature", signature);
    return Call("POST", Url(*service, "/webhooks/provider"), content, headers).status;
  };
  EXPECT_EQ(send(body, ""), 401) << "missing";
  EXPECT_EQ(send(body, "t=1,v1="), 401);
  EXPECT_EQ(send(body, SignatureAt(now, body, "another secret")), 401) << "bad";
  EXPECT_EQ(send(body, SignatureAt(now - 301, body, kSecret)), 401) << "more than 5 minutes old";
  EXPECT_EQ(send(body + " ", SignatureAt(now, body, kSecret)), 401) << "body changed";
  EXPECT_EQ(send("{}", SignatureAt(now, "{}", kSecret)), 400) << "no event";
  EXPECT_EQ(send(body, SignatureAt(now, body, kSecret)), 202) << "unknown payment: parked";
  EXPECT_EQ(send(body, SignatureAt(now, body, kSecret)), 202);
  EXPECT_EQ(Ask("SELECT count(*) FROM parked_webhooks"), 1);
  EXPECT_EQ(Authorize(*service, id).status, 201);
  EXPECT_TRUE(souk::testing::Eventually([&] { return Ask("SELECT count(*) FROM parked_webhooks ") == 0; }));
  EXPECT_TRUE(Get(*service, id).Has("PAYMENT_STATUS_AUTHORIZED")) << "pi_x is not the intent of this payment";
  EXPECT_EQ(send(body, SignatureAt(now, body, kSecret)), 200) << "replayed: no-op";
}

TEST_F(ServiceTest, LetsOneOfCaptureAndVoidWinF68) {
  const auto service = StartService();
  ASSERT_TRUE(service);
  std::int64_t captured = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string id = NewPayment();
    ASSERT_EQ(Authorize(*service, id).status, 201);
    auto capture = std::async(std::launch::async, [&] { return Capture(*service, id); });
    const Answer voided = Void(*service, id);
    const Answer taken = capture.get();
    EXPECT_EQ((voided.status == 200) + (taken.status == 200), 1) << voided.body << taken.body;
    if (taken.status == 200) captured += 1000;
    const Answer now = Get(*service, id);
    EXPECT_TRUE(now.Has(taken.status == 200 ? "PAYMENT_STATUS_CAPTURED" : "PAYMENT_STATUS_VOIDED")) << now.body;
  }
  ExpectLedger(captured, 0);
}

TEST_F(ServiceTest, HearsTheUndoBeforeTheDo) {
  const auto service = StartService();
  ASSERT_TRUE(service);
  const std::string id = NewPayment();
  SendVoid(id);
  SendAuthorize(id);
  ASSERT_TRUE(AwaitEvents(id, {"PaymentVoided", "PaymentDeclined"}));
  EXPECT_NE(ProviderStats().find("\"intents\":0,"), std::string::npos) << "the provider was never asked";
}

TEST_F(ServiceTest, RefusesRefundsBeyondTheCaptureAndOfUnknownPaymentsB78) {
  const auto service = StartService();
  ASSERT_TRUE(service);
  const std::string id = NewPayment();
  ASSERT_EQ(Authorize(*service, id).status, 201);
  EXPECT_EQ(Refund(*service, id, "r0", 100).status, 409) << "not captured yet";
  ASSERT_EQ(Capture(*service, id).status, 200);
  EXPECT_EQ(Refund(*service, id, "r1", 1001).status, 422);
  EXPECT_EQ(Refund(*service, id, "r1", 600).status, 201);
  const Answer again = Refund(*service, id, "r1", 600);
  EXPECT_EQ(again.status, 201) << again.body;
  EXPECT_EQ(Refund(*service, id, "r1", 500).status, 409) << "same id, other amount";
  EXPECT_EQ(Refund(*service, id, "r2", 401).status, 422);
  EXPECT_EQ(Refund(*service, NewPayment(), "r1", 1).status, 404);
  ExpectLedger(1000, 600);
}

TEST_F(ServiceTest, RefusesWrongAmountsB77) {
  const auto service = StartService();
  ASSERT_TRUE(service);
  const auto authorize = [&](const std::string& amount, const std::string& currency) {
    return Post(*service, "/v1/payments", R"({"paymentId":")" + NewPayment() + R"(","amount":{"minorUnits":")" + amount + R"(","currency":")" + currency + R"("},"paymentMethod":"pm_card_visa"})").status;
  };
  EXPECT_EQ(authorize("0", "GBP"), 422);
  EXPECT_EQ(authorize("-5", "GBP"), 422);
  EXPECT_EQ(authorize("5", "XXX"), 422);
  EXPECT_EQ(authorize("5", "gbp"), 422);
  EXPECT_EQ(Post(*service, "/v1/payments", R"({"paymentId":"x","amount":{"minorUnits":"5","currency":"GBP"},"paymentMethod":"pm_card_visa"})").status, 400);
  const std::string id = NewPayment();
  ASSERT_EQ(Authorize(*service, id).status, 201);
  EXPECT_EQ(Capture(*service, id, 999).status, 422);
  EXPECT_EQ(Post(*service, "/v1/payments/" + id + ":capture", R"({"amount":{"minorUnits":"1000","currency":"EUR"}})").status, 422);
}

TEST_F(ServiceTest, RefusesCardNumbersB74) {
  const auto service = StartService();
  ASSERT_TRUE(service);
  const Answer answer = Authorize(*service, NewPayment(), "pm_4242424242424242");
  EXPECT_NE(answer.status, 201);
  const Answer plain = Post(*service, "/v1/payments", R"({"paymentId":")" + NewPayment() + R"(","amount":{"minorUnits":"5","currency":"GBP"},"paymentMethod":"pm_x","customerId":"4242 4242 4242 4242"})");
  EXPECT_EQ(plain.status, 400) << plain.body;
  EXPECT_TRUE(plain.Has("pan_not_allowed"));
  EXPECT_FALSE(plain.Has("4242"));
}

TEST_F(ServiceTest, FlagsExactlyTheRecordThatDiffersF69) {
  const auto service = StartService();
  ASSERT_TRUE(service);
  std::vector<std::string> intents;
  std::vector<std::string> ids;
  for (int i = 0; i < 6; ++i) {
    ids.push_back(NewPayment());
    intents.push_back(Between(Authorize(*service, ids.back()).body, "\"providerId\":\"", "\""));
    if (i < 4) {
      ASSERT_EQ(Capture(*service, ids.back()).status, 200);
    }
  }
  ASSERT_EQ(Refund(*service, ids[3], "r1", 200).status, 201);
  ASSERT_EQ(Void(*service, ids[5]).status, 200);
  const Answer clean = Post(*service, "/v1/payments:reconcile", "{}");
  EXPECT_TRUE(clean.Has("\"differences\":[]")) << clean.body;
  EXPECT_TRUE(clean.Has("\"compared\":\"6\"")) << clean.body;
  const auto plant = [&](int i, const std::string& form) {
    EXPECT_EQ(Call("POST", simulator_->url() + "/simulator/intents/" + intents[static_cast<std::size_t>(i)], form).status, 200);
  };
  plant(1, "amount=999");
  const Answer one = Post(*service, "/v1/payments:reconcile", "{}");
  EXPECT_EQ(Between(one.body, "\"paymentId\":\"", "\""), ids[1]) << one.body;
  EXPECT_TRUE(one.Has("\"kind\":\"amount\""));
  EXPECT_EQ(one.body.find("paymentId"), one.body.rfind("paymentId")) << "exactly one: " << one.body;
  plant(1, "amount=1000");
  plant(0, "remove=true");
  plant(2, "status=canceled");
  plant(3, "amount_refunded=0");
  EXPECT_EQ(Call("POST", simulator_->url() + "/v1/payment_intents", "amount=5&currency=gbp&confirm=true&payment_method=pm_card_visa&metadata[order_id]=stranger", {{"Authorization", "Bearer sk_test_x"}}).status, 200);
  const Answer all = Post(*service, "/v1/payments:reconcile", "{}");
  for (const std::string kind : {"missing_there", "status", "refunds", "missing_here"}) EXPECT_TRUE(all.Has("\"kind\":\"" + kind + "\"")) << kind << all.body;
  EXPECT_FALSE(all.Has(ids[1]) || all.Has(ids[4]) || all.Has(ids[5])) << all.body;
}

TEST_F(ServiceTest, ReconcilesByItselfKeepsWhatItFindsAndLetsAnOperatorAcceptIt) {
  Config config = TestConfig();
  config.reconcile_interval = milliseconds(300);
  const auto service = StartService(config);
  const auto other = StartService(config);
  ASSERT_TRUE(service && other);
  const std::string id = NewPayment();
  const std::string intent = Between(Authorize(*service, id).body, "\"providerId\":\"", "\"");
  ASSERT_EQ(Capture(*service, id).status, 200);
  EXPECT_EQ(Call("POST", simulator_->url() + "/simulator/intents/" + intent, "amount_refunded=100").status, 200);
  const auto findings = [&](const std::string& query) { return Call("GET", Url(*service, "/v1/payments:findings" + query)).body; };
  ASSERT_TRUE(souk::testing::Eventually([&] { return findings("").find("\"resolution\":\"escalated\"") != std::string::npos; }));
  const std::string found = findings("");
  EXPECT_NE(found.find("\"kind\":\"refunds\""), std::string::npos) << found;
  EXPECT_NE(found.find("the sums that were given back differ"), std::string::npos) << found;
  EXPECT_EQ(found.find("findingId"), found.rfind("findingId")) << "exactly one: " << found;
  const std::string finding = Between(found, "\"findingId\":\"", "\"");
  const Answer accepted = Post(*service, "/v1/payments:acceptFinding", R"({"findingId":")" + finding + R"(","who":"ada","note":"planted"})");
  EXPECT_EQ(accepted.status, 200) << accepted.body;
  EXPECT_EQ(findings("").find("findingId"), std::string::npos);
  EXPECT_NE(findings("?all=true").find("\"decidedBy\":\"ada\""), std::string::npos);
}

TEST_F(ServiceTest, WorksAsTwoInstancesWithDuplicatedAndShuffledRecords) {
  Config config = TestConfig();
  config.common.chaos_duplicate = true;
  config.common.chaos_shuffle = true;
  config.common.instance = "one";
  const auto one = StartService(config);
  config.common.instance = "two";
  const auto two = StartService(config);
  ASSERT_TRUE(one && two);
  simulator_->SetWebhookUrls({Url(*one, "/webhooks/provider"), Url(*two, "/webhooks/provider")});
  constexpr int kPayments = 150;
  std::vector<std::string> ids;
  for (int i = 0; i < kPayments; ++i) {
    ids.push_back(NewPayment());
    SendAuthorize(ids.back(), i % 10 == 0 ? "pm_card_visa_chargeDeclined" : "pm_card_visa");
  }
  ASSERT_TRUE(souk::testing::Eventually([&] { return Ask("SELECT count(*) FROM payments WHERE status IN ('AUTHORIZED', 'DECLINED')") == kPayments; }, std::chrono::seconds(40)));
  for (int i = 0; i < kPayments; ++i) {
    if (i % 10 != 0) SendCapture(ids[static_cast<std::size_t>(i)]);
  }
  ASSERT_TRUE(souk::testing::Eventually([&] { return Ask("SELECT count(*) FROM payments WHERE status = 'CAPTURED'") == kPayments * 9 / 10; }, std::chrono::seconds(40)));
  EXPECT_TRUE(AwaitEvents(ids[1], {"PaymentAuthorized", "PaymentCaptured"}));
  EXPECT_NE(ProviderStats().find("\"intents\":150,"), std::string::npos);
  ExpectLedger(kPayments * 9 / 10 * 1000, 0);
}

TEST_F(ServiceTest, SpeaksGrpcAsItSpeaksRest) {
  const auto service = StartService();
  ASSERT_TRUE(service);
  rpc::Channel channel("127.0.0.1:" + std::to_string(service->grpc_port()));
  Context context;
  context.idempotency_key = "key-1";
  wire::AuthorizeRequest request;
  request.set_payment_id(NewPayment());
  request.set_payment_method("pm_card_visa_chargeDeclinedInsufficientFunds");
  SetAmount(request.mutable_amount(), 1000);
  const auto declined = channel.CallSync<wire::AuthorizeRequest, wire::AuthorizeResponse>("souk.payments.v1.PaymentsService/Authorize", request, context);
  ASSERT_FALSE(declined.ok());
  EXPECT_EQ(declined.error().code, ErrorCode::kFailedPrecondition);
  EXPECT_EQ(declined.error().reason, "INSUFFICIENT_FUNDS");
  wire::GetPaymentRequest get;
  get.set_payment_id(request.payment_id());
  const auto found = channel.CallSync<wire::GetPaymentRequest, wire::GetPaymentResponse>("souk.payments.v1.PaymentsService/GetPayment", get, context);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->payment().status(), wire::PAYMENT_STATUS_DECLINED);
}

TEST_F(ServiceTest, SetsACommandAsideThatCanNeverBeApplied) {
  const auto service = StartService();
  ASSERT_TRUE(service);
  const std::string stranger = NewPayment();
  SendCapture(stranger);
  const std::string id = NewPayment();
  SendAuthorize(id);
  ASSERT_TRUE(AwaitEvents(id, {"PaymentAuthorized"})) << "what comes behind is not held up";
  EXPECT_TRUE(souk::testing::Eventually([&] {
    bool found = false;
    (void)kafka::ReadAll(brokers_, "payments.commands.dlq", {}, [&](const kafka::Record& record) { return !(found = found || record.key == stranger); }).ok();
    return found;
  }));
}

TEST_F(ServiceTest, SumsUpForTheLivePage) {
  const auto service = StartService();
  ASSERT_TRUE(service);
  const std::string id = NewPayment();
  ASSERT_EQ(Authorize(*service, id).status, 201);
  ASSERT_EQ(Capture(*service, id).status, 200);
  const Answer stats = Call("GET", Url(*service, "/v1/payments:stats"));
  EXPECT_EQ(stats.status, 200);
  EXPECT_TRUE(stats.Has(R"("captured_minor":1000,"refunded_minor":0,"unknown":0,"by_status":{"CAPTURED":1})")) << stats.body;
}

}  // namespace
}  // namespace souk::payments
