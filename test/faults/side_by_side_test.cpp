#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <sstream>

#include "libs/http/client.hpp"
#include "libs/kafka/admin.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/testing/eventually.hpp"
#include "libs/testing/process.hpp"
#include "libs/testing/test_database.hpp"
#include "test/e2e/fleet.hpp"
#include "test/faults/workload.hpp"

// F61: this version of orders and the next one side by side, as in a rolling deployment: orders-next sends one more field in every message and one more
// event type. Sagas that one of them began are finished by the other, in both directions.
namespace souk::faults {
namespace {

constexpr int kPortOfNext = 8060;  // ports that no service has
constexpr const char* kEvents = "orders.order.events.v1";

std::string Environment(const char* name) { return souk::testing::TestEnvironment(name); }

/// One instance of the next version, in the group of today's.
class NextOrders {
 public:
  explicit NextOrders(e2e::Fleet& fleet) : fleet_(fleet) { Start(); }

  void Start() {
    std::vector<std::string> env;
    std::istringstream lines(fleet_.Souk("env orders"));
    for (std::string line; std::getline(lines, line);) {
      if (line.rfind("SOUK_", 0) == 0) env.push_back(line);
    }
    const auto port = [&](int shift) { return std::to_string(kPortOfNext + shift + fleet_.offset()); };
    for (const std::string& line : {"SOUK_HTTP_PORT=" + port(0), "SOUK_GRPC_PORT=" + port(1), "SOUK_ADMIN_PORT=" + port(2), std::string("SOUK_INSTANCE=orders-next")}) env.push_back(line);
    const auto started = process_.Start({Environment("SOUK_BIN") + "/orders-next"}, env, Environment("SOUK_TEST_STATE") + "/orders-next.log");
    ASSERT_TRUE(started.ok()) << started.error().message;
    ASSERT_TRUE(souk::testing::Eventually([&] { return Ready(); }, std::chrono::seconds(30))) << "see orders-next.log";
  }
  void Stop() {
    process_.Kill(SIGTERM);
    EXPECT_EQ(process_.Wait(), 0);
  }

 private:
  bool Ready() {
    http::ClientRequest request;
    request.url = fleet_.Url(kPortOfNext + 2) + "/readyz";
    const auto answer = client_.SendSync(std::move(request));
    return answer.ok() && answer->status == 200;
  }

  e2e::Fleet& fleet_;
  http::Client client_;
  souk::testing::ChildProcess process_;
};

TEST(SideBySideTest, F61ThisVersionAndTheNextFinishEachOthersSagas) {
  constexpr int kOrders = 360;
  e2e::Fleet& fleet = e2e::Fleet::Get();
  NextOrders next(fleet);
  const e2e::Outcome outcome = e2e::ReplayUnder(
      fleet, kOrders, 40,
      [&] {
        next.Stop();  // what it began is finished by this version
        next.Start();
        fleet.Stop("orders");  // and the other way round
        fleet.Start("orders");
      },
      OneOfEveryKind);
  next.Stop();
  e2e::ExpectNothingOutOfPlace(outcome, kOrders);

  std::map<std::string, int> types;
  const auto read = kafka::ReadAll(fleet.AuditConfig().kafka_brokers, kEvents, {}, [&](const kafka::Record& record) {
    const auto envelope = kafka::ParseEnvelope(record);
    if (envelope.ok()) ++types[envelope->type];
    return true;
  });
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_GT(types["souk.orders.v1.OrderAnnotated"], 0) << "the next version took part";
  EXPECT_GT(types["souk.orders.v1.OrderProgressed"], 0) << "this version took part";
}

}  // namespace
}  // namespace souk::faults
