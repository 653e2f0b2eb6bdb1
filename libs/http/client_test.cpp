#include "libs/http/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include "libs/http/router.hpp"
#include "libs/http/server.hpp"

namespace souk::http {
namespace {

using namespace std::chrono_literals;

class ClientTest : public testing::Test {
 protected:
  ClientTest() {
    router_->Add("POST", "/echo", [](Request request, Responder responder) {
      responder.Send({201, {{"X-Seen", std::string(request.Header("x-mine"))}}, request.body});
    });
    router_->Add("GET", "/peer", [](Request request, Responder responder) { responder.Send({200, {}, request.peer}); });
    router_->Add("GET", "/never", [this](Request, Responder responder) {
      const std::lock_guard lock(mutex_);
      kept_.push_back(Share(std::move(responder)));
    });
    router_->Add("GET", "/stream", [](Request, Responder responder) {
      const auto stream = responder.StartStream({200, {}, "first,"});
      stream->Write("second,");
      stream->Write("third");
      stream->Close();
    });
    router_->Add("GET", "/endless", [this](Request, Responder responder) {
      const auto stream = responder.StartStream({200, {}, "first"});
      stream->OnClose([this] { ++streams_closed_; });
    });
    Serve(0);
  }
  ~ClientTest() override { kept_.clear(); }

  void Serve(int port) {
    ServerConfig config;
    config.port = port;
    auto started = Server::Start(config, ToHandler(router_));
    ASSERT_TRUE(started.ok());
    server_ = std::move(started).value();
  }
  ClientRequest To(std::string method, std::string target) const {
    ClientRequest request;
    request.method = std::move(method);
    request.url = "http://127.0.0.1:" + std::to_string(server_->port()) + target;
    return request;
  }

  std::mutex mutex_;
  std::vector<std::shared_ptr<Responder>> kept_;
  std::atomic<int> streams_closed_{0};
  std::shared_ptr<Router> router_ = std::make_shared<Router>();
  std::unique_ptr<Server> server_;
};

TEST_F(ClientTest, SendsAndReceives) {
  Client client;
  ClientRequest request = To("POST", "/echo");
  request.body = std::string(500'000, 'b');
  request.headers = {{"X-Mine", "yes"}};
  const auto response = client.SendSync(std::move(request));
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->body.size(), 500'000u);
  EXPECT_EQ(response->Header("x-seen"), "yes");
}

TEST_F(ClientTest, KeepsConnectionsAlive) {
  Client client;
  const auto first = client.SendSync(To("GET", "/peer"));
  const auto second = client.SendSync(To("GET", "/peer"));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->body, second->body);
}

TEST_F(ClientTest, SurvivesAServerThatRestarts) {
  Client client;
  ASSERT_TRUE(client.SendSync(To("GET", "/peer")).ok());
  const int port = server_->port();
  server_.reset();
  const auto away = client.SendSync({.method = "GET", .url = "http://127.0.0.1:" + std::to_string(port) + "/peer"});
  ASSERT_FALSE(away.ok());
  EXPECT_EQ(away.error().code, ErrorCode::kUnavailable);
  Serve(port);
  EXPECT_TRUE(client.SendSync(To("GET", "/peer")).ok());
}

TEST_F(ClientTest, GivesUpAtTheDeadline) {
  Client client;
  ClientRequest request = To("GET", "/never");
  request.deadline = 30ms;
  const auto response = client.SendSync(std::move(request));
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, ErrorCode::kDeadlineExceeded);
}

TEST_F(ClientTest, BoundsConnectionsAndQueue) {
  Client client({.connections_per_host_max = 2, .queue_max = 3});
  std::atomic<int> refused{0};
  std::atomic<int> answered{0};
  std::promise<void> all;
  for (int i = 0; i < 10; ++i) {
    client.Send(To("GET", "/never"), [&](Result<Response> result) {
      if (!result.ok() && result.error().code == ErrorCode::kResourceExhausted) ++refused;
      if (result.ok()) ++answered;
      if (refused + answered == 10) all.set_value();
    });
  }
  // Two are on the wire, three wait, five were refused; then the waiting ones follow.
  while (answered + refused < 10) {
    const std::lock_guard lock(mutex_);
    EXPECT_LE(kept_.size(), 2u);
    for (const auto& responder : std::exchange(kept_, {})) responder->Send({});
  }
  all.get_future().get();
  EXPECT_EQ(refused, 5);
}

TEST_F(ClientTest, RunsManyRequestsAtOnce) {
  Client client({.threads = 2, .connections_per_host_max = 16});
  constexpr int kCount = 2000;
  std::atomic<int> good{0};
  std::atomic<int> done{0};
  std::promise<void> all;
  for (int i = 0; i < kCount; ++i) {
    ClientRequest request = To("POST", "/echo");
    request.body = std::to_string(i);
    client.Send(std::move(request), [&, i](Result<Response> result) {
      if (result.ok() && result->body == std::to_string(i)) ++good;
      if (++done == kCount) all.set_value();
    });
  }
  all.get_future().get();
  EXPECT_EQ(good, kCount);
}

TEST_F(ClientTest, HandsStreamsOutPieceByPiece) {
  Client client;
  std::string body;
  int status = 0;
  std::promise<Result<void>> ended;
  client.SendStreaming(
      To("GET", "/stream"), [&](const Response& head) { status = head.status; },
      [&](std::string_view piece) {
        body += piece;
        return true;
      },
      [&](Result<void> result) { ended.set_value(std::move(result)); });
  EXPECT_TRUE(ended.get_future().get().ok());
  EXPECT_EQ(status, 200);
  EXPECT_EQ(body, "first,second,third");
}

TEST_F(ClientTest, StopsAStreamWhenAsked) {
  Client client;
  std::promise<void> begun;
  std::promise<Result<void>> ended;
  const auto cancel = client.SendStreaming(
      To("GET", "/endless"), [](const Response&) {},
      [&](std::string_view) {
        begun.set_value();
        return true;
      },
      [&](Result<void> result) { ended.set_value(std::move(result)); });
  begun.get_future().get();
  cancel();
  EXPECT_EQ(ended.get_future().get().error().reason, "STOPPED");
  while (streams_closed_ == 0) std::this_thread::yield();
  cancel();
}

TEST_F(ClientTest, FailsWhatIsInFlightWhenItEnds) {
  std::promise<Result<Response>> answer;
  {
    Client client;
    client.Send(To("GET", "/never"), [&](Result<Response> result) { answer.set_value(std::move(result)); });
  }
  const auto result = answer.get_future().get();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
}

TEST(ParseUrlTest, TakesPlainHttpOnly) {
  const auto good = ParseUrl("http://shop.local:8080/a/b?c=d");
  ASSERT_TRUE(good.ok());
  EXPECT_EQ(good->host, "shop.local");
  EXPECT_EQ(good->port, 8080);
  EXPECT_EQ(good->target, "/a/b?c=d");
  EXPECT_EQ(ParseUrl("http://h")->port, 80);
  EXPECT_EQ(ParseUrl("http://h?x")->target, "/?x");
  for (const char* bad : {"https://h/", "h/", "http://", "http://h:0/", "http://h:99999/", "http://h:x/", "http://u@h/",
                          "http://h/a b", "http://h/a\r\nX: y"}) {
    EXPECT_FALSE(ParseUrl(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace souk::http
