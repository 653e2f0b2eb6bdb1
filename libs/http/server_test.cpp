#include "libs/http/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "libs/http/router.hpp"
#include "libs/http/test_socket.hpp"

namespace souk::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// True once `condition` holds; false when ten seconds passed first.
template <class F>
bool Eventually(F condition) {
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

/// Requests that wait for the test to answer them.
class Parked {
 public:
  Handler AsHandler() {
    return [this](Request, Responder responder) {
      const std::lock_guard lock(mutex_);
      responders_.push_back(Share(std::move(responder)));
    };
  }
  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return responders_.size();
  }
  std::vector<std::shared_ptr<Responder>> Take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(responders_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<Responder>> responders_;
};

class ServerTest : public testing::Test {
 protected:
  void Start(ServerConfig config = {}) {
    router_->Add("POST", "/echo", [](Request request, Responder responder) {
      Response response;
      response.body = request.body;
      responder.Send(std::move(response));
    });
    router_->Add("GET", "/hello", [](Request request, Responder responder) {
      Response response;
      response.body = "hello " + request.Query("name").value_or("you");
      responder.Send(std::move(response));
    });
    router_->Add("GET", "/parked", parked_.AsHandler());
    router_->Add("GET", "/dropped", [](Request, Responder) {});
    auto started = Server::Start(config, ToHandler(router_));
    ASSERT_TRUE(started.ok());
    server_ = std::move(started).value();
  }
  int port() const { return server_->port(); }
  std::string Ask(std::string_view bytes) { return Talk(port(), bytes); }

  Parked parked_;
  std::shared_ptr<Router> router_ = std::make_shared<Router>();
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersWithRequestIdAndTrace) {
  Start();
  const std::string answer = Ask("GET /hello?name=Ann HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Request-Id: me-1\r\n"
                                 "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("X-Request-Id: me-1\r\n"));
  EXPECT_THAT(answer, HasSubstr("traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n"));
  EXPECT_THAT(answer, HasSubstr("\r\n\r\nhello Ann"));
  const std::string other = Ask("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Request-Id: bad id\r\n\r\n");
  EXPECT_THAT(other, HasSubstr("X-Request-Id: "));
  EXPECT_THAT(other, Not(HasSubstr("bad id")));
  EXPECT_THAT(other, HasSubstr("traceparent: 00-"));
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  Start();
  TestSocket socket(port());
  socket.Send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
              "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
              "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nth\r\n3\r\nree\r\n0\r\n\r\n");
  EXPECT_THAT(socket.ReadAnswer(), HasSubstr("\r\n\r\none"));
  EXPECT_THAT(socket.ReadAnswer(), HasSubstr("\r\n\r\nhello you"));
  EXPECT_THAT(socket.ReadAnswer(), HasSubstr("\r\n\r\nthree"));
}

TEST_F(ServerTest, KeepsPipelinedRequestsWhileAHandlerIsSlow) {
  Start();
  TestSocket socket(port());
  socket.Send("GET /parked HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(Eventually([&] { return parked_.size() == 1; }));
  parked_.Take()[0]->Send({202, {}, "late"});
  EXPECT_THAT(socket.ReadAnswer(), HasSubstr("202 Accepted"));
  EXPECT_THAT(socket.ReadAnswer(), HasSubstr("hello you"));
}

TEST_F(ServerTest, RefusesMalformedFramingAndCloses) {
  Start();
  const char* bad[] = {
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
      "POST /echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: abc\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "GET /hello HTTP/1.1\r\n\r\n",
      "GET /hello HTTP/1.1\r\nHost : a\r\n\r\n",
      "GET /hello HTTP/1.1\r\nHo\x01st: a\r\n\r\n",
      "GET hello HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /hello\r\nHost: a\r\n\r\n",
      "GET /hello HTTP/1.1\nHost: a\n\n",
      "\x16\x03\x01\x02",
  };
  for (const char* bytes : bad) {
    const std::string answer = Ask(bytes);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 ")) << bytes;
    EXPECT_THAT(answer, HasSubstr("application/problem+json")) << bytes;
    EXPECT_THAT(answer, HasSubstr("Connection: close")) << bytes;
  }
  EXPECT_THAT(Ask("GET /hello HTTP/2.0\r\nHost: a\r\n\r\n"), StartsWith("HTTP/1.1 505 "));
  EXPECT_THAT(Ask("GET /hello HTTP/1.1\r\nHost: a\r\nX-Request-Timeout-Ms: soon\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
}

TEST_F(ServerTest, HoldsItsSizeLimits) {
  Start({.body_max = 1000, .header_max = 4096, .headers_count_max = 20, .target_max = 1024});
  const std::string host = " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
  EXPECT_THAT(Ask("POST /echo" + host + "Content-Length: 1000\r\n\r\n" + std::string(1000, 'x')), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(Ask("POST /echo" + host + "Content-Length: 1001\r\n\r\n"), StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Ask("POST /echo" + host + "Content-Length: 99999999999999999999\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(Ask("POST /echo" + host + "Transfer-Encoding: chunked\r\n\r\n400\r\n" + std::string(1024, 'x') + "\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(Ask("GET /" + std::string(1100, 'a') + host + "\r\n"), StartsWith("HTTP/1.1 414 "));
  EXPECT_THAT(Ask("GET /" + std::string(5000, 'a') + host + "\r\n"), StartsWith("HTTP/1.1 414 "));
  EXPECT_THAT(Ask("GET /hello" + host + "X: " + std::string(5000, 'a') + "\r\n\r\n"), StartsWith("HTTP/1.1 431 "));
  std::string many;
  for (int i = 0; i < 30; ++i) many += "X-" + std::to_string(i) + ": 1\r\n";
  EXPECT_THAT(Ask("GET /hello" + host + many + "\r\n"), StartsWith("HTTP/1.1 431 "));
}

TEST_F(ServerTest, AnswersAnOversizedUploadBeforeItEnds) {
  Start();
  TestSocket socket(port());
  socket.Send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n");
  socket.Send(std::string(4'000'000, 'x'));
  EXPECT_THAT(socket.ReadAll(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(ServerTest, AnswersHeadWithoutABody) {
  Start();
  const std::string answer = Ask("HEAD /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Content-Length: 9\r\n"));
  EXPECT_THAT(answer, testing::EndsWith("\r\n\r\n"));
}

TEST_F(ServerTest, SpeaksHttp10AndExpectContinue) {
  Start();
  EXPECT_THAT(Ask("GET /hello HTTP/1.0\r\n\r\n"), HasSubstr("hello you"));
  TestSocket socket(port());
  socket.Send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(socket.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  socket.Send("ok");
  EXPECT_THAT(socket.ReadAnswer(), HasSubstr("\r\n\r\nok"));
}

TEST_F(ServerTest, AnswersGatewayTimeoutAndIgnoresTheLateAnswer) {
  Start();
  TestSocket socket(port());
  socket.Send("GET /parked HTTP/1.1\r\nHost: a\r\nX-Request-Timeout-Ms: 20\r\n\r\n");
  EXPECT_THAT(socket.ReadAnswer(), HasSubstr("504 Gateway Timeout"));
  const auto parked = parked_.Take();
  ASSERT_EQ(parked.size(), 1u);
  EXPECT_TRUE(parked[0]->ClientGone());
  parked[0]->Send({200, {}, "too late"});
  socket.Send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(socket.ReadAnswer(), HasSubstr("hello you"));
}

TEST_F(ServerTest, TimesOutAHalfSentRequest) {
  Start({.request_timeout = 50ms});
  EXPECT_THAT(Ask("GET /hello HTTP/1.1\r\nHos"), StartsWith("HTTP/1.1 408 "));
  EXPECT_THAT(Ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc"), StartsWith("HTTP/1.1 408 "));
}

TEST_F(ServerTest, ClosesIdleConnections) {
  Start({.idle_timeout = 50ms});
  EXPECT_EQ(Ask(""), "");
}

TEST_F(ServerTest, AnswersInternalErrorForADroppedRequest) {
  Start();
  EXPECT_THAT(Ask("GET /dropped HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), StartsWith("HTTP/1.1 500 "));
}

TEST_F(ServerTest, TellsTheHandlerThatTheClientLeft) {
  Start();
  {
    TestSocket socket(port());
    socket.Send("GET /parked HTTP/1.1\r\nHost: a\r\n\r\n");
    ASSERT_TRUE(Eventually([&] { return parked_.size() == 1; }));
  }
  const auto parked = parked_.Take();
  EXPECT_TRUE(Eventually([&] { return parked[0]->ClientGone(); }));
  parked[0]->Send({});
  EXPECT_TRUE(Eventually([&] { return server_->connections() == 0; }));
}

TEST_F(ServerTest, ServesManySlowRequestsOnOneThread) {
  Start();
  constexpr std::size_t kCount = 200;
  std::vector<std::unique_ptr<TestSocket>> sockets;
  for (std::size_t i = 0; i < kCount; ++i) {
    sockets.push_back(std::make_unique<TestSocket>(port()));
    sockets.back()->Send("GET /parked HTTP/1.1\r\nHost: a\r\n\r\n");
  }
  // All of them are in the handler at once, although one thread serves.
  ASSERT_TRUE(Eventually([&] { return parked_.size() == kCount; }));
  std::thread back_end([this] {
    for (const auto& responder : parked_.Take()) responder->Send({200, {}, "done"});
  });
  for (const auto& socket : sockets) EXPECT_THAT(socket->ReadAnswer(), HasSubstr("\r\n\r\ndone"));
  back_end.join();
}

TEST_F(ServerTest, BoundsTheConnections) {
  Start({.connections_max = 2});
  TestSocket first(port());
  TestSocket second(port());
  ASSERT_TRUE(Eventually([&] { return server_->connections() == 2; }));
  TestSocket third(port());
  third.Send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(third.ReadAll(), "");
  first.Send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(first.ReadAnswer(), HasSubstr("hello"));
}

TEST_F(ServerTest, FinishesRequestsInFlightWhenItStops) {
  Start();
  TestSocket idle(port());
  TestSocket busy(port());
  busy.Send("GET /parked HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(Eventually([&] { return parked_.size() == 1 && server_->connections() == 2; }));
  auto stopped = std::async(std::launch::async, [this] { server_->Stop(10s); });
  EXPECT_EQ(idle.ReadAll(), "");
  EXPECT_FALSE(TestSocket(port()).connected());
  parked_.Take()[0]->Send({200, {}, "finished"});
  const std::string answer = busy.ReadAll();
  EXPECT_THAT(answer, HasSubstr("finished"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  stopped.get();
}

TEST_F(ServerTest, StopCutsWhatOutlivesTheGrace) {
  Start();
  TestSocket busy(port());
  busy.Send("GET /parked HTTP/1.1\r\nHost: a\r\n\r\n");
  ASSERT_TRUE(Eventually([&] { return parked_.size() == 1; }));
  server_->Stop(10ms);
  EXPECT_EQ(busy.ReadAll(), "");
  parked_.Take()[0]->Send({});  // after the end of the server: harmless
  server_.reset();
}

TEST_F(ServerTest, StreamsEventsAndKeepsTheConnection) {
  std::shared_ptr<Stream> stream;
  std::promise<void> opened;
  router_->Add("GET", "/events", [&](Request, Responder responder) {
    stream = responder.StartStream({200, {{"Content-Type", "text/event-stream"}}, ""});
    opened.set_value();
  });
  Start();
  TestSocket socket(port());
  socket.Send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  opened.get_future().get();
  EXPECT_THAT(socket.ReadUntil("\r\n\r\n"), HasSubstr("Transfer-Encoding: chunked"));
  EXPECT_TRUE(stream->Write("data: 1\n\n"));
  EXPECT_EQ(socket.ReadUntil("\n\n\r\n"), "9\r\ndata: 1\n\n\r\n");
  EXPECT_TRUE(stream->Write("data: 2\n\n"));
  stream->Close();
  EXPECT_FALSE(stream->Write("data: 3\n\n"));
  EXPECT_EQ(socket.ReadUntil("0\r\n\r\n"), "9\r\ndata: 2\n\n\r\n0\r\n\r\n");
  socket.Send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(socket.ReadAnswer(), HasSubstr("hello you"));
}

TEST_F(ServerTest, BoundsTheBufferOfASlowReader) {
  std::shared_ptr<Stream> stream;
  std::promise<void> opened;
  std::promise<void> closed;
  router_->Add("GET", "/events", [&](Request, Responder responder) {
    stream = responder.StartStream({200, {}, ""});
    stream->OnClose([&] { closed.set_value(); });
    opened.set_value();
  });
  Start({.stream_buffer_max = 100'000});
  std::atomic<int> drained{0};
  auto socket = std::make_unique<TestSocket>(port());
  socket->Send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  opened.get_future().get();
  stream->OnDrain([&] { ++drained; });
  // The reader doesn't read: the kernel's buffers fill first, then ours, then Write refuses.
  std::size_t refused = 0;
  for (int i = 0; i < 100'000 && refused < 100; ++i) {
    if (!stream->Write(std::string(10'000, 'x'))) ++refused;
    ASSERT_LE(stream->buffered(), 100'000u);
  }
  EXPECT_EQ(refused, 100u);
  EXPECT_FALSE(stream->closed());
  std::thread reader([&] { socket->ReadUntil("never"); });
  EXPECT_TRUE(Eventually([&] { return stream->buffered() == 0 && drained > 0; }));
  EXPECT_TRUE(stream->Write("more"));
  server_->Stop(0ms);
  reader.join();
  closed.get_future().get();
  EXPECT_TRUE(stream->closed());
  EXPECT_FALSE(stream->Write("x"));
}

TEST_F(ServerTest, TellsTheStreamThatTheClientLeft) {
  std::promise<void> closed;
  router_->Add("GET", "/events", [&](Request, Responder responder) {
    responder.StartStream({})->OnClose([&] { closed.set_value(); });
  });
  Start();
  {
    TestSocket socket(port());
    socket.Send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    socket.ReadUntil("\r\n\r\n");
  }
  EXPECT_EQ(closed.get_future().wait_for(10s), std::future_status::ready);
}

TEST_F(ServerTest, StripsLineBreaksFromHeaderValues) {
  router_->Add("GET", "/split", [](Request, Responder responder) {
    responder.Send({200, {{"X-Name", "a\r\nSet-Cookie: b"}}, ""});
  });
  Start();
  EXPECT_THAT(Ask("GET /split HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), HasSubstr("X-Name: aSet-Cookie: b\r\n"));
}

TEST(ServerStartTest, SaysWhenThePortIsTaken) {
  const Handler none = [](Request, Responder) {};
  auto first = Server::Start({}, none);
  ASSERT_TRUE(first.ok());
  ServerConfig config;
  config.port = (*first)->port();
  const auto second = Server::Start(config, none);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
}

TEST(ServerStartTest, ServesOnSeveralThreads) {
  ServerConfig config;
  config.threads = 4;
  auto server = Server::Start(config, [](Request request, Responder responder) { responder.Send({200, {}, request.path}); });
  ASSERT_TRUE(server.ok());
  std::vector<std::thread> clients;
  std::atomic<int> good{0};
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&, i] {
      TestSocket socket((*server)->port());
      const std::string path = '/' + std::to_string(i);
      for (int n = 0; n < 200; ++n) {
        socket.Send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
        const std::string answer = socket.ReadAnswer();
        if (answer.substr(answer.size() - std::min(answer.size(), path.size())) == path) ++good;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(good, 1600);
}

}  // namespace
}  // namespace souk::http
