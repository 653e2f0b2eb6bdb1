#include "services/gateway/service.hpp"

#include <array>

#include "libs/http/router.hpp"
#include "libs/http/server.hpp"
#include "services/gateway/live_feed.hpp"
#include "services/gateway/proxy.hpp"
#include "services/gateway/web_files.hpp"

namespace souk::gateway {
namespace {

constexpr std::array kMethods = {"GET", "POST", "PUT", "PATCH", "DELETE"};

// Everything below a prefix goes to one service, which knows its own routes, methods and errors.
void Route(http::Router& router, const std::string& prefix, Upstream& upstream) {
  for (const char* method : kMethods) {
    const auto forward = [&upstream](http::Request request, http::Responder responder) {
      upstream.Forward(std::move(request), std::move(responder));
    };
    router.Add(method, prefix, forward);
    router.Add(method, prefix + "/{rest=**}", forward);
  }
}

// "/v1/orders:quote": a verb on the collection is a segment of its own.
void RouteVerb(http::Router& router, const std::string& method, const std::string& path, Upstream& upstream) {
  router.Add(method, path, [&upstream](http::Request request, http::Responder responder) {
    upstream.Forward(std::move(request), std::move(responder));
  });
}

void Serve(http::Router& router, const std::string& path, const WebFile& file) {
  router.Add("GET", path, [&file](http::Request, http::Responder responder) {
    http::Response response;
    response.headers = {{"Content-Type", file.type},
                        {"Cache-Control", "no-cache"},
                        {"X-Content-Type-Options", "nosniff"},
                        {"Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"}};
    response.body = file.text;
    responder.Send(std::move(response));
  });
}

}  // namespace

struct Service::Parts {
  explicit Parts(const Config& c)
      : config(c),
        client({.threads = 1, .connections_per_host_max = 2048, .queue_max = 8192}),
        page_client({.threads = 1, .connections_per_host_max = 4}),
        orders("orders", config.orders_url, client),
        inventory("inventory", config.inventory_url, client),
        payments("payments", config.payments_url, client),
        fulfillment("fulfillment", config.fulfillment_url, client),
        notifications("notifications", config.notifications_url, client),
        products("products", config.products_url, client),
        recovery("order-recovery", config.recovery_url, client),
        live(config, page_client) {}

  const Config config;
  http::Client client;
  http::Client page_client;  // the page's questions never wait behind customers, nor customers behind them
  Upstream orders, inventory, payments, fulfillment, notifications, products, recovery;
  LiveFeed live;
  std::unique_ptr<http::Server> server;

  std::shared_ptr<http::Router> Routes() {
    auto router = std::make_shared<http::Router>();
    Route(*router, "/v1/orders", orders);
    RouteVerb(*router, "POST", "/v1/orders:quote", orders);
    RouteVerb(*router, "GET", "/v1/orders:stats", orders);
    router->Add("GET", "/v1/orders/{id}/events", [this](http::Request request, http::Responder responder) {
      orders.ForwardStream(std::move(request), std::move(responder));
    });
    Route(*router, "/v1/customers", orders);
    Route(*router, "/v1/stock", inventory);
    for (const char* verb : {"receive", "adjust", "batchGet", "rebuild"}) RouteVerb(*router, "POST", std::string("/v1/stock:") + verb, inventory);
    RouteVerb(*router, "GET", "/v1/stock:hot", inventory);
    Route(*router, "/v1/reservations", inventory);
    Route(*router, "/v1/payments", payments);
    RouteVerb(*router, "POST", "/v1/payments:reconcile", payments);
    RouteVerb(*router, "GET", "/v1/payments:stats", payments);
    RouteVerb(*router, "GET", "/v1/payments:findings", payments);
    RouteVerb(*router, "POST", "/v1/payments:acceptFinding", payments);
    RouteVerb(*router, "POST", "/webhooks/provider", payments);
    Route(*router, "/v1/shipments", fulfillment);
    Route(*router, "/v1/tracking", fulfillment);
    Route(*router, "/v1/users", notifications);
    Route(*router, "/v1/products", products);
    RouteVerb(*router, "POST", "/v1/products:import", products);
    Route(*router, "/v1/collections", products);
    Route(*router, "/v1/recovery", recovery);
    router->Add("GET", "/live", [this](http::Request request, http::Responder responder) { live.Open(std::move(request), std::move(responder)); });
    router->Add("GET", "/live.json", [this](http::Request, http::Responder responder) {
      http::Response response;
      response.body = live.Picture();
      responder.Send(std::move(response));
    });
    for (const WebFile& file : WebFiles()) Serve(*router, file.path, file);
    return router;
  }
};

Service::Service(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Service::~Service() { Stop(); }
int Service::port() const { return parts_->server->port(); }

Result<std::unique_ptr<Service>> Service::Start(const Config& config, chassis::Health&) {
  auto parts = std::make_unique<Parts>(config);
  SOUK_RETURN_IF_ERROR(parts->live.Start());
  http::ServerConfig server;
  server.host = config.common.host;
  server.port = config.common.http_port;
  server.default_deadline = std::chrono::seconds(30);
  server.deadline_max = std::chrono::seconds(70);  // above the longest "Prefer: wait"
  SOUK_ASSIGN_OR_RETURN(parts->server, http::Server::Start(server, http::ToHandler(parts->Routes())));
  return std::unique_ptr<Service>(new Service(std::move(parts)));
}

void Service::StopAccepting() { parts_->server->StopAccepting(); }

void Service::Stop() {
  if (!parts_) return;
  parts_->live.Stop();
  if (parts_->server) parts_->server->Stop(parts_->config.common.grace);
}

}  // namespace souk::gateway
