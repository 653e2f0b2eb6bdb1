#include "tools/demo/catalogue.hpp"

#include <nlohmann/json.hpp>
#include <thread>

#include "libs/base/random.hpp"
#include "libs/http/client.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/kafka/producer.hpp"
#include "libs/rpc/channel.hpp"
#include "souk/inventory/v1/inventory_service.pb.h"
#include "souk/products/v1/product_events.pb.h"

namespace souk::demo {
namespace {

constexpr std::size_t kLinesPerCall = 500;
constexpr std::int64_t kVersion = 1;
constexpr auto kPatience = std::chrono::seconds(60);
constexpr auto kPause = std::chrono::milliseconds(100);

kafka::Record ProductRecord(const Product& product, const TraceContext& trace) {
  products::v1::ProductChanged event;
  event.set_sku(product.sku);
  event.set_name(product.name);
  event.mutable_price()->set_minor_units(product.price_minor);
  event.mutable_price()->set_currency("GBP");
  event.set_version(kVersion);
  event.set_low_stock_threshold(10);
  kafka::Envelope envelope;
  envelope.id = Uuid::FromName("product", product.sku + ":" + std::to_string(kVersion) + ":" + std::to_string(product.price_minor) + product.name);
  envelope.type = event.GetTypeName();
  envelope.source = "/demo";
  envelope.subject = product.sku;
  envelope.time = SystemClock().Now();
  envelope.aggregate_version = kVersion;
  envelope.traceparent = trace.ToString();
  return kafka::ToRecord("products.product.events.v1", envelope, event.SerializeAsString());
}

Error TooLate(const std::string& what) { return MakeError(ErrorCode::kDeadlineExceeded, what + " within 60 s; see ./souk logs"); }

Result<void> Receive(const rpc::Channel& channel, const inventory::v1::ReceiveStockRequest& request) {
  SystemRandom random;
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  Result<inventory::v1::ReceiveStockResponse> answer = TooLate("inventory did not answer");
  while (std::chrono::steady_clock::now() < give_up) {
    Context context;
    context.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    context.trace = TraceContext::New(random);
    context.idempotency_key = request.movement_id();
    answer = channel.CallSync<inventory::v1::ReceiveStockRequest, inventory::v1::ReceiveStockResponse>(
        "souk.inventory.v1.InventoryService/ReceiveStock", request, context);
    if (answer.ok()) return {};
    // The catalogue may still be on its way to inventory.
    if (!IsRetryable(answer.error().code) && answer.error().code != ErrorCode::kNotFound) break;
    std::this_thread::sleep_for(kPause);
  }
  return answer.error();
}

}  // namespace

Result<void> PublishCatalogue(const std::string& brokers, const Plan& plan) {
  kafka::ProducerConfig config;
  config.brokers = brokers;
  config.client_id = "souk-demo";
  SOUK_ASSIGN_OR_RETURN(auto producer, kafka::Producer::Create(config));
  SystemRandom random;
  const TraceContext trace = TraceContext::New(random);
  for (const Product& product : plan.products) {
    Result<void> queued = producer->Produce(ProductRecord(product, trace), [](Result<void>) {});
    while (!queued.ok() && queued.error().code == ErrorCode::kResourceExhausted) {
      SOUK_RETURN_IF_ERROR(producer->Flush(std::chrono::seconds(10)));
      queued = producer->Produce(ProductRecord(product, trace), [](Result<void>) {});
    }
    SOUK_RETURN_IF_ERROR(queued);
  }
  return producer->Flush(std::chrono::seconds(30));
}

Result<void> ReceiveStock(const std::string& inventory_grpc, const Plan& plan) {
  const rpc::Channel channel(inventory_grpc);
  for (std::size_t from = 0; from < plan.stock.size(); from += kLinesPerCall) {
    inventory::v1::ReceiveStockRequest request;
    request.set_movement_id("demo-" + plan.data_id + "-" + std::to_string(plan.orders.size()) + "-" + std::to_string(from));
    for (std::size_t i = from; i < std::min(plan.stock.size(), from + kLinesPerCall); ++i) {
      auto* line = request.add_lines();
      line->set_sku(plan.stock[i].sku);
      line->set_quantity(plan.stock[i].quantity);
    }
    SOUK_RETURN_IF_ERROR(Receive(channel, request));
  }
  return {};
}

Result<void> AwaitPrices(const std::string& gateway_url, const Plan& plan) {
  if (plan.products.empty()) return {};
  http::Client client;
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  const nlohmann::json body = {{"currency", "GBP"}, {"lines", {{{"sku", plan.products.back().sku}, {"quantity", "1"}}}}};
  while (std::chrono::steady_clock::now() < give_up) {
    http::ClientRequest request;
    request.method = "POST";
    request.url = gateway_url + "/v1/orders:quote";
    request.headers = {{"Content-Type", "application/json"}};
    request.body = body.dump();
    const auto answer = client.SendSync(std::move(request));
    if (answer.ok() && answer->status == 200) return {};
    std::this_thread::sleep_for(kPause);
  }
  return TooLate("orders did not learn the catalogue");
}

}  // namespace souk::demo
