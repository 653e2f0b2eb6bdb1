#include "libs/rpc/grpc_reactor.hpp"

#include <algorithm>

#include "libs/base/random.hpp"
#include "libs/base/request_id.hpp"
#include "libs/rpc/admission.hpp"
#include "libs/rpc/call_metrics.hpp"
#include "libs/rpc/status.hpp"
#include "libs/rpc/wire_format.hpp"

namespace souk::rpc::internal {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using std::chrono::system_clock;

SystemRandom& Chance() {
  static SystemRandom random;
  return random;
}

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

/// The value of incoming metadata; nothing when absent.
std::optional<std::string> Incoming(const grpc::GenericCallbackServerContext& context, const std::string& name) {
  const auto& metadata = context.client_metadata();
  const auto it = metadata.find(grpc::string_ref(name.data(), name.size()));
  if (it == metadata.end()) return std::nullopt;
  return std::string(it->second.data(), it->second.size());
}

}  // namespace

GrpcCall::GrpcCall(const GrpcServerConfig& config, const MethodTable& table, const Method& method,
                   grpc::GenericCallbackServerContext* context, CallReactor* reactor)
    : config_(config),
      table_(table),
      method_(method),
      started_(steady_clock::now()),
      context_(context),
      reactor_(reactor) {}

Context GrpcCall::MakeContext() {
  Context made;
  const auto request_id = Incoming(*context_, "x-request-id");
  made.request_id = request_id && IsRequestId(*request_id) ? *request_id : NewRequestId(Chance());
  std::optional<TraceContext> trace;
  if (const auto text = Incoming(*context_, "traceparent")) trace = TraceContext::Parse(*text);
  made.trace = trace ? *trace : TraceContext::New(Chance());
  made.principal = Incoming(*context_, "souk-principal").value_or("");
  const bool stream = method_.server_stream != nullptr;
  const auto asked = context_->deadline();
  if (asked == system_clock::time_point::max()) {
    made.deadline = stream ? SteadyTime::max() : started_ + config_.default_deadline;
    return made;
  }
  // Far deadlines overflow when they are moved to another clock: compare first.
  const auto left = asked - system_clock::now();
  made.deadline = started_ + (left > milliseconds(config_.deadline_max)
                                  ? (stream ? steady_clock::duration(std::chrono::hours(24 * 365))
                                            : steady_clock::duration(config_.deadline_max))
                                  : std::chrono::duration_cast<steady_clock::duration>(left));
  return made;
}

/// gRPC cancels at the caller's own deadline; ours, when it comes first, needs an alarm.
bool GrpcCall::DeadlineIsOurs() const {
  const auto asked = context_->deadline();
  return method_.server_stream == nullptr && (asked == system_clock::time_point::max() ||
                                              asked - system_clock::now() > milliseconds(config_.deadline_max));
}

void GrpcCall::SetAlarm(milliseconds left) {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  alarm_ = std::make_unique<grpc::Alarm>();
  // Weak: gRPC keeps the function as long as the alarm, and the alarm is ours.
  alarm_->Set(system_clock::now() + left, [weak = weak_from_this()](bool fired) {
    const auto self = fired ? weak.lock() : nullptr;
    if (!self) return;
    const Error error = MakeError(ErrorCode::kDeadlineExceeded, "the answer took longer than the server allows");
    self->End(&error, nullptr);
  });
}

void GrpcCall::OnRequest(grpc::ByteBuffer* buffer) {
  const auto self = shared_from_this();  // the call may end while the handler runs
  const auto call = std::make_shared<Call>();
  call->wire = self;
  call->context = MakeContext();
  call->method = method_.full_name;
  call->peer = context_->peer();
  call->prefer = Incoming(*context_, "prefer").value_or("");
  {
    const std::lock_guard lock(mutex_);
    observed_context_ = call->context;
  }
  context_->AddInitialMetadata("x-request-id", call->context.request_id);
  const MessagePtr request(method_.request_prototype->New());
  if (const auto admitted = Admit(call.get(), buffer, request); !admitted.ok()) return End(&admitted.error(), nullptr);
  if (over_) return;
  const bool needs_alarm = DeadlineIsOurs();
  if (method_.server_stream) return method_.server_stream(call, request, self);
  method_.unary(call, request, [self](Result<MessagePtr> result) { self->Answer(std::move(result)); });
  if (needs_alarm && !over_) SetAlarm(call->context.Remaining());
}

Result<void> GrpcCall::Admit(Call* call, grpc::ByteBuffer* buffer, const MessagePtr& request) {
  if (call->context.Expired()) return MakeError(ErrorCode::kDeadlineExceeded, "the deadline passed on the way here");
  if (!Parse(buffer, request.get())) {
    return MakeError(ErrorCode::kInvalidArgument, "the request isn't a valid " + request->GetTypeName(),
                     "MALFORMED_REQUEST");
  }
  auto key = Incoming(*context_, "idempotency-key");
  if (!key) {
    if (auto field = RequestIdField(*request); !field.empty()) key = std::move(field);
  }
  SOUK_RETURN_IF_ERROR(CheckIdempotencyKey(method_, key.value_or(""), key.has_value()));
  call->context.idempotency_key = key.value_or("");
  return CheckCardNumbers(table_, *request);
}

