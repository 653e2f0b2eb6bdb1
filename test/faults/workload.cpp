#include "test/faults/workload.hpp"

#include <atomic>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "libs/base/random.hpp"
#include "libs/http/client.hpp"
#include "libs/http/router.hpp"
#include "libs/http/server.hpp"
#include "libs/kafka/envelope.hpp"
#include "libs/kafka/producer.hpp"

namespace souk::faults {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kKinds = 8;
constexpr std::size_t kSubscribers = 40;

void Shape(demo::PlannedOrder& order, std::size_t kind) {
  order.card = demo::Card::kGood;
  order.gets_lost = order.stale_quote = false;
  order.cancel_after.reset();
  order.returns.clear();
  switch (kind) {
    case 0:
      break;
    case 1:
      order.card = demo::Card::kDeclined;
      break;
    case 2:
      order.card = demo::Card::kTimeoutAfterCommit;
      break;
    case 3:
      order.cancel_after = milliseconds(20);
      break;
    case 4:
      order.returns = {{order.invoice.lines.front().sku, 1, true}};
      break;
    case 5:
      order.card = demo::Card::kChallengeMet;
      break;
    case 6:
      order.cancel_after = milliseconds(700);
      break;
    default:
      order.gets_lost = true;
      break;
  }
}

}  // namespace

void OneOfEveryKind(demo::Plan& plan) {
  for (std::size_t i = 0; i < plan.orders.size(); ++i) {
    // Half of them; the others keep what chance gave them.
    if (i % 2 == 0) Shape(plan.orders[i], (i / 2) % kKinds);
  }
}

void Last(milliseconds time) { std::this_thread::sleep_for(time); }

struct Bystanders::State {
  e2e::Fleet& fleet;
  std::atomic<std::int64_t> calls{0};
  std::unique_ptr<http::Server> server;
  std::unique_ptr<kafka::Producer> producer;
  http::Client client;
  std::set<std::string> subscribed;
  SystemRandom random;
};

Bystanders::Bystanders(e2e::Fleet& fleet) : state_(new State{fleet, 0, nullptr, nullptr, http::Client(), {}, {}}) {
  auto router = std::make_shared<http::Router>();
  router->Add("POST", "/hook", [state = state_.get()](http::Request, http::Responder responder) {
    ++state->calls;
    responder.Send(http::Response{});
  });
  auto server = http::Server::Start({}, http::ToHandler(router));
  if (server.ok()) state_->server = std::move(*server);
  kafka::ProducerConfig config;
  config.brokers = fleet.AuditConfig().kafka_brokers;
  auto producer = kafka::Producer::Create(config);
  if (producer.ok()) state_->producer = std::move(*producer);
}

Bystanders::~Bystanders() {
  if (state_->server) state_->server->Stop(milliseconds(200));
}

std::int64_t Bystanders::calls() const { return state_->calls; }

void Bystanders::SubscribeCustomers(const demo::Plan& plan) {
  if (!state_->server) return;
  const std::string url = "http://127.0.0.1:" + std::to_string(state_->server->port()) + "/hook";
  for (std::size_t i = 0; i < plan.orders.size() && i < kSubscribers; ++i) {
    const std::string& customer = plan.orders[i].invoice.customer;
    if (!state_->subscribed.insert(customer).second) continue;
    http::ClientRequest request;
    request.method = "PUT";
    request.url = state_->fleet.GatewayUrl() + "/v1/users/" + customer + "/webhook";
    request.headers = {{"Content-Type", "application/json"}, {"Idempotency-Key", url + customer}};
    request.body = nlohmann::json{{"url", url}, {"secret", "a secret of sixteen"}}.dump();
    const auto answer = state_->client.SendSync(std::move(request));
    if (!answer.ok() || answer->status >= 300) state_->subscribed.erase(customer);
  }
}

void Bystanders::PublishPoison() {
  if (!state_->producer) return;
  kafka::Envelope envelope;
  envelope.id = NewUuidV7(SystemClock(), state_->random);
  envelope.type = "souk.inventory.v1.StockLow";
  envelope.source = "inventory";
  envelope.subject = "no-such-sku";
  envelope.time = SystemClock().Now();
  envelope.aggregate_version = 1;
  (void)state_->producer->Produce(kafka::ToRecord("inventory.stock.events.v1", envelope, "\xff\xff not a message"), {}).ok();
  (void)state_->producer->Flush(milliseconds(2000)).ok();
}

}  // namespace souk::faults
