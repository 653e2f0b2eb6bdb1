#pragma once

// Internal to libs/rpc: includes gRPC.
#include <grpcpp/alarm.h>
#include <grpcpp/generic/async_generic_service.h>

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "libs/rpc/grpc_server.hpp"

namespace souk::rpc::internal {

class CallReactor;

/// One gRPC call as the handler sees it. It may outlive the reactor: a late answer finds `reactor_` gone.
class GrpcCall final : public CallWire, public StreamSink, public std::enable_shared_from_this<GrpcCall> {
 public:
  GrpcCall(const GrpcServerConfig& config, const MethodTable& table, const Method& method,
           grpc::GenericCallbackServerContext* context, CallReactor* reactor);

  // The reactor's side.
  void OnRequest(grpc::ByteBuffer* buffer);
  void OnNoRequest();
  void OnWritten(bool ok);
  void OnCancel();
  void OnDone();

  // CallWire.
  std::string Header(std::string_view name) const override;
  void SetResponseHeader(std::string_view name, std::string_view value) override;
  bool Cancelled() const override { return over_; }

  // StreamSink.
  bool Write(const google::protobuf::Message& message) override;
  void Finish(Result<void> result) override;
  void OnReady(std::function<void()> callback) override;

 private:
  Context MakeContext();
  bool DeadlineIsOurs() const;
  void SetAlarm(std::chrono::milliseconds left);
  Result<void> Admit(Call* call, grpc::ByteBuffer* buffer, const MessagePtr& request);
  void Answer(Result<MessagePtr> result);
  /// The one way out: only the first caller ends the call.
  void End(const Error* error, const google::protobuf::Message* message);
  void EndLocked(const Error* error, const google::protobuf::Message* message);
  void PumpLocked();
  void NotifyReady();

  const GrpcServerConfig& config_;
  const MethodTable& table_;
  const Method& method_;
  const std::chrono::steady_clock::time_point started_;

  mutable std::mutex mutex_;
  Context observed_context_;                     // for the log line at the end
  grpc::GenericCallbackServerContext* context_;  // valid while reactor_ is
  CallReactor* reactor_;                         // null once gRPC is done with the call
  std::atomic<bool> over_{false};                // nobody waits any more
  bool ended_ = false;                           // Finish was handed to gRPC
  bool writing_ = false;
  bool finishing_ = false;                       // the handler finished; buffered messages still leave
  std::optional<Error> finish_error_;
  std::deque<grpc::ByteBuffer> queue_;
  grpc::ByteBuffer in_flight_;
  std::function<void()> on_ready_;
  std::unique_ptr<grpc::Alarm> alarm_;
};

/// What gRPC calls. Owns itself until OnDone.
class CallReactor final : public grpc::ServerGenericBidiReactor {
 public:
  CallReactor(const GrpcServerConfig& config, const MethodTable& table, const Method& method,
              grpc::GenericCallbackServerContext* context);
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override { call_->OnWritten(ok); }
  void OnCancel() override { call_->OnCancel(); }
  void OnDone() override;

 private:
  std::shared_ptr<GrpcCall> call_;
  grpc::ByteBuffer request_;
};

}  // namespace souk::rpc::internal
