#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <csignal>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include "libs/base/random.hpp"
#include "libs/http/client.hpp"
#include "libs/testing/eventually.hpp"
#include "libs/testing/process.hpp"
#include "libs/testing/test_database.hpp"
#include "test/e2e/fleet.hpp"
#include "tools/demo/catalogue.hpp"
#include "tools/demo/retail_data.hpp"

// F07 at the front door: both gateways are stopped with SIGTERM and started again, one after the other, while customers go on. Nobody is refused, nobody
// has to ask twice. (The services behind them: test/faults/outages_test.cpp.)
namespace souk::e2e {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kPerSecond = 60;
constexpr int kSecondGateway = 8050;  // a port that no service has
constexpr milliseconds kProbe{50};    // well within the time that a stopping service still serves

/// What stands in front of two gateways: asks both whether they are ready, and sends nobody to one that is not.
class Balancer {
 public:
  explicit Balancer(std::array<std::string, 2> urls, std::array<std::string, 2> probes) : urls_(std::move(urls)), probes_(std::move(probes)) {
    thread_ = std::thread([this] {
      while (!stopping_) {
        for (std::size_t i = 0; i < urls_.size(); ++i) ready_[i] = Asks(i);
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, kProbe, [this] { return stopping_.load(); });
      }
    });
  }
  ~Balancer() {
    stopping_ = true;
    wake_.notify_all();
    thread_.join();
  }
  std::string Url() {
    const std::size_t turn = turn_++;
    for (std::size_t i = 0; i < urls_.size(); ++i) {
      if (ready_[(turn + i) % urls_.size()]) return urls_[(turn + i) % urls_.size()];
    }
    return urls_[0];
  }
  bool Ready(std::size_t i) const { return ready_[i]; }

 private:
  bool Asks(std::size_t i) {
    http::ClientRequest request;
    request.url = probes_[i] + "/readyz";
    request.deadline = milliseconds(500);
    const auto answer = client_.SendSync(std::move(request));
    return answer.ok() && answer->status == 200;
  }

  const std::array<std::string, 2> urls_, probes_;
  http::Client client_;
  std::array<std::atomic<bool>, 2> ready_{};
  std::atomic<std::size_t> turn_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::thread thread_;
};

/// Customers: every second call places an order, the others look at one that was accepted, or at stock.
class Customers {
 public:
  Customers(Balancer& balancer, std::string sku) : balancer_(balancer), sku_(std::move(sku)) {
    thread_ = std::thread([this] {
      for (auto next = steady_clock::now(); !stopping_; next += milliseconds(1000 / kPerSecond)) {
        std::this_thread::sleep_until(next);
        Call();
      }
    });
  }
  void Stop() {
    stopping_ = true;
    thread_.join();
    EXPECT_TRUE(testing::Eventually([this] { return answered_ == asked_; }, std::chrono::seconds(30)));
  }
  int asked() const { return asked_; }
  std::map<std::string, int> failures() {
    const std::lock_guard lock(mutex_);
    return failures_;
  }
  std::set<std::string> orders() {
    const std::lock_guard lock(mutex_);
    return orders_;
  }

 private:
  void Call() {
    const int n = asked_++;
    const bool places = n % 2 == 0;
    http::ClientRequest request;
    request.deadline = std::chrono::seconds(10);
    request.url = balancer_.Url() + (places ? "/v1/orders" : Question(n));
    if (places) {
      request.method = "POST";
      request.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", fmt::format("{}-{}", run_, n)}};
      request.body = fmt::format(
          R"({{"customerId":"roll-{}","currency":"GBP","paymentMethod":"pm_card_visa","lines":[{{"sku":"{}","quantity":"1"}}],)"
          R"("shipTo":{{"name":"Customer","line1":"1 Market Street","city":"Anytown","country":"United Kingdom"}}}})",
          n % 50, sku_);
    }
    const std::string what = request.method + " " + request.url.substr(request.url.find("/v1/"));
    client_.Send(std::move(request), [this, places, what](Result<http::Response> answer) { Note(places, what, answer); });
  }
  std::string Question(int n) {
    const std::lock_guard lock(mutex_);
    if (n % 4 == 1 || orders_.empty()) return "/v1/stock/" + sku_;
    return "/v1/orders/" + *orders_.rbegin();
  }
  void Note(bool places, const std::string& what, const Result<http::Response>& answer) {
    const std::lock_guard lock(mutex_);
    if (!answer.ok()) {
      ++failures_[what + ": " + answer.error().message];
    } else if (answer->status / 100 != 2) {
      ++failures_[fmt::format("{}: {} {}", what, answer->status, answer->body.substr(0, 200))];
    } else if (places) {
      const std::size_t at = answer->body.find("\"orderId\":\"");
      if (at == std::string::npos) ++failures_[what + ": no orderId in " + answer->body.substr(0, 200)];
      else orders_.insert(answer->body.substr(at + 11, 36));
    }
    ++answered_;
  }