void GrpcCall::OnNoRequest() {
  const Error error = MakeError(ErrorCode::kInvalidArgument, "the call carried no request", "MALFORMED_REQUEST");
  End(&error, nullptr);
}

void GrpcCall::Answer(Result<MessagePtr> result) {
  if (!result.ok()) return End(&result.error(), nullptr);
  End(nullptr, result->get());
}

void GrpcCall::End(const Error* error, const google::protobuf::Message* message) {
  const std::lock_guard lock(mutex_);
  EndLocked(error, message);
}

void GrpcCall::EndLocked(const Error* error, const google::protobuf::Message* message) {
  if (ended_ || reactor_ == nullptr) return;
  over_ = true;
  if (writing_) {
    // gRPC 1.51 breaks when a call is finished under a write: OnWritten comes back here.
    finishing_ = true;
    if (error != nullptr && !finish_error_) finish_error_ = *error;
    queue_.clear();
    return;
  }
  ended_ = true;
  Observe(*method_.metrics, started_, error, observed_context_);
  if (alarm_) alarm_->Cancel();
  if (error == nullptr && message != nullptr) {
    in_flight_ = Serialize(*message);
    return reactor_->StartWriteAndFinish(&in_flight_, grpc::WriteOptions(), grpc::Status::OK);
  }
  if (error == nullptr) return reactor_->Finish(grpc::Status::OK);
  if (const std::string detail = EncodeDetail(*error); !detail.empty()) {
    context_->AddTrailingMetadata(kErrorMetadata, detail);
  }
  reactor_->Finish(ToStatus(*error));
}

void GrpcCall::OnCancel() {
  {
    const std::lock_guard lock(mutex_);
    const ErrorCode code = observed_context_.Expired() ? ErrorCode::kDeadlineExceeded : ErrorCode::kUnavailable;
    const Error error = MakeError(code, "the caller stopped waiting", "CANCELLED");
    EndLocked(&error, nullptr);
    over_ = true;
  }
  NotifyReady();
}

void GrpcCall::OnDone() {
  const std::lock_guard lock(mutex_);
  over_ = true;
  reactor_ = nullptr;
  context_ = nullptr;
  on_ready_ = nullptr;
}

std::string GrpcCall::Header(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  if (context_ == nullptr) return {};
  return Incoming(*context_, Lower(name)).value_or("");
}

void GrpcCall::SetResponseHeader(std::string_view name, std::string_view value) {
  const std::lock_guard lock(mutex_);
  if (context_ == nullptr || ended_ || writing_) return;
  context_->AddInitialMetadata(Lower(name), std::string(value));
}

bool GrpcCall::Write(const google::protobuf::Message& message) {
  const std::lock_guard lock(mutex_);
  if (ended_ || finishing_ || over_ || queue_.size() >= config_.stream_buffer_max) return false;
  queue_.push_back(Serialize(message));
  PumpLocked();
  return true;
}

void GrpcCall::Finish(Result<void> result) {
  const std::lock_guard lock(mutex_);
  if (ended_ || finishing_) return;
  finishing_ = true;
  if (!result.ok()) finish_error_ = result.error();
  PumpLocked();
}

void GrpcCall::PumpLocked() {
  if (writing_ || ended_ || reactor_ == nullptr) return;
  if (!queue_.empty()) {
    writing_ = true;
    in_flight_ = std::move(queue_.front());
    queue_.pop_front();
    return reactor_->StartWrite(&in_flight_);
  }
  if (finishing_) EndLocked(finish_error_ ? &*finish_error_ : nullptr, nullptr);
}

void GrpcCall::OnWritten(bool ok) {
  bool drained = false;
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (!ok) over_ = true;
    PumpLocked();
    drained = !writing_ && !finishing_ && !ended_;
  }
  if (drained) NotifyReady();
}

void GrpcCall::OnReady(std::function<void()> callback) {
  const std::lock_guard lock(mutex_);
  on_ready_ = std::move(callback);
}

void GrpcCall::NotifyReady() {
  std::function<void()> callback;
  {
    const std::lock_guard lock(mutex_);
    callback = on_ready_;
  }
  if (callback) callback();
}

CallReactor::CallReactor(const GrpcServerConfig& config, const MethodTable& table, const Method& method,
                         grpc::GenericCallbackServerContext* context)
    : call_(std::make_shared<GrpcCall>(config, table, method, context, this)) {
  StartRead(&request_);
}

void CallReactor::OnReadDone(bool ok) {
  const auto call = call_;
  if (!ok) return call->OnNoRequest();
  call->OnRequest(&request_);
}

void CallReactor::OnDone() {
  call_->OnDone();
  delete this;
}

}  // namespace souk::rpc::internal
