#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "libs/chassis/service.hpp"
#include "libs/chassis/thread_pool.hpp"
#include "libs/http/client.hpp"

namespace souk::chassis {
namespace {

http::Response Get(http::Client& client, int port, const std::string& path) {
  http::ClientRequest request;
  request.method = "GET";
  request.url = "http://127.0.0.1:" + std::to_string(port) + path;
  auto response = client.SendSync(std::move(request));
  EXPECT_TRUE(response.ok()) << (response.ok() ? "" : response.error().message);
  return response.ok() ? *response : http::Response{};
}

TEST(AdminServerTest, ReadinessNamesWhatIsMissingAndEndsWithTheStop) {
  Health health;
  std::atomic<bool> sql_up{false};
  health.AddReadinessCheck("sql", [&]() -> Result<void> {
    if (sql_up) return {};
    return MakeError(ErrorCode::kUnavailable, "no answer");
  });
  auto admin = AdminServer::Start("127.0.0.1", 0, health, "http.port = 1\n");
  ASSERT_TRUE(admin.ok());
  http::Client client;
  const int port = (*admin)->port();
  EXPECT_EQ(Get(client, port, "/readyz").body, "starting\n");
  health.SetStarted();
  EXPECT_EQ(Get(client, port, "/readyz").status, 503);
  EXPECT_EQ(Get(client, port, "/readyz").body, "sql: no answer\n");
  sql_up = true;
  EXPECT_EQ(Get(client, port, "/readyz").status, 200);
  EXPECT_EQ(Get(client, port, "/healthz").status, 200);
  EXPECT_EQ(Get(client, port, "/config").body, "http.port = 1\n");
  EXPECT_EQ(Get(client, port, "/metrics").status, 200);
  health.SetStopping();
  EXPECT_EQ(Get(client, port, "/readyz").status, 503);
}

// B84: a port in use is a clear error, not a crash.
TEST(AdminServerTest, B84APortInUseIsNamed) {
  Health health;
  auto first = AdminServer::Start("127.0.0.1", 0, health, "");
  ASSERT_TRUE(first.ok());
  auto second = AdminServer::Start("127.0.0.1", (*first)->port(), health, "");
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.error().message.find(std::to_string((*first)->port())), std::string::npos);
}

TEST(ThreadPoolTest, RefusesWhenFullAndFinishesWhatItTook) {
  std::promise<void> gate;
  auto open = gate.get_future().share();
  std::promise<void> entered;
  std::atomic<int> ran{0};
  ThreadPool pool(1, 1);
  ASSERT_TRUE(pool.Post([&] {
    entered.set_value();
    open.wait();
    ++ran;
  }).ok());
  entered.get_future().wait();
  ASSERT_TRUE(pool.Post([&] { ++ran; }).ok());
  EXPECT_EQ(pool.Post([] {}).error().code, ErrorCode::kResourceExhausted);
  gate.set_value();
  pool.Stop();
  EXPECT_EQ(ran, 2);
  EXPECT_EQ(pool.Post([] {}).error().code, ErrorCode::kUnavailable);
}

TEST(PeriodicTest, RunsAgainAndAgainUntilStopped) {
  std::atomic<int> runs{0};
  std::promise<void> thrice;
  Periodic periodic("test", std::chrono::milliseconds(1), [&] {
    if (++runs == 3) thrice.set_value();
  });
  thrice.get_future().wait();
  periodic.Stop();
  const int after = runs;
  EXPECT_GE(after, 3);
}

TEST(ParseEndpointsTest, NamesTheBadPart) {
  EXPECT_EQ(ParseEndpoints("a:1,b:2")->size(), 2U);
  EXPECT_NE(ParseEndpoints("a:1,b").error().message.find("'b'"), std::string::npos);
  EXPECT_FALSE(ParseEndpoints("").ok());
  EXPECT_FALSE(ParseEndpoints("a:99999").ok());
}

}  // namespace
}  // namespace souk::chassis
