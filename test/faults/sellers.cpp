#include "test/faults/sellers.hpp"

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>

#include "libs/base/random.hpp"
#include "libs/http/client.hpp"
#include "libs/testing/eventually.hpp"

namespace souk::faults {
namespace {

constexpr std::chrono::seconds kOnSaleMax{30};
constexpr std::size_t kQuoteLinesMax = 100;

}  // namespace

struct Sellers::State {
  std::string gateway_url;
  std::string run;
  std::mutex mutex;
  int offered = 0;
  std::vector<std::string> acknowledged;
  http::Client client;  // last: its callbacks use what is above

  bool OnSale(const std::vector<std::string>& skus) {
    nlohmann::json body = {{"currency", "GBP"}};
    for (const std::string& sku : skus) body["lines"].push_back({{"sku", sku}, {"quantity", "1"}});
    http::ClientRequest request;
    request.method = "POST";
    request.url = gateway_url + "/v1/orders:quote";
    request.headers = {{"Content-Type", "application/json"}};
    request.body = body.dump();
    const auto answer = client.SendSync(std::move(request));
    return answer.ok() && answer->status == 200;
  }
};

Sellers::Sellers(e2e::Fleet& fleet) : state_(std::make_shared<State>()) {
  SystemRandom random;
  state_->gateway_url = fleet.GatewayUrl();
  state_->run = NewUuidV7(SystemClock(), random).ToString().substr(24);
}
Sellers::~Sellers() = default;

void Sellers::Offer() {
  std::string sku;
  {
    const std::lock_guard lock(state_->mutex);
    sku = "FAULT-" + state_->run + "-" + std::to_string(++state_->offered);
  }
  http::ClientRequest request;
  request.method = "POST";
  request.url = state_->gateway_url + "/v1/products";
  request.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", sku}};
  request.body = nlohmann::json{{"sku", sku}, {"name", "Offered while something fails"}, {"price", {{"minorUnits", "1999"}, {"currency", "GBP"}}}}.dump();
  state_->client.Send(std::move(request), [state = state_.get(), sku](Result<http::Response> answer) {
    if (!answer.ok() || answer->status != 201) return;  // refused or unknown: nothing was promised
    const std::lock_guard lock(state->mutex);
    state->acknowledged.push_back(sku);
  });
}

std::vector<std::string> Sellers::NotOnSale() {
  std::vector<std::string> promised, missing;
  {
    const std::lock_guard lock(state_->mutex);
    promised.swap(state_->acknowledged);
  }
  for (std::size_t from = 0; from < promised.size(); from += kQuoteLinesMax) {
    const auto begin = promised.begin() + static_cast<std::ptrdiff_t>(from);
    const std::vector<std::string> page(begin, begin + static_cast<std::ptrdiff_t>(std::min(kQuoteLinesMax, promised.size() - from)));
    if (testing::Eventually([&] { return state_->OnSale(page); }, kOnSaleMax)) continue;
    std::copy_if(page.begin(), page.end(), std::back_inserter(missing), [&](const std::string& sku) { return !state_->OnSale({sku}); });
  }
  return missing;
}

}  // namespace souk::faults
