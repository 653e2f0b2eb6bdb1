#include "tools/payment-simulator/simulator.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>

#include "libs/base/hash.hpp"
#include "libs/http/client.hpp"
#include "libs/http/server.hpp"

namespace souk::payment_simulator {
namespace {

using std::chrono::milliseconds;

/// Keeps what it is sent; answers 503 to the first `refuse` of them.
class Receiver {
 public:
  explicit Receiver(int refuse = 0) : refuse_(refuse) {
    server_ = http::Server::Start({}, [this](http::Request request, http::Responder responder) {
                const std::lock_guard lock(mutex_);
                const bool refused = refuse_-- > 0;
                if (!refused) got_.push_back(std::move(request));
                responder.Send({refused ? 503 : 200, {}, ""});
                changed_.notify_all();
              }).value();
  }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()) + "/hook"; }
  std::vector<http::Request> WaitFor(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::seconds(20), [&] { return got_.size() >= count; });
    return got_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<http::Request> got_;
  int refuse_;
  std::unique_ptr<http::Server> server_;
};

class SimulatorTest : public testing::Test {
 protected:
  http::Response Call(const std::string& method, const std::string& target, const std::string& body = {},
                      const std::string& key = {}) {
    http::ClientRequest request = http::ParseUrl(simulator_->url() + target).value();
    request.method = method;
    request.body = body;
    request.headers = {{"Authorization", "Bearer sk_test_souk"}, {"Content-Type", "application/x-www-form-urlencoded"}};
    if (!key.empty()) request.headers.emplace_back("Idempotency-Key", key);
    request.deadline = deadline_;
    auto response = client_.SendSync(std::move(request));
    return response.ok() ? *response : http::Response{0, {}, response.error().message};
  }
  static std::string Body(const std::string& method) {
    return "amount=500&currency=gbp&confirm=true&capture_method=manual&metadata[order_id]=o1&payment_method=" + method;
  }
  std::unique_ptr<Simulator> simulator_ = Simulator::Start({.webhook_secret = "whsec_test"}).value();
  http::Client client_;
  milliseconds deadline_{10'000};
};

TEST_F(SimulatorTest, RefusesCallsWithoutAKey) {
  http::ClientRequest request = http::ParseUrl(simulator_->url() + "/v1/payment_intents").value();
  EXPECT_EQ(client_.SendSync(std::move(request))->status, 401);
  EXPECT_EQ(Call("GET", "/healthz").status, 200);
}

TEST_F(SimulatorTest, NeverAnswersTimeoutAfterCommitButAnswersItsReplay) {
  deadline_ = milliseconds(300);
  EXPECT_EQ(Call("POST", "/v1/payment_intents", Body("pm_card_souk_timeoutAfterCommit"), "k").status, 0);
  deadline_ = milliseconds(10'000);
  const http::Response replay = Call("POST", "/v1/payment_intents", Body("pm_card_souk_timeoutAfterCommit"), "k");
  EXPECT_EQ(replay.status, 200) << replay.body;
  EXPECT_EQ(replay.Header("Idempotent-Replayed"), "true");
  EXPECT_NE(Call("GET", "/simulator/stats").body.find("\"intents\":1,"), std::string::npos);
}

TEST_F(SimulatorTest, SendsSignedWebhooksUntilTheyAreTaken) {
  Receiver receiver(2);
  simulator_->SetWebhookUrls({receiver.url()});
  ASSERT_EQ(Call("POST", "/v1/payment_intents", Body("pm_card_visa")).status, 200);
  const auto got = receiver.WaitFor(1);
  ASSERT_EQ(got.size(), 1u);
  const std::string signature(got[0].Header("Stripe-Signature"));
  const std::string time = signature.substr(2, signature.find(',') - 2);
  EXPECT_EQ(signature.substr(signature.find("v1=") + 3), HmacSha256Hex("whsec_test", time + "." + got[0].body));
}

TEST_F(SimulatorTest, SendsDuplicateWebhooksTwiceAndReordered) {
  Receiver receiver;
  simulator_->SetWebhookUrls({receiver.url()});
  const std::string held = Call("POST", "/v1/payment_intents", Body("pm_card_souk_duplicateWebhook")).body;
  const std::string id = held.substr(held.find("pi_"), held.find('"', held.find("pi_")) - held.find("pi_"));
  ASSERT_EQ(Call("POST", "/v1/payment_intents/" + id + "/capture").status, 200);
  const auto got = receiver.WaitFor(4);
  ASSERT_EQ(got.size(), 4u);
  EXPECT_NE(got.front().body.find("payment_intent.succeeded"), std::string::npos);
  EXPECT_NE(got.back().body.find("amount_capturable_updated"), std::string::npos);
}

TEST_F(SimulatorTest, InjectsFaultsOnDemand) {
  Call("POST", "/simulator/faults", "kind=error&count=1");
  EXPECT_EQ(Call("POST", "/v1/payment_intents", Body("pm_card_visa"), "k").status, 500);
  EXPECT_EQ(Call("POST", "/v1/payment_intents", Body("pm_card_visa"), "k").status, 200);
  Call("POST", "/simulator/faults", "kind=error_after&count=1");
  EXPECT_EQ(Call("POST", "/v1/payment_intents", Body("pm_card_visa"), "k2").status, 500);
  EXPECT_EQ(Call("POST", "/v1/payment_intents", Body("pm_card_visa"), "k2").Header("Idempotent-Replayed"), "true");
}

}  // namespace
}  // namespace souk::payment_simulator
