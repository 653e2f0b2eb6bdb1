#pragma once

// For tests: one table behind both wires, and a client of each.
#include <gtest/gtest.h>

#include <thread>

#include "libs/http/client.hpp"
#include "libs/rpc/channel.hpp"
#include "libs/rpc/echo_service.hpp"

namespace souk::rpc {

/// True once `condition` holds; false when ten seconds passed first.
template <class F>
bool Eventually(F condition) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

class BothWires : public ::testing::Test {
 protected:
  BothWires() { AddEchoService(&table_); }
  ~BothWires() override {
    channel_.reset();
    if (grpc_) grpc_->Stop(std::chrono::milliseconds(0));
    if (http_) http_->Stop(std::chrono::milliseconds(0));
  }

  /// Add methods to table_ first.
  void Start(GrpcServerConfig config = {}) {
    auto grpc = GrpcServer::Start(config, table_);
    ASSERT_TRUE(grpc.ok());
    grpc_ = std::move(grpc).value();
    auto router = std::make_shared<http::Router>();
    MountRest(*router, table_);
    MountOpenApi(*router, table_, "Echo");
    auto http = http::Server::Start({}, http::ToHandler(router));
    ASSERT_TRUE(http.ok());
    http_ = std::move(http).value();
    channel_ = std::make_unique<Channel>("127.0.0.1:" + std::to_string(grpc_->port()));
  }

  http::Response Rest(std::string method, std::string target, std::string body = "", http::Headers headers = {}) {
    http::ClientRequest request;
    request.method = std::move(method);
    request.host = "127.0.0.1";
    request.port = http_->port();
    request.target = std::move(target);
    request.body = std::move(body);
    request.headers = std::move(headers);
    auto response = client_.SendSync(std::move(request));
    if (response.ok()) return std::move(response).value();
    ADD_FAILURE() << response.error().message;
    return {};
  }

  template <class Req, class Resp>
  Result<Resp> Grpc(std::string_view method, const Req& request, const Context& context = {}) {
    return channel_->CallSync<Req, Resp>("souk.testing.v1.EchoService/" + std::string(method), request, context);
  }

  MethodTable table_;
  http::Client client_;
  std::unique_ptr<GrpcServer> grpc_;
  std::unique_ptr<http::Server> http_;
  std::unique_ptr<Channel> channel_;
};

}  // namespace souk::rpc
