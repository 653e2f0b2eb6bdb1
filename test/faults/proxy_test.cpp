#include "test/faults/proxy.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "libs/http/client.hpp"
#include "libs/http/router.hpp"
#include "libs/http/server.hpp"
#include "libs/testing/eventually.hpp"

namespace souk::faults {
namespace {

class ProxyTest : public ::testing::Test {
 protected:
  ProxyTest() {
    auto router = std::make_shared<http::Router>();
    router->Add("GET", "/", [this](http::Request, http::Responder responder) {
      ++asked_;
      http::Response response;
      response.body = std::string(1000, 'x');
      responder.Send(std::move(response));
    });
    server_ = *http::Server::Start({}, http::ToHandler(router));
    proxy_ = *Proxy::Start(server_->port(), Protocol::kPlain);
  }

  Result<http::Response> Ask(std::chrono::milliseconds deadline = std::chrono::seconds(5)) {
    http::ClientRequest request;
    request.url = "http://127.0.0.1:" + std::to_string(proxy_->port()) + "/";
    request.deadline = deadline;
    http::Client client;  // a connection of its own
    return client.SendSync(std::move(request));
  }

  std::atomic<int> asked_{0};
  std::unique_ptr<http::Server> server_;
  std::unique_ptr<Proxy> proxy_;
};

TEST_F(ProxyTest, PassesBytesBothWays) {
  const auto answer = Ask();
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->body.size(), 1000U);
  EXPECT_EQ(proxy_->Stats().connections, 1);
}

TEST_F(ProxyTest, ResetsUntilCleared) {
  proxy_->Set({.kind = Toxic::Kind::kReset});
  EXPECT_FALSE(Ask().ok());
  EXPECT_EQ(asked_, 0);
  proxy_->Clear();
  EXPECT_TRUE(testing::Eventually([&] { return Ask().ok(); }));
}

TEST_F(ProxyTest, CutsAReplyAfterSomeBytesSoThatTheEffectIsUnknown) {
  proxy_->Set({.kind = Toxic::Kind::kCutReplyAfter, .bytes = 20, .times = 1});
  const auto answer = Ask();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().reason, "CONNECTION_LOST");
  EXPECT_EQ(asked_, 1) << "the server did it";
  EXPECT_EQ(proxy_->Stats().cuts, 1);
  EXPECT_TRUE(Ask().ok()) << "one time was asked for";
}

// F85: what one side sends arrives, what the other answers does not: a failure at the deadline, and no earlier.
TEST_F(ProxyTest, F85AsymmetricHoldIsAFailureAtTheDeadline) {
  proxy_->Set({.kind = Toxic::Kind::kHold, .to_server = false, .to_client = true});
  const auto answer = Ask(std::chrono::milliseconds(200));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(asked_, 1);
  proxy_->Clear();
  EXPECT_TRUE(Ask().ok());
}

TEST_F(ProxyTest, HeldBytesArriveOnceTheHoldIsOver) {
  proxy_->Set({.kind = Toxic::Kind::kHold});
  Result<http::Response> answer = MakeError(ErrorCode::kInternal, "not asked");
  std::thread asking([&] { answer = Ask(); });
  EXPECT_TRUE(testing::Eventually([&] { return proxy_->Stats().connections == 1; }));
  EXPECT_EQ(asked_, 0);
  proxy_->Clear();
  asking.join();
  EXPECT_TRUE(answer.ok());
}

}  // namespace
}  // namespace souk::faults
