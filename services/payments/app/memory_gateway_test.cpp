#include "services/payments/app/memory_gateway.hpp"

#include "services/payments/app/payment_gateway_contract.hpp"

namespace souk::payments {
namespace {

struct MemoryGatewayFixture {
  PaymentGateway& gateway() { return memory; }
  MemoryGateway memory;
};
INSTANTIATE_TYPED_TEST_SUITE_P(Memory, PaymentGatewayContract, MemoryGatewayFixture);

}  // namespace
}  // namespace souk::payments
