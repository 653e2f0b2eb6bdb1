#include "libs/rpc/grpc_server.hpp"

#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <set>

#include "libs/rpc/grpc_reactor.hpp"

namespace souk::rpc {
namespace {

constexpr int kMetadataMax = 32 * 1024;

/// Refuses a method that the table doesn't know.
class UnknownMethod final : public grpc::ServerGenericBidiReactor {
 public:
  UnknownMethod() { Finish(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "no such method")); }
  void OnDone() override { delete this; }
};

class Service final : public grpc::CallbackGenericService {
 public:
  Service(const GrpcServerConfig& config, const MethodTable& table) : config_(config), table_(table) {}

  grpc::ServerGenericBidiReactor* CreateReactor(grpc::GenericCallbackServerContext* context) override {
    std::string_view name = context->method();
    if (!name.empty()) name.remove_prefix(1);
    const Method* method = table_.Find(name);
    if (method == nullptr) return new UnknownMethod();
    return new internal::CallReactor(config_, table_, *method, context);
  }

 private:
  const GrpcServerConfig& config_;
  const MethodTable& table_;
};

}  // namespace

class GrpcServer::Impl {
 public:
  Impl(GrpcServerConfig config, const MethodTable& table) : config_(std::move(config)), service_(config_, table) {
    for (const auto& [name, method] : table.methods()) service_names_.insert(name.substr(0, name.find('/')));
  }
  ~Impl() { Stop(std::chrono::milliseconds(0)); }

  Result<void> Start() {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::ServerBuilder builder;
    builder.AddListeningPort(config_.host + ':' + std::to_string(config_.port), grpc::InsecureServerCredentials(),
                             &port_);
    builder.RegisterCallbackGenericService(&service_);
    builder.SetMaxReceiveMessageSize(static_cast<int>(config_.message_max));
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, config_.concurrent_streams_max);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);  // a port in use must be an error, not a shared port
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataMax);
    server_ = builder.BuildAndStart();
    if (!server_ || port_ == 0) {
      return MakeError(ErrorCode::kUnavailable,
                       "cannot listen for gRPC on " + config_.host + ':' + std::to_string(config_.port));
    }
    SetServing(false);
    return {};
  }

  void SetServing(bool serving) {
    auto* health = server_->GetHealthCheckService();
    if (health == nullptr) return;
    health->SetServingStatus("", serving);
    for (const std::string& name : service_names_) health->SetServingStatus(name, serving);
  }

  void Stop(std::chrono::milliseconds grace) {
    if (!server_) return;
    SetServing(false);
    server_->Shutdown(std::chrono::system_clock::now() + grace);
    server_->Wait();
    server_.reset();
  }

  int port() const { return port_; }

 private:
  const GrpcServerConfig config_;
  Service service_;
  std::set<std::string> service_names_;
  std::unique_ptr<grpc::Server> server_;
  int port_ = 0;
};

GrpcServer::GrpcServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GrpcServer::~GrpcServer() = default;

Result<std::unique_ptr<GrpcServer>> GrpcServer::Start(GrpcServerConfig config, const MethodTable& table) {
  auto impl = std::make_unique<Impl>(std::move(config), table);
  SOUK_RETURN_IF_ERROR(impl->Start());
  return std::unique_ptr<GrpcServer>(new GrpcServer(std::move(impl)));
}

int GrpcServer::port() const { return impl_->port(); }
void GrpcServer::SetServing(bool serving) { impl_->SetServing(serving); }
void GrpcServer::Stop(std::chrono::milliseconds grace) { impl_->Stop(grace); }

}  // namespace souk::rpc
