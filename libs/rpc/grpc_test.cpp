#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include "libs/rpc/both_wires.hpp"

namespace souk::rpc {
namespace {

using namespace std::chrono_literals;

using EchoDone = std::function<void(Result<echo::EchoResponse>)>;

/// Calls that wait for the test to answer them.
class GrpcTest : public BothWires {
 protected:
  GrpcTest() {
    table_.AddUnary<echo::EchoRequest, echo::EchoResponse>(
        "souk.testing.v1.Parked/Park", [this](CallPtr call, std::shared_ptr<echo::EchoRequest>, EchoDone done) {
          const std::lock_guard lock(mutex_);
          calls_.push_back(std::move(call));
          parked_.push_back(std::move(done));
        });
    table_.AddServerStream<echo::WatchRequest, echo::EchoResponse>(
        "souk.testing.v1.EchoService/Watch",
        [this](CallPtr, std::shared_ptr<echo::WatchRequest> request, ServerWriter<echo::EchoResponse> writer) {
          Watch(*request, writer);
        });
  }

  /// Sends as many messages as the reader takes, the rest whenever it catches up. A negative count never ends.
  void Watch(const echo::WatchRequest& request, ServerWriter<echo::EchoResponse> writer) {
    if (request.count() == 0) return writer.Finish(MakeError(ErrorCode::kNotFound, "nothing to watch", "NO_WATCH"));
    auto next = std::make_shared<int>(0);
    auto pump = [this, next, writer, request]() mutable {
      const std::lock_guard lock(mutex_);
      if (writer.Cancelled()) {
        ++cancelled_;
        return;
      }
      echo::EchoResponse response;
      response.set_text(std::string(static_cast<std::size_t>(request.size()), 'x'));
      while (request.count() < 0 || *next < request.count()) {
        response.set_big(*next);
        if (!writer.Write(response)) {
          ++refused_;
          return;
        }
        ++*next;
      }
      writer.Finish({});
    };
    writer.OnReady(pump);
    pump();
  }

  std::size_t ParkedCount() {
    const std::lock_guard lock(mutex_);
    return parked_.size();
  }
  std::vector<EchoDone> TakeParked() {
    const std::lock_guard lock(mutex_);
    return std::exchange(parked_, {});
  }
  Result<echo::EchoResponse> Park(const Context& context) {
    return channel_->CallSync<echo::EchoRequest, echo::EchoResponse>("souk.testing.v1.Parked/Park", {}, context);
  }

