#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>

#include "libs/rpc/method_table.hpp"

namespace souk::rpc {

struct ChannelConfig {
  std::chrono::milliseconds default_deadline{5000};  ///< when the context has none
  bool round_robin = true;                           ///< over all addresses of the target
  int connections = 1;                               ///< HTTP/2 connections, used in turn
  std::size_t message_max = 4 << 20;                 ///< bytes
};

/// A client of services that speak gRPC. Cheap calls, safe from any thread; make one per target and keep it.
/// Carries the remaining deadline, traceparent, x-request-id, idempotency-key and principal of the context.
/// An error keeps code, reason, fields and details of the server's Error.
class Channel {
 public:
  /// "host:port", "dns:///name:port" or "ipv4:a:1,b:2".
  explicit Channel(std::string target, ChannelConfig config = {});
  /// Cancels what is in flight and waits until its callbacks have run. Never destroy it from a callback.
  ~Channel();

  /// `callback` runs once, on a gRPC thread (or at once when no time is left), and must not block.
  template <class Req, class Resp>
  void Call(std::string_view full_method, const Req& request, const Context& context,
            std::function<void(Result<Resp>)> callback) const {
    auto response = std::make_shared<Resp>();
    CallErased(full_method, request, response.get(), context,
               [response, callback = std::move(callback)](Result<void> result) {
                 if (!result.ok()) return callback(result.error());
                 callback(std::move(*response));
               });
  }

  /// Blocks the caller. Not from a gRPC thread.
  template <class Req, class Resp>
  Result<Resp> CallSync(std::string_view full_method, const Req& request, const Context& context) const {
    std::promise<Result<Resp>> promise;
    auto future = promise.get_future();
    Call<Req, Resp>(full_method, request, context, [&promise](Result<Resp> result) {
      promise.set_value(std::move(result));
    });
    return future.get();
  }

  /// Stops a server stream; harmless when it is over. Dropping it stops nothing.
  using Cancel = std::function<void()>;

  /// Reads a server stream: on_message for each answer, on_end once. Without a deadline in the context it is unbounded.
  template <class Req, class Resp>
  Cancel CallServerStream(std::string_view full_method, const Req& request, const Context& context,
                          std::function<void(Resp)> on_message, std::function<void(Result<void>)> on_end) const {
    return StreamErased(
        full_method, request, context, [] { return MessagePtr(std::make_shared<Resp>()); },
        [on_message = std::move(on_message)](MessagePtr message) {
          on_message(std::move(static_cast<Resp&>(*message)));
        },
        std::move(on_end));
  }

  void CallErased(std::string_view full_method, const google::protobuf::Message& request,
                  google::protobuf::Message* response, const Context& context,
                  std::function<void(Result<void>)> callback) const;
  Cancel StreamErased(std::string_view full_method, const google::protobuf::Message& request, const Context& context,
                      std::function<MessagePtr()> make, std::function<void(MessagePtr)> on_message,
                      std::function<void(Result<void>)> on_end) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace souk::rpc
