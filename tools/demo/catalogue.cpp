#include "tools/demo/catalogue.hpp"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <thread>

#include "libs/base/hash.hpp"
#include "libs/base/random.hpp"
#include "libs/http/client.hpp"
#include "libs/rpc/channel.hpp"
#include "souk/inventory/v1/inventory_service.pb.h"

namespace souk::demo {
namespace {

constexpr std::size_t kLinesPerCall = 500;
constexpr std::size_t kImportBytes = 512 * 1024;  // of one call; products takes 1 MiB
constexpr int kQuoteLinesMax = 100;
constexpr auto kPatience = std::chrono::seconds(60);
constexpr auto kPause = std::chrono::milliseconds(100);

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

/// A call of the products API, again while it answers that it can't right now. The body of the answer; an error for any other refusal.
Result<std::string> Call(http::Client& client, const std::string& method, const std::string& url, const std::string& key, const std::string& type,
                         const std::string& body) {
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  Error last = TooLate("products did not answer");
  while (std::chrono::steady_clock::now() < give_up) {
    http::ClientRequest request;
    request.method = method;
    request.url = url;
    if (!key.empty()) request.headers = {{"Content-Type", type}, {"Idempotency-Key", key}};
    request.body = body;
    request.deadline = std::chrono::seconds(30);
    const auto answer = client.SendSync(std::move(request));
    if (answer.ok() && answer->status < 300) return answer->body;
    if (answer.ok()) last = MakeError(ErrorCode::kInternal, method + " " + url + " answered " + std::to_string(answer->status) + ": " + answer->body.substr(0, 500));
    if (answer.ok() && answer->status < 500 && answer->status != 409 && answer->status != 429) break;
    std::this_thread::sleep_for(kPause);
  }
  return last;
}

struct Group {
  const char* name;
  std::vector<std::string> words;
  std::string id;
};

bool HasWord(const std::string& name, const std::string& word) {
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  return std::search(name.begin(), name.end(), word.begin(), word.end(), same) != name.end();
}

/// Collections by words of the names: the data knows none.
Result<std::vector<Group>> MakeCollections(http::Client& client, const std::string& gateway_url) {
  std::vector<Group> groups = {{"Bags and boxes", {"bag", "box", "basket", "tin"}, ""}, {"Lights", {"light", "lantern", "candle", "lamp"}, ""},
                               {"Kitchen", {"cake", "tea", "jam", "lunch", "mug", "plate"}, ""}, {"Christmas", {"christmas", "advent"}, ""}};
  for (Group& group : groups) {
    const nlohmann::json body = {{"name", group.name}, {"language", "en"}};
    SOUK_ASSIGN_OR_RETURN(const std::string answer, Call(client, "POST", gateway_url + "/v1/collections", std::string("demo-collection-") + group.name,
                                                         "application/json", body.dump()));
    group.id = nlohmann::json::parse(answer)["collection"]["collectionId"];
  }
  return groups;
}

std::string ProductLine(const Product& product, const std::vector<Group>& groups) {
  nlohmann::json line = {{"sku", product.sku}, {"name", product.name}, {"price", {{"minorUnits", product.price_minor}, {"currency", "GBP"}}}, {"lowStockThreshold", 10}};
  for (const Group& group : groups) {
    if (std::any_of(group.words.begin(), group.words.end(), [&](const std::string& word) { return HasWord(product.name, word); })) line["collectionIds"].push_back(group.id);
  }
  for (const char* colour : {"red", "blue", "pink", "white", "black", "green", "yellow", "purple", "ivory", "silver"}) {
    if (HasWord(product.name, colour)) line["attributes"]["colour"]["enum"] = colour;
  }
  return line.dump() + "\n";
}

/// All lines of `text`, in as many calls as they take. The key names the text: the same text again changes nothing, and costs one look.
Result<void> Import(http::Client& client, const std::string& gateway_url, const std::string& text) {
  const std::string key = "demo-" + Sha256Hex(text).substr(0, 32);
  while (true) {
    SOUK_ASSIGN_OR_RETURN(const std::string answer, Call(client, "POST", gateway_url + "/v1/products:import", key, "application/x-ndjson", text));
    const std::size_t last = answer.rfind('\n', answer.size() - 2);
    const auto summary = nlohmann::json::parse(answer.substr(last == std::string::npos ? 0 : last + 1));
    if (!summary["done"].get<bool>()) continue;
    if (summary["refused"] == "0") return {};
    return MakeError(ErrorCode::kInvalidArgument, "products refused " + summary["refused"].get<std::string>() + " lines of the catalogue: " + answer.substr(0, 500));
  }
}

/// One seller counts a unit more: the way of a stock movement from products to the ledger.
Result<void> FindOneMore(http::Client& client, const std::string& gateway_url, const Plan& plan) {
  SOUK_ASSIGN_OR_RETURN(const std::string found, Call(client, "GET", gateway_url + "/v1/products?sku=" + plan.products.front().sku, "", "", ""));
  const auto products = nlohmann::json::parse(found)["products"];
  if (products.empty()) return MakeError(ErrorCode::kInternal, "the imported product " + plan.products.front().sku + " is not listed");
  const std::string id = products[0]["productId"];
  SOUK_RETURN_IF_ERROR(Call(client, "POST", gateway_url + "/v1/products/" + id + "/stock:receive", "demo-" + plan.data_id + "-one-more", "application/json", R"({"quantity": 1})"));
  return {};
}

}  // namespace

Result<void> LoadCatalogue(const std::string& gateway_url, const Plan& plan) {
  if (plan.products.empty()) return {};
  http::Client client;
  SOUK_ASSIGN_OR_RETURN(const std::vector<Group> groups, MakeCollections(client, gateway_url));
  std::string text;
  for (const Product& product : plan.products) {
    text += ProductLine(product, groups);
    if (text.size() < kImportBytes) continue;
    SOUK_RETURN_IF_ERROR(Import(client, gateway_url, text));
    text.clear();
  }
  if (!text.empty()) SOUK_RETURN_IF_ERROR(Import(client, gateway_url, text));
  return FindOneMore(client, gateway_url, plan);
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
  http::Client client;
  const auto give_up = std::chrono::steady_clock::now() + kPatience;
  for (std::size_t from = 0; from < plan.products.size();) {
    const std::size_t end = std::min(plan.products.size(), from + kQuoteLinesMax);
    nlohmann::json body = {{"currency", "GBP"}};
    for (std::size_t i = from; i < end; ++i) body["lines"].push_back({{"sku", plan.products[i].sku}, {"quantity", "1"}});
    http::ClientRequest request;
    request.method = "POST";
    request.url = gateway_url + "/v1/orders:quote";
    request.headers = {{"Content-Type", "application/json"}};
    request.body = body.dump();
    const auto answer = client.SendSync(std::move(request));
    if (answer.ok() && answer->status == 200) {
      from = end;
      continue;
    }
    if (std::chrono::steady_clock::now() > give_up) return TooLate("orders did not learn the catalogue");
    std::this_thread::sleep_for(kPause);
  }
  return {};
}

}  // namespace souk::demo
