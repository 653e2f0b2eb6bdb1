#include "libs/chassis/service.hpp"
#include "libs/failpoint/failpoint.hpp"
#include "libs/http/router.hpp"
#include "libs/http/server.hpp"
#include "libs/observability/metrics.hpp"

namespace souk::chassis {
namespace {

http::Response Text(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
  response.body = std::move(body);
  return response;
}

http::Response Json(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

void AddFailpoints(http::Router& router) {
  router.Add("GET", "/failpoints", [](http::Request, http::Responder responder) { responder.Send(Json(200, failpoint::ToJson())); });
  router.Add("POST", "/failpoints", [](http::Request request, http::Responder responder) {
    if (!failpoint::Enabled()) return responder.Send(Text(409, "fail points are off: start the process with failpoints=on\n"));
    if (const auto armed = failpoint::Arm(request.body); !armed.ok()) return responder.Send(Text(400, armed.error().message + "\n"));
    responder.Send(Json(200, failpoint::ToJson()));
  });
  router.Add("DELETE", "/failpoints", [](http::Request, http::Responder responder) {
    failpoint::DisarmAll();
    responder.Send(Json(200, failpoint::ToJson()));
  });
}

}  // namespace

void Health::AddReadinessCheck(std::string name, std::function<Result<void>()> check) {
  const std::lock_guard lock(mutex_);
  checks_.push_back({std::move(name), std::move(check)});
}

std::string Health::WhatIsMissing() const {
  if (stopping_) return "stopping\n";
  if (!started_) return "starting\n";
  std::string missing;
  const std::lock_guard lock(mutex_);
  for (const Check& check : checks_) {
    if (const auto result = check.run(); !result.ok()) missing += check.name + ": " + result.error().message + "\n";
  }
  return missing;
}

AdminServer::AdminServer() = default;
AdminServer::~AdminServer() {
  if (server_) server_->Stop(std::chrono::milliseconds(200));
}
int AdminServer::port() const { return server_->port(); }

Result<std::unique_ptr<AdminServer>> AdminServer::Start(const std::string& host, int port, Health& health,
                                                        std::string config_text) {
  auto router = std::make_shared<http::Router>();
  router->Add("GET", "/healthz", [](http::Request, http::Responder responder) { responder.Send(Text(200, "alive\n")); });
  router->Add("GET", "/readyz", [&health](http::Request, http::Responder responder) {
    const std::string missing = health.WhatIsMissing();
    responder.Send(missing.empty() ? Text(200, "ready\n") : Text(503, missing));
  });
  router->Add("GET", "/metrics", [](http::Request, http::Responder responder) { responder.Send(Text(200, metrics::Expose())); });
  router->Add("GET", "/config", [text = std::move(config_text)](http::Request, http::Responder responder) {
    responder.Send(Text(200, text));
  });
  AddFailpoints(*router);
  http::ServerConfig config;
  config.host = host;
  config.port = port;
  auto admin = std::unique_ptr<AdminServer>(new AdminServer);
  SOUK_ASSIGN_OR_RETURN(admin->server_, http::Server::Start(config, http::ToHandler(router)));
  return admin;
}

}  // namespace souk::chassis