  Balancer& balancer_;
  const std::string sku_;
  const std::string run_ = [] {
    SystemRandom random;
    return NewUuidV7(SystemClock(), random).ToString();
  }();
  http::Client client_{{.threads = 1, .connections_per_host_max = 256}};
  std::mutex mutex_;
  std::map<std::string, int> failures_;
  std::set<std::string> orders_;
  std::atomic<int> asked_{0}, answered_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

std::string StockedSku(Fleet& fleet) {
  const auto data = demo::ReadRetailCsv({demo::MakeSampleCsv(7, 40)});
  EXPECT_TRUE(data.ok()) << data.error().message;
  demo::Plan plan = demo::MakePlan(*data, 20, "roll");
  EXPECT_FALSE(plan.products.empty());
  EXPECT_TRUE(demo::LoadCatalogue(fleet.GatewayUrl(), plan).ok());
  EXPECT_TRUE(demo::AwaitPrices(fleet.GatewayUrl(), plan).ok());
  http::Client client;
  http::ClientRequest receive;
  const std::string sku = plan.products.front().sku;
  receive.method = "POST";
  receive.url = fleet.GatewayUrl() + "/v1/stock:receive";
  receive.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", "roll-stock"}};
  receive.body = fmt::format(R"({{"movementId":"roll-stock","lines":[{{"sku":"{}","quantity":"100000"}}]}})", sku);
  const auto answer = client.SendSync(std::move(receive));
  EXPECT_TRUE(answer.ok() && answer->status / 100 == 2) << (answer.ok() ? answer->body : answer.error().message);
  return sku;
}

/// A second gateway beside the fleet's own, told the same but for its ports.
class SecondGateway {
 public:
  explicit SecondGateway(Fleet& fleet) : fleet_(fleet) { Start(); }
  void Start() {
    std::vector<std::string> env;
    std::istringstream lines(fleet_.Souk("env gateway"));
    for (std::string line; std::getline(lines, line);) {
      if (line.rfind("SOUK_", 0) == 0) env.push_back(line);
    }
    const auto port = [&](int base) { return std::to_string(base + fleet_.offset()); };
    env.push_back("SOUK_HTTP_PORT=" + port(kSecondGateway));
    env.push_back("SOUK_ADMIN_PORT=" + port(kSecondGateway + 1));
    env.push_back("SOUK_INSTANCE=gateway-2");
    const auto started = process_.Start({testing::TestEnvironment("SOUK_BIN") + "/gateway"}, env, testing::TestEnvironment("SOUK_TEST_STATE") + "/gateway-2.log");
    ASSERT_TRUE(started.ok()) << started.error().message;
  }
  void Restart() {
    process_.Kill(SIGTERM);
    EXPECT_EQ(process_.Wait(), 0);
    Start();
  }

 private:
  Fleet& fleet_;
  testing::ChildProcess process_;
};

TEST(RollingRestartTest, F07RefusesNobodyWhileBothGatewaysAreReplaced) {
  Fleet& fleet = Fleet::Get();
  const std::string sku = StockedSku(fleet);
  SecondGateway second(fleet);
  Balancer balancer({fleet.GatewayUrl(), fleet.Url(kSecondGateway)}, {fleet.Url(8000 + 2000), fleet.Url(kSecondGateway + 1)});
  const auto both = [&] { return balancer.Ready(0) && balancer.Ready(1); };
  ASSERT_TRUE(testing::Eventually(both, std::chrono::seconds(30)));

  Customers customers(balancer, sku);
  fleet.Souk("engine gateway restart");
  ASSERT_TRUE(testing::Eventually(both, std::chrono::seconds(30)));
  second.Restart();
  ASSERT_TRUE(testing::Eventually(both, std::chrono::seconds(30)));
  customers.Stop();

  for (const auto& [what, count] : customers.failures()) ADD_FAILURE() << count << " times: " << what;
  EXPECT_GT(customers.orders().size(), 20u);
  audit::Config patient = fleet.AuditConfig();
  patient.rechecks = 60;
  const audit::Report report = audit::Auditor(patient).Run();
  EXPECT_TRUE(report.clean()) << audit::ToText(report);
}

}  // namespace
}  // namespace souk::e2e
