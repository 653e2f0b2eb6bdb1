#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "libs/http/responder.hpp"
#include "libs/rpc/method_table.hpp"

namespace souk::rpc::internal {

/// One REST call: the wire of a unary method, the server-sent events of a stream.
class RestCall final : public CallWire, public StreamSink, public std::enable_shared_from_this<RestCall> {
 public:
  RestCall(const Method& method, int success_status, http::Request request, http::Responder responder);
  CallPtr MakeCall();

  /// The two answers of a unary call; only the first call of either counts.
  void Succeed(const google::protobuf::Message& message);
  void Fail(const Error& error);

  // CallWire.
  std::string Header(std::string_view name) const override { return std::string(request_.Header(name)); }
  void SetResponseHeader(std::string_view name, std::string_view value) override;
  void SetHttpStatus(int status) override;
  bool Cancelled() const override;

  // StreamSink: "data: <JSON>" events; an error after the first event is an "error" event with the problem document.
  void Open() override;
  bool Write(const google::protobuf::Message& message) override;
  void Finish(Result<void> result) override;
  void OnReady(std::function<void()> callback) override;

 private:
  /// Takes the responder out; nothing when the call is answered already.
  std::optional<http::Responder> TakeResponder();
  std::shared_ptr<http::Stream> OpenStream();
  void NotifyReady();
  void Count(const Error* error);

  const Method& method_;
  const std::chrono::steady_clock::time_point started_;
  const http::Request request_;
  mutable std::mutex mutex_;
  std::optional<http::Responder> responder_;
  std::shared_ptr<http::Stream> stream_;
  http::Headers headers_;
  int status_;
  std::function<void()> on_ready_;
  std::atomic<bool> gone_{false};
  bool counted_ = false;
};

}  // namespace souk::rpc::internal
