#include "libs/rpc/rest_stream.hpp"

#include "libs/http/problem.hpp"
#include "libs/rpc/call_metrics.hpp"
#include "libs/rpc/json.hpp"

namespace souk::rpc::internal {
namespace {

constexpr char kKeyLink[] = "</docs/idempotency>; rel=\"describedby\"; type=\"text/html\"";

/// The number in the field "version", as the id by which a client resumes (Last-Event-ID).
std::string EventId(const google::protobuf::Message& message) {
  using Field = google::protobuf::FieldDescriptor;
  const Field* field = message.GetDescriptor()->FindFieldByName("version");
  if (field == nullptr || field->is_repeated() || field->cpp_type() != Field::CPPTYPE_INT64) return {};
  return "id: " + std::to_string(message.GetReflection()->GetInt64(message, field)) + '\n';
}

}  // namespace

RestCall::RestCall(const Method& method, int success_status, http::Request request, http::Responder responder)
    : method_(method),
      started_(std::chrono::steady_clock::now()),
      request_(std::move(request)),
      responder_(std::move(responder)),
      status_(success_status == 0 ? 200 : success_status) {}

CallPtr RestCall::MakeCall() {
  auto call = std::make_shared<Call>();
  call->context = request_.context;
  if (method_.server_stream) call->context.deadline = SteadyTime::max();
  call->is_http = true;
  call->method = method_.full_name;
  call->peer = request_.peer;
  call->prefer = request_.Header("prefer");
  call->wire = shared_from_this();
  return call;
}

std::optional<http::Responder> RestCall::TakeResponder() {
  const std::lock_guard lock(mutex_);
  std::optional<http::Responder> out = std::move(responder_);
  responder_.reset();
  return out;
}

void RestCall::Count(const Error* error) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(counted_, true)) return;
  }
  Observe(*method_.metrics, started_, error, request_.context);
}

void RestCall::Succeed(const google::protobuf::Message& message) {
  auto json = ToJson(message);
  if (!json.ok()) return Fail(json.error());
  auto responder = TakeResponder();
  if (!responder) return;
  const Error late = MakeError(ErrorCode::kDeadlineExceeded, "answered after the deadline or to nobody");
  Count(responder->ClientGone() ? &late : nullptr);
  http::Response response;
  {
    const std::lock_guard lock(mutex_);
    response.status = status_;
    response.headers = std::move(headers_);
  }
  response.body = std::move(json).value();
  responder->Send(std::move(response));
}

void RestCall::Fail(const Error& error) {
  auto responder = TakeResponder();
  if (!responder) return;
  Count(&error);
  http::Response response = http::ProblemResponse(error, request_.context);
  if (error.reason.rfind("IDEMPOTENCY_KEY", 0) == 0) response.headers.emplace_back("Link", kKeyLink);
  {
    const std::lock_guard lock(mutex_);
    for (auto& header : headers_) response.headers.push_back(std::move(header));
  }
  responder->Send(std::move(response));
}

void RestCall::SetResponseHeader(std::string_view name, std::string_view value) {
  const std::lock_guard lock(mutex_);
  headers_.emplace_back(name, value);
}

void RestCall::SetHttpStatus(int status) {
  const std::lock_guard lock(mutex_);
  status_ = status;
}

bool RestCall::Cancelled() const {
  if (gone_) return true;
  const std::lock_guard lock(mutex_);
  return responder_ ? responder_->ClientGone() : stream_ == nullptr || stream_->closed();
}

std::shared_ptr<http::Stream> RestCall::OpenStream() {
  auto responder = TakeResponder();
  if (responder) {
    http::Response head;
    head.headers = {{"Content-Type", "text/event-stream"}, {"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}};
    auto stream = responder->StartStream(std::move(head));
    stream->OnDrain([weak = weak_from_this()] {
      if (const auto self = weak.lock()) self->NotifyReady();
    });
    stream->OnClose([self = shared_from_this()] {
      self->gone_ = true;
      self->Count(nullptr);
      self->NotifyReady();
      const std::lock_guard lock(self->mutex_);
      self->on_ready_ = nullptr;
    });
    const std::lock_guard lock(mutex_);
    stream_ = std::move(stream);
  }
  const std::lock_guard lock(mutex_);
  return stream_;
}

void RestCall::Open() { static_cast<void>(OpenStream()); }

bool RestCall::Write(const google::protobuf::Message& message) {
  const auto json = ToJson(message);
  const auto stream = json.ok() ? OpenStream() : nullptr;
  if (!stream) return false;
  return stream->Write(EventId(message) + "data: " + *json + "\n\n");
}

void RestCall::Finish(Result<void> result) {
  bool started = false;
  {
    const std::lock_guard lock(mutex_);
    started = stream_ != nullptr;
  }
  if (!result.ok() && !started) return Fail(result.error());
  const auto stream = OpenStream();
  if (!stream) return;
  Count(result.ok() ? nullptr : &result.error());
  if (!result.ok()) stream->Write("event: error\ndata: " + http::ProblemJson(result.error(), request_.context) + "\n\n");
  stream->Close();
}

void RestCall::OnReady(std::function<void()> callback) {
  const std::lock_guard lock(mutex_);
  on_ready_ = std::move(callback);
}

void RestCall::NotifyReady() {
  std::function<void()> callback;
  {
    const std::lock_guard lock(mutex_);
    callback = on_ready_;
  }
  if (callback) callback();
}

}  // namespace souk::rpc::internal
