#include "services/payments/adapters/stripe_gateway.hpp"

#include "services/payments/app/payment_gateway_contract.hpp"
#include "tools/payment-simulator/simulator.hpp"

namespace souk::payments {
namespace {

struct SimulatorFixture {
  PaymentGateway& gateway() { return *stripe; }
  std::unique_ptr<payment_simulator::Simulator> simulator = payment_simulator::Simulator::Start({}).value();
  std::unique_ptr<StripeGateway> stripe = StripeGateway::Create({.url = simulator->url(), .key = "sk_test_souk"}).value();
};
INSTANTIATE_TYPED_TEST_SUITE_P(Simulator, PaymentGatewayContract, SimulatorFixture);

TEST(StripeGatewayTest, TakesAnAbsentProviderForUnknown) {
  const auto gateway = StripeGateway::Create({.url = "http://127.0.0.1:1", .key = "k"}).value();
  std::promise<ProviderResult> promise;
  gateway->Call({.kind = CallKind::kGet, .provider_id = "pi_1"}, [&promise](ProviderResult result) { promise.set_value(std::move(result)); });
  EXPECT_TRUE(std::holds_alternative<UnknownOutcome>(promise.get_future().get()));
  EXPECT_FALSE(StripeGateway::Create({.url = "ftp://x"}).ok());
}

}  // namespace
}  // namespace souk::payments
