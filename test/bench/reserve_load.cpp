#include "test/bench/reserve_load.hpp"

#include "souk/inventory/v1/inventory_service.pb.h"
#include "souk/testing/v1/echo.pb.h"
#include "test/bench/stock.hpp"

namespace souk::bench {
namespace {

constexpr std::int64_t kHoldSeconds = 24 * 3600;  // no claim expires, and costs, while something is measured

template <class Response>
std::function<void(Result<Response>)> Told(OperationDone done) {
  return [done = std::move(done)](Result<Response> answer) { done(answer.ok() ? std::string() : std::string(ToString(answer.error().code))); };
}

}  // namespace

RpcLoad::RpcLoad(const std::string& target, int connections) : channel_(target, {.connections = connections}) {}

Context RpcLoad::NewContext() const {
  Context context;
  context.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  return context;
}

Operation RpcLoad::Reserve() {
  return [this](OperationDone done) {
    inventory::v1::ReserveRequest request;
    request.set_reservation_id(NewUuidV7(clock_, random_).ToString());
    request.mutable_hold()->set_seconds(kHoldSeconds);
    auto* line = request.add_lines();
    line->set_sku(kHotSku);
    line->set_quantity(1);
    Context context = NewContext();
    context.idempotency_key = request.reservation_id();
    channel_.Call<inventory::v1::ReserveRequest, inventory::v1::ReserveResponse>("souk.inventory.v1.InventoryService/Reserve", request, context,
                                                                                Told<inventory::v1::ReserveResponse>(std::move(done)));
  };
}

Operation RpcLoad::Empty() {
  return [this](OperationDone done) {
    channel_.Call<testing::v1::EmptyRequest, testing::v1::EmptyResponse>("souk.testing.v1.EchoService/Empty", {}, NewContext(),
                                                                        Told<testing::v1::EmptyResponse>(std::move(done)));
  };
}

}  // namespace souk::bench
