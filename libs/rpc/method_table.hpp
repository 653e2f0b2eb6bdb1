#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "libs/rpc/call.hpp"

namespace souk::rpc {

/// Answers one request. `done` exactly once, from any thread, now or later. Never block in it.
template <class Req, class Resp>
using Unary = std::function<void(CallPtr, std::shared_ptr<Req>, std::function<void(Result<Resp>)>)>;

/// The wire's side of a server stream. Safe to use from any thread.
class StreamSink {
 public:
  virtual ~StreamSink() = default;
  /// False when the client left or the buffer is at its bound; nothing is queued then.
  virtual bool Write(const google::protobuf::Message& message) = 0;
  /// Ends the stream after what is buffered. Idempotent.
  virtual void Finish(Result<void> result) = 0;
  virtual bool Cancelled() const = 0;
  /// Sends the head of the answer now. Without it the head leaves with the first message, which lets Finish(error)
  /// before any message be an ordinary error answer; a stream that may stay silent for seconds should open early.
  virtual void Open() {}
  /// Called whenever the buffer becomes empty, and once when the client leaves.
  virtual void OnReady(std::function<void()> callback) = 0;
};

/// Sends many answers to one request. Copyable handle; without Finish the stream stays open until the client leaves.
template <class Resp>
class ServerWriter {
 public:
  explicit ServerWriter(std::shared_ptr<StreamSink> sink) : sink_(std::move(sink)) {}
  bool Write(const Resp& message) { return sink_->Write(message); }
  void Finish(Result<void> result) { sink_->Finish(std::move(result)); }
  bool Cancelled() const { return sink_->Cancelled(); }
  void Open() { sink_->Open(); }
  void OnReady(std::function<void()> callback) { sink_->OnReady(std::move(callback)); }

 private:
  std::shared_ptr<StreamSink> sink_;
};

template <class Req, class Resp>
using ServerStream = std::function<void(CallPtr, std::shared_ptr<Req>, ServerWriter<Resp>)>;

namespace internal {
struct MethodMetrics;
std::shared_ptr<MethodMetrics> MakeMethodMetrics(const std::string& full_method);
}  // namespace internal

using MessagePtr = std::shared_ptr<google::protobuf::Message>;
using ErasedDone = std::function<void(Result<MessagePtr>)>;

/// One RPC with its types erased, as both wires see it.
struct Method {
  std::string full_name;                                            ///< "pkg.Service/Method"
  const google::protobuf::MethodDescriptor* descriptor = nullptr;   ///< null when the contract doesn't know the method
  const google::protobuf::Message* request_prototype = nullptr;
  const google::protobuf::Message* response_prototype = nullptr;
  std::function<void(CallPtr, MessagePtr, ErasedDone)> unary;  ///< one of the two is set
  std::function<void(CallPtr, MessagePtr, std::shared_ptr<StreamSink>)> server_stream;
  std::shared_ptr<internal::MethodMetrics> metrics;
};

/// Every RPC of a service, once. GrpcServer and MountRest read it, so both wires give the same answer.
/// Fill it before the servers start; adding a name twice aborts.
class MethodTable {
 public:
  template <class Req, class Resp>
  void AddUnary(std::string full_method, Unary<Req, Resp> handler) {
    Method method = Describe(std::move(full_method), Req::default_instance(), Resp::default_instance());
    method.unary = [handler = std::move(handler)](CallPtr call, MessagePtr request, ErasedDone done) {
      handler(std::move(call), std::static_pointer_cast<Req>(std::move(request)),
              [done = std::move(done)](Result<Resp> result) {
                if (!result.ok()) return done(result.error());
                done(MessagePtr(std::make_shared<Resp>(std::move(result).value())));
              });
    };
    Insert(std::move(method));
  }

  template <class Req, class Resp>
  void AddServerStream(std::string full_method, ServerStream<Req, Resp> handler) {
    Method method = Describe(std::move(full_method), Req::default_instance(), Resp::default_instance());
    method.server_stream = [handler = std::move(handler)](CallPtr call, MessagePtr request,
                                                          std::shared_ptr<StreamSink> sink) {
      handler(std::move(call), std::static_pointer_cast<Req>(std::move(request)), ServerWriter<Resp>(std::move(sink)));
    };
    Insert(std::move(method));
  }

  /// Turns the card-number guard off. Only the tokeniser may do this.
  void AllowCardNumbers() { card_numbers_allowed_ = true; }
  bool card_numbers_allowed() const { return card_numbers_allowed_; }

  /// `full_method` without a leading slash; null when unknown.
  const Method* Find(std::string_view full_method) const;
  const std::map<std::string, Method, std::less<>>& methods() const { return methods_; }

 private:
  static Method Describe(std::string full_method, const google::protobuf::Message& request,
                         const google::protobuf::Message& response);
  void Insert(Method method);

  std::map<std::string, Method, std::less<>> methods_;
  bool card_numbers_allowed_ = false;
};

}  // namespace souk::rpc
