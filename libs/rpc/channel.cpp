#include "libs/rpc/channel.hpp"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <unordered_set>
#include <vector>

#include "libs/rpc/status.hpp"
#include "libs/rpc/wire_format.hpp"

namespace souk::rpc {
namespace {

constexpr int kMetadataMax = 32 * 1024;

std::string Path(std::string_view full_method) { return '/' + std::string(full_method); }

/// Metadata of the outgoing call.
void Fill(grpc::ClientContext* out, const Context& context) {
  if (context.trace.IsValid()) out->AddMetadata("traceparent", context.trace.ToString());
  if (!context.request_id.empty()) out->AddMetadata("x-request-id", context.request_id);
  if (!context.idempotency_key.empty()) out->AddMetadata("idempotency-key", context.idempotency_key);
  if (!context.principal.empty()) out->AddMetadata("souk-principal", context.principal);
}

Error ToError(const grpc::ClientContext& context, const grpc::Status& status) {
  const auto& metadata = context.GetServerTrailingMetadata();
  const auto it = metadata.find(internal::kErrorMetadata);
  if (it == metadata.end()) return internal::FromStatus(status, {});
  return internal::FromStatus(status, std::string_view(it->second.data(), it->second.size()));
}

/// The calls of a Channel that gRPC still works on. A ClientContext owns a part of its grpc::Channel, and gRPC 1.51
/// breaks when the last part is given up on one of its own threads: so the Channel waits for all contexts to be gone.
class LiveCalls {
 public:
  void Add(grpc::ClientContext* context) {
    const std::lock_guard lock(mutex_);
    contexts_.insert(context);
    ++count_;
  }
  /// Before the context is destroyed: it can't be cancelled any more.
  void Ending(grpc::ClientContext* context) {
    const std::lock_guard lock(mutex_);
    contexts_.erase(context);
  }
  /// After it was destroyed.
  void Ended() {
    const std::lock_guard lock(mutex_);
    --count_;
    gone_.notify_all();
  }
  void CancelAndWait() {
    std::unique_lock lock(mutex_);
    for (grpc::ClientContext* context : contexts_) context->TryCancel();
    gone_.wait(lock, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable gone_;
  std::unordered_set<grpc::ClientContext*> contexts_;
  std::size_t count_ = 0;
};

/// Owns something with a member `context` and tells LiveCalls when that is gone.
template <class T>
std::shared_ptr<T> MakeLive(const std::shared_ptr<LiveCalls>& live) {
  auto* made = new T();
  live->Add(&made->context);
  return std::shared_ptr<T>(made, [live](T* ended) {
    live->Ending(&ended->context);
    delete ended;
    live->Ended();
  });
}

/// What one unary call keeps alive until its callback.
struct UnaryCall {
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer response;
};

/// A server stream being read; owns itself until OnDone.
class StreamReactor final : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  grpc::ClientContext context;
  std::shared_ptr<StreamReactor> self;
  grpc::ByteBuffer request;
  std::function<MessagePtr()> make;
  std::function<void(MessagePtr)> on_message;
  std::function<void(Result<void>)> on_end;

  void Begin() {
    StartWriteLast(&request, grpc::WriteOptions());
    StartRead(&response_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    MessagePtr message = make();
    if (internal::Parse(&response_, message.get())) {
      on_message(std::move(message));
    } else {
      malformed_ = true;
      context.TryCancel();
    }
    StartRead(&response_);
  }

  void OnDone(const grpc::Status& status) override {
    const auto keep = std::move(self);
    if (malformed_) {
      on_end(MakeError(ErrorCode::kInternal, "the server sent a message that can't be read"));
    } else if (status.ok()) {
      on_end({});
    } else {
      on_end(ToError(context, status));
    }
  }

 private:
  grpc::ByteBuffer response_;
  bool malformed_ = false;
};

std::shared_ptr<grpc::Channel> Connect(const std::string& target, const ChannelConfig& config) {
  grpc::ChannelArguments arguments;
  if (config.round_robin) arguments.SetLoadBalancingPolicyName("round_robin");
  arguments.SetMaxReceiveMessageSize(static_cast<int>(config.message_max));
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMetadataMax);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // each channel its own connection
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // A service that restarts should be found again in well under a second.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 500);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

class Channel::Impl {
 public:
  Impl(const std::string& target, const ChannelConfig& channel_config) : config(channel_config) {
    for (int i = 0; i < std::max(1, config.connections); ++i) {
      stubs_.push_back(std::make_unique<grpc::GenericStub>(Connect(target, config)));
    }
  }
  ~Impl() { live->CancelAndWait(); }
  grpc::GenericStub& Next() { return *stubs_[next_++ % stubs_.size()]; }

  const ChannelConfig config;
  const std::shared_ptr<LiveCalls> live = std::make_shared<LiveCalls>();

 private:
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  std::atomic<std::size_t> next_{0};
};

Channel::Channel(std::string target, ChannelConfig config) : impl_(std::make_unique<Impl>(target, config)) {}
Channel::~Channel() = default;

void Channel::CallErased(std::string_view full_method, const google::protobuf::Message& request,
                         google::protobuf::Message* response, const Context& context,
                         std::function<void(Result<void>)> callback) const {
  if (context.Expired()) return callback(MakeError(ErrorCode::kDeadlineExceeded, "no time left for the call"));
  auto call = MakeLive<UnaryCall>(impl_->live);
  const bool unbounded = context.deadline == SteadyTime::max();
  const auto left = unbounded ? impl_->config.default_deadline : context.Remaining();
  call->context.set_deadline(std::chrono::system_clock::now() + left);
  Fill(&call->context, context);
  call->request = internal::Serialize(request);
  impl_->Next().UnaryCall(
      &call->context, Path(full_method), grpc::StubOptions(), &call->request, &call->response,
      [call, response, callback = std::move(callback)](const grpc::Status& status) {
        if (!status.ok()) return callback(ToError(call->context, status));
        if (internal::Parse(&call->response, response)) return callback({});
        callback(MakeError(ErrorCode::kInternal, "the server sent a message that can't be read"));
      });
}

Channel::Cancel Channel::StreamErased(std::string_view full_method, const google::protobuf::Message& request,
                                      const Context& context, std::function<MessagePtr()> make,
                                      std::function<void(MessagePtr)> on_message,
                                      std::function<void(Result<void>)> on_end) const {
  const auto reactor = MakeLive<StreamReactor>(impl_->live);
  reactor->self = reactor;
  if (context.deadline != SteadyTime::max()) {
    reactor->context.set_deadline(std::chrono::system_clock::now() + context.Remaining());
  }
  Fill(&reactor->context, context);
  reactor->request = internal::Serialize(request);
  reactor->make = std::move(make);
  reactor->on_message = std::move(on_message);
  reactor->on_end = std::move(on_end);
  impl_->Next().PrepareBidiStreamingCall(&reactor->context, Path(full_method), grpc::StubOptions(), reactor.get());
  reactor->Begin();
  return [weak = std::weak_ptr(reactor)] {
    if (const auto running = weak.lock()) running->context.TryCancel();
  };
}

}  // namespace souk::rpc
