#include "test/bench/stock.hpp"

#include <fmt/format.h>

#include "libs/base/random.hpp"
#include "libs/rpc/channel.hpp"
#include "souk/inventory/v1/inventory_service.pb.h"
#include "tools/demo/catalogue.hpp"

namespace souk::bench {
namespace {

constexpr std::int64_t kUnitsPerLine = 100'000;  // as much as one line may hold

demo::Plan ProductPlan() {
  demo::Plan plan;
  plan.data_id = "bench";
  for (int i = 0; i < kProducts; ++i) {
    plan.products.push_back({ProductSku(i), fmt::format("Benchmark product {}", i), 500 + i});
    plan.stock.push_back({ProductSku(i), kUnitsPerLine});
  }
  plan.products.push_back({kHotSku, "Benchmark's hot product", 999});
  plan.stock.push_back({kHotSku, kUnitsPerLine});
  return plan;
}

}  // namespace

std::string ProductSku(std::int64_t n) { return fmt::format("BENCH-{:04}", n % kProducts); }

Result<void> PrepareProducts(const std::string& inventory_grpc, const std::string& gateway_url) {
  const demo::Plan plan = ProductPlan();
  SOUK_RETURN_IF_ERROR(demo::LoadCatalogue(gateway_url, plan));
  SOUK_RETURN_IF_ERROR(demo::ReceiveStock(inventory_grpc, plan));
  return demo::AwaitPrices(gateway_url, plan);
}

Result<void> ReceiveHotStock(const std::string& inventory_grpc, std::int64_t units) {
  const rpc::Channel channel(inventory_grpc);
  SystemRandom random;
  for (std::int64_t received = 0; received < units; received += kUnitsPerLine) {
    inventory::v1::ReceiveStockRequest request;
    request.set_movement_id("bench-" + NewUuidV7(SystemClock(), random).ToString());
    auto* line = request.add_lines();
    line->set_sku(kHotSku);
    line->set_quantity(kUnitsPerLine);
    Context context;
    context.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    context.idempotency_key = request.movement_id();
    const auto answer = channel.CallSync<inventory::v1::ReceiveStockRequest, inventory::v1::ReceiveStockResponse>(
        "souk.inventory.v1.InventoryService/ReceiveStock", request, context);
    if (!answer.ok()) return answer.error();
  }
  return {};
}

}  // namespace souk::bench
