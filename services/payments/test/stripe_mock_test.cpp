// Is what our adapter sends acceptable to the real API's description? stripe-mock checks each request against Stripe's
// own OpenAPI document. Skipped, with the reason, where Go or its modules can't be had.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>

#include "libs/testing/eventually.hpp"
#include "libs/testing/process.hpp"
#include "services/payments/adapters/stripe_gateway.hpp"
#include "services/payments/adapters/stripe_json.hpp"

namespace souk::payments {
namespace {

namespace fs = std::filesystem;
constexpr const char* kModule = "github.com/stripe/stripe-mock@v0.203.0";

/// Runs a shell command. Exit code and output.
std::pair<int, std::string> Run(const std::string& command) {
  std::string output;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  if (pipe == nullptr) return {127, "popen failed"};
  std::array<char, 4096> buffer{};
  while (fgets(buffer.data(), buffer.size(), pipe) != nullptr) output += buffer.data();
  return {pclose(pipe), output};
}

bool NewEnough(const std::string& version) {
  int major = 0;
  int minor = 0;
  return std::sscanf(version.c_str(), "go%d.%d", &major, &minor) == 2 && (major > 1 || minor >= 24);
}

/// Empty and `program` set, or why there is none.
std::string Provide(fs::path* program) {
  const auto [no_go, version] = Run("go env GOVERSION");
  if (no_go != 0) return "Go is not installed (1.24 or later is needed)";
  if (!NewEnough(version)) return "this Go is too old (1.24 or later is needed): " + version;
  const fs::path folder = fs::read_symlink("/proc/self/exe").parent_path() / "stripe-mock";
  *program = folder / "stripe-mock";
  if (fs::exists(*program)) return {};
  const auto [failed, output] = Run("GOBIN='" + folder.string() + "' GOTOOLCHAIN=local timeout 240 go install " + kModule);
  return failed == 0 ? "" : "stripe-mock could not be fetched or built: " + output.substr(0, output.find('\n'));
}

class StripeMockTest : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::path program;
    if (const std::string reason = Provide(&program); !reason.empty()) GTEST_SKIP() << reason;
    const fs::path log = program.parent_path() / ("log-" + std::to_string(getpid()));
    fs::remove(log);
    ASSERT_TRUE(mock_.Start({program.string(), "-http-addr", "127.0.0.1:0"}, {}, log).ok());
    std::string url;
    ASSERT_TRUE(souk::testing::Eventually([&] {
      std::stringstream text;
      text << std::ifstream(log).rdbuf();
      const std::string said = text.str();
      const auto at = said.find("127.0.0.1:");
      if (at == std::string::npos || said.find('\n', at) == std::string::npos) return false;
      url = "http://" + said.substr(at, said.find('\n', at) - at);
      return true;
    }));
    fs::remove(log);
    gateway_ = StripeGateway::Create({.url = url, .key = "sk_test_123"}).value();
  }

  void ExpectAccepted(const ProviderCall& call) {
    const auto response = client_.SendSync(gateway_->MakeRequest(call));
    ASSERT_TRUE(response.ok()) << response.error().message;
    EXPECT_EQ(response->status, 200) << response->body;
    const ProviderResult result = ReadAnswer(call.kind, call.refund_id, response->status, response->body);
    EXPECT_FALSE(std::holds_alternative<UnknownOutcome>(result)) << response->body;
    EXPECT_FALSE(std::holds_alternative<Rejected>(result)) << response->body;
  }

  souk::testing::ChildProcess mock_;
  std::unique_ptr<StripeGateway> gateway_;
  http::Client client_;
};

TEST_F(StripeMockTest, AcceptsEveryRequestOfOurs) {
  const Uuid id = Uuid::FromName("stripe-mock", "1");
  for (const CallKind kind : {CallKind::kAuthorize, CallKind::kCapture, CallKind::kCancel, CallKind::kRefund, CallKind::kGet, CallKind::kFind,
                              CallKind::kFindRefund}) {
    SCOPED_TRACE("kind " + std::to_string(static_cast<int>(kind)));
    ProviderCall call{.kind = kind, .payment_id = id, .key = "key", .provider_id = "pi_1", .amount = {1000, "GBP"}, .payment_method = "pm_card_visa"};
    if (kind == CallKind::kRefund || kind == CallKind::kFindRefund) call.refund_id = "r1";
    ExpectAccepted(call);
  }
  std::promise<Result<IntentPage>> promise;
  gateway_->List(1'700'000'000, "pi_1", [&promise](Result<IntentPage> page) { promise.set_value(std::move(page)); });
  const auto page = promise.get_future().get();
  EXPECT_TRUE(page.ok()) << (page.ok() ? "" : page.error().message);
}

TEST_F(StripeMockTest, RefusesWhatTheApiDoesNotKnow) {
  http::ClientRequest request = gateway_->MakeRequest({.kind = CallKind::kAuthorize, .key = "key", .amount = {1000, "GBP"}, .payment_method = "pm_card_visa"});
  request.body += "&no_such_parameter=1";
  const auto response = client_.SendSync(std::move(request));
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->status, 400) << "else the test above proves nothing";
}

}  // namespace
}  // namespace souk::payments