  std::mutex mutex_;
  std::vector<EchoDone> parked_;
  std::vector<CallPtr> calls_;
  std::atomic<int> refused_{0};
  std::atomic<int> cancelled_{0};
};

Context Within(std::chrono::milliseconds time) {
  Context context;
  context.deadline = std::chrono::steady_clock::now() + time;
  return context;
}

TEST_F(GrpcTest, ManySlowCallsNeedNoThreadEach) {
  Start();
  constexpr int kCount = 300;
  std::atomic<int> good{0};
  std::atomic<int> done{0};
  for (int i = 0; i < kCount; ++i) {
    channel_->Call<echo::EchoRequest, echo::EchoResponse>("souk.testing.v1.Parked/Park", {}, Within(10s),
                                                          [&](Result<echo::EchoResponse> result) {
                                                            good += result.ok() ? 1 : 0;
                                                            ++done;
                                                          });
  }
  // All handlers have run and none has answered: had each kept a thread, they could not all be here.
  ASSERT_TRUE(Eventually([&] { return ParkedCount() == kCount; }));
  std::thread back_end([this] {
    for (const EchoDone& answer : TakeParked()) answer(echo::EchoResponse());
  });
  EXPECT_TRUE(Eventually([&] { return done == kCount; }));
  EXPECT_EQ(good, kCount);
  back_end.join();
}

TEST_F(GrpcTest, B58_AppliesTheServersDeadlineWhenTheCallerSetsNone) {
  Start({.default_deadline = 50ms});
  grpc::ClientContext context;
  grpc::GenericStub stub(grpc::CreateChannel("127.0.0.1:" + std::to_string(grpc_->port()), grpc::InsecureChannelCredentials()));
  grpc::Slice empty;
  const grpc::ByteBuffer request(&empty, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> status;
  stub.UnaryCall(&context, "/souk.testing.v1.Parked/Park", grpc::StubOptions(), &request, &response,
                 [&](grpc::Status result) { status.set_value(std::move(result)); });
  EXPECT_EQ(status.get_future().get().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  for (const EchoDone& late : TakeParked()) late(echo::EchoResponse());
}

TEST_F(GrpcTest, B58_CutsADeadlineThatIsTooFar) {
  Start({.deadline_max = 50ms});
  const auto result = Park(Within(1h));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kDeadlineExceeded);
  const std::lock_guard lock(mutex_);
  ASSERT_EQ(calls_.size(), 1u);
  EXPECT_LE(calls_[0]->context.Remaining(), 50ms);
  EXPECT_TRUE(calls_[0]->Cancelled());
}

TEST_F(GrpcTest, B58_AnswersDeadlineExceededForOneMillisecond) {
  Start();
  const auto result = Park(Within(1ms));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_EQ(Park(Within(-1ms)).error().code, ErrorCode::kDeadlineExceeded);
}

TEST_F(GrpcTest, B61_RefusesUnknownMethods) {
  Start();
  const auto result = Grpc<echo::EmptyRequest, echo::EmptyResponse>("Nonsense", {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kUnimplemented);
}

TEST_F(GrpcTest, RefusesBytesThatAreNoMessage) {
  Start();
  grpc::ClientContext context;
  grpc::GenericStub stub(grpc::CreateChannel("127.0.0.1:" + std::to_string(grpc_->port()), grpc::InsecureChannelCredentials()));
  grpc::Slice garbage(std::string("\x0a\xff\xff\xff"));
  const grpc::ByteBuffer request(&garbage, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> status;
  stub.UnaryCall(&context, "/souk.testing.v1.EchoService/Echo", grpc::StubOptions(), &request, &response,
                 [&](grpc::Status result) { status.set_value(std::move(result)); });
  EXPECT_EQ(status.get_future().get().error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(GrpcTest, BoundsTheMessageSize) {
  Start({.message_max = 100'000});
  echo::EchoRequest request;
  request.set_text(std::string(200'000, 'x'));
  EXPECT_EQ((Grpc<echo::EchoRequest, echo::EchoResponse>("Echo", request).error().code), ErrorCode::kResourceExhausted);
}

TEST_F(GrpcTest, CarriesTheContextAcross) {
  Start();
  Context context = Within(5s);
  SystemRandom random;
  context.trace = TraceContext::New(random);
  context.request_id = "r-77";
  context.principal = "ann";
  std::promise<Result<echo::EchoResponse>> answer;
  channel_->Call<echo::EchoRequest, echo::EchoResponse>("souk.testing.v1.Parked/Park", {}, context,
                                                        [&](Result<echo::EchoResponse> result) { answer.set_value(std::move(result)); });
  ASSERT_TRUE(Eventually([&] { return ParkedCount() == 1; }));
  TakeParked()[0](echo::EchoResponse());
  EXPECT_TRUE(answer.get_future().get().ok());
  const std::lock_guard lock(mutex_);
  const Context& seen = calls_.at(0)->context;
  EXPECT_EQ(seen.request_id, "r-77");
  EXPECT_EQ(seen.principal, "ann");
  EXPECT_EQ(seen.trace.TraceIdHex(), context.trace.TraceIdHex());
  EXPECT_LE(seen.Remaining(), 5s);
}

TEST_F(GrpcTest, TellsTheHandlerThatTheCallerLeft) {
  Start();
  auto left = std::async(std::launch::async, [this] { return Park(Within(30ms)); });
  ASSERT_TRUE(Eventually([&] { return ParkedCount() == 1; }));
  EXPECT_EQ(left.get().error().code, ErrorCode::kDeadlineExceeded);
  EXPECT_TRUE(Eventually([&] {
    const std::lock_guard lock(mutex_);
    return calls_.at(0)->Cancelled();
  }));
  TakeParked()[0](echo::EchoResponse());  // late: ignored
}

TEST_F(GrpcTest, StreamsEverythingInOrderThroughABoundedBuffer) {
  Start({.stream_buffer_max = 8});
  echo::WatchRequest request;
  request.set_count(2000);
  request.set_size(1000);
  std::vector<std::int64_t> seen;
  std::promise<Result<void>> ended;
  channel_->CallServerStream<echo::WatchRequest, echo::EchoResponse>(
      "souk.testing.v1.EchoService/Watch", request, {}, [&](echo::EchoResponse message) { seen.push_back(message.big()); },
      [&](Result<void> result) { ended.set_value(std::move(result)); });
  EXPECT_TRUE(ended.get_future().get().ok());
  ASSERT_EQ(seen.size(), 2000u);
  for (std::size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i], static_cast<std::int64_t>(i));
  EXPECT_GT(refused_, 0);
}

TEST_F(GrpcTest, StopsAStreamWhenTheCallerCancels) {
  Start({.stream_buffer_max = 8});
  echo::WatchRequest request;
  request.set_count(-1);
  std::promise<void> begun;
  std::atomic<bool> first{true};
  std::promise<Result<void>> ended;
  const auto cancel = channel_->CallServerStream<echo::WatchRequest, echo::EchoResponse>(
      "souk.testing.v1.EchoService/Watch", request, {},
      [&](echo::EchoResponse) {
        if (first.exchange(false)) begun.set_value();
      },
      [&](Result<void> result) { ended.set_value(std::move(result)); });
  begun.get_future().get();
  cancel();
  EXPECT_FALSE(ended.get_future().get().ok());
  EXPECT_TRUE(Eventually([&] { return cancelled_ > 0; }));
}

TEST_F(GrpcTest, EndsAStreamWithItsError) {
  Start();
  std::promise<Result<void>> ended;
  channel_->CallServerStream<echo::WatchRequest, echo::EchoResponse>(
      "souk.testing.v1.EchoService/Watch", {}, {}, [](echo::EchoResponse) {},
      [&](Result<void> result) { ended.set_value(std::move(result)); });
  EXPECT_EQ(ended.get_future().get().error().reason, "NO_WATCH");
}

TEST_F(GrpcTest, TheSameStreamIsServerSentEvents) {
  Start();
  const http::Response events = Rest("GET", "/v1/echo:watch?count=3&size=1");
  EXPECT_EQ(events.Header("Content-Type"), "text/event-stream");
  EXPECT_THAT(events.body, ::testing::StartsWith("data: {"));
  EXPECT_THAT(events.body, ::testing::HasSubstr(R"("big":"2")"));
  const http::Response none = Rest("GET", "/v1/echo:watch?count=0");
  EXPECT_EQ(none.status, 404);
  EXPECT_THAT(none.body, ::testing::HasSubstr("NO_WATCH"));
}

TEST_F(GrpcTest, FinishesCallsInFlightWhenItStops) {
  Start();
  auto answer = std::async(std::launch::async, [this] { return Park(Within(10s)); });
  ASSERT_TRUE(Eventually([&] { return ParkedCount() == 1; }));
  auto stopped = std::async(std::launch::async, [this] { grpc_->Stop(10s); });
  TakeParked()[0](echo::EchoResponse());
  EXPECT_TRUE(answer.get().ok());
  stopped.get();
}

TEST_F(GrpcTest, StopCancelsWhatOutlivesTheGrace) {
  Start();
  auto answer = std::async(std::launch::async, [this] { return Park(Within(10s)); });
  ASSERT_TRUE(Eventually([&] { return ParkedCount() == 1; }));
  grpc_->Stop(10ms);
  EXPECT_FALSE(answer.get().ok());
  TakeParked()[0](echo::EchoResponse());
}

/// grpc.health.v1.Health/Check without its generated code: field 1 of the answer is the status.
int HealthOf(int port, const std::string& service) {
  grpc::ClientContext context;
  grpc::GenericStub stub(grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  std::string bytes;
  if (!service.empty()) bytes = std::string("\x0a") + static_cast<char>(service.size()) + service;
  grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> status;
  stub.UnaryCall(&context, "/grpc.health.v1.Health/Check", grpc::StubOptions(), &request, &response,
                 [&](grpc::Status result) { status.set_value(std::move(result)); });
  if (!status.get_future().get().ok()) return -1;
  grpc::Slice answer;
  if (!response.DumpToSingleSlice(&answer).ok() || answer.size() < 2) return 0;
  return answer.begin()[1];
}

TEST_F(GrpcTest, HealthSaysWhatItIsTold) {
  Start();
  EXPECT_EQ(HealthOf(grpc_->port(), ""), 2);  // NOT_SERVING
  grpc_->SetServing(true);
  EXPECT_EQ(HealthOf(grpc_->port(), ""), 1);
  EXPECT_EQ(HealthOf(grpc_->port(), "souk.testing.v1.EchoService"), 1);
  EXPECT_EQ(HealthOf(grpc_->port(), "souk.other"), -1);
  grpc_->SetServing(false);
  EXPECT_EQ(HealthOf(grpc_->port(), "souk.testing.v1.EchoService"), 2);
}

TEST(GrpcStartTest, SaysWhenThePortIsTaken) {
  MethodTable table;
  auto first = GrpcServer::Start({}, table);
  ASSERT_TRUE(first.ok());
  GrpcServerConfig config;
  config.port = (*first)->port();
  const auto second = GrpcServer::Start(config, table);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kUnavailable);
}

TEST(ChannelTest, SaysUnavailableWhenNobodyListens) {
  const Channel channel("127.0.0.1:1");
  const auto result = channel.CallSync<echo::EmptyRequest, echo::EmptyResponse>("souk.testing.v1.EchoService/Empty", {}, {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace souk::rpc
