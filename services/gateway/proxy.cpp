#include "services/gateway/proxy.hpp"

#include <algorithm>
#include <array>

#include "libs/failpoint/failpoint.hpp"
#include "libs/http/problem.hpp"
#include "libs/observability/metrics.hpp"

namespace souk::gateway {
namespace {

failpoint::Point before_call("upstream.before_call", failpoint::Kind::kMayFail);
failpoint::Point after_answer("upstream.after_answer", failpoint::Kind::kMayFail);  // an error: the answer is lost

// Hop-by-hop headers (RFC 9110, 7.6.1), what the client library writes itself, and names that speak of identity inside the fleet.
constexpr std::array<std::string_view, 19> kNotForwarded = {
    "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "host", "content-length",
    "x-forwarded-for", "x-forwarded-host", "x-real-ip", "x-user-id", "x-principal", "x-souk-principal", "x-request-timeout-ms",
    "x-request-id", "traceparent", "forwarded"};
constexpr std::array<std::string_view, 6> kNotReturned = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "x-request-id"};

template <std::size_t N>
bool In(const std::array<std::string_view, N>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view other) { return http::EqualsIgnoreCase(name, other); });
}

http::Headers Returned(const http::Headers& headers) {
  http::Headers kept;
  for (const auto& header : headers) {
    if (!In(kNotReturned, header.first) && !http::EqualsIgnoreCase(header.first, "traceparent")) kept.push_back(header);
  }
  return kept;
}

// True when the other side can't have seen the request, or may see it twice without harm.
bool MayTryAgain(const Error& error, const std::string& method) {
  if (error.code != ErrorCode::kUnavailable) return false;
  return error.reason != "CONNECTION_LOST" || method == "GET" || method == "HEAD";
}

std::string PeerAddress(const std::string& peer) { return peer.substr(0, peer.rfind(':')); }

}  // namespace

struct Upstream::Call {
  http::Request request;
  std::shared_ptr<http::Responder> responder;
  std::size_t attempts_left = 0;
  std::size_t turn = 0;  ///< of the next attempt; its own, so that a second attempt never meets the instance of the first
};

Upstream::Upstream(std::string name, const std::string& urls, http::Client& client) : name_(std::move(name)), client_(client) {
  for (std::size_t from = 0; from <= urls.size();) {
    const std::size_t comma = std::min(urls.find(',', from), urls.size());
    bases_.push_back(urls.substr(from, comma - from));
    from = comma + 1;
  }
}

std::string Upstream::Next() { return bases_[turn_++ % bases_.size()]; }

http::ClientRequest Upstream::Build(const http::Request& request, const std::string& base) const {
  http::ClientRequest forwarded;
  forwarded.method = request.method;
  forwarded.url = base + request.target;
  for (const auto& header : request.headers) {
    if (!In(kNotForwarded, header.first)) forwarded.headers.push_back(header);
  }
  const auto remaining = std::max<std::chrono::milliseconds>(request.context.Remaining(), std::chrono::milliseconds(1));
  forwarded.headers.emplace_back("X-Request-Timeout-Ms", std::to_string(remaining.count()));
  forwarded.headers.emplace_back("X-Request-Id", request.context.request_id);
  forwarded.headers.emplace_back("X-Forwarded-For", PeerAddress(request.peer));
  forwarded.headers.emplace_back("traceparent", request.context.trace.ToString());
  forwarded.body = request.body;
  forwarded.deadline = remaining;
  return forwarded;
}

void Upstream::Forward(http::Request request, http::Responder responder) {
  auto call = std::make_shared<Call>();
  call->request = std::move(request);
  call->responder = http::Share(std::move(responder));
  call->attempts_left = std::max<std::size_t>(bases_.size(), 2);
  call->turn = turn_++;
  Try(std::move(call));
}

void Upstream::Try(std::shared_ptr<Call> call) {
  --call->attempts_left;
  if (const auto passed = before_call.Try(); !passed.ok()) return Failed(call, passed.error());
  http::ClientRequest forwarded = Build(call->request, bases_[call->turn++ % bases_.size()]);
  client_.Send(std::move(forwarded), [this, call](Result<http::Response> answer) {
    if (!answer.ok()) return Failed(call, answer.error());
    if (!after_answer.Try().ok()) return Failed(call, MakeError(ErrorCode::kUnavailable, "the answer was lost", "CONNECTION_LOST"));
    answer->headers = Returned(answer->headers);
    call->responder->Send(std::move(*answer));
  });
}

void Upstream::Failed(const std::shared_ptr<Call>& call, Error error) {
  if (call->attempts_left > 0 && MayTryAgain(error, call->request.method) && !call->request.context.Expired()) return Try(call);
  error.message = name_ + " can't answer now, try again with the same Idempotency-Key";  // no host names to the outside
  if (error.code == ErrorCode::kDeadlineExceeded) error.message = name_ + " did not answer in time; the effect is unknown, ask again with the same Idempotency-Key";
  call->responder->Send(http::ProblemResponse(error, call->request.context));
}

void Upstream::ForwardStream(http::Request request, http::Responder responder) {
  struct State {
    std::shared_ptr<http::Responder> responder;
    std::shared_ptr<http::Stream> stream;
    Context context;
  };
  auto state = std::make_shared<State>();
  state->responder = http::Share(std::move(responder));
  state->context = request.context;
  http::ClientRequest forwarded = Build(request, Next());
  client_.SendStreaming(
      std::move(forwarded),
      [state](const http::Response& head) {
        http::Response answer = head;
        answer.headers = Returned(head.headers);
        state->stream = state->responder->StartStream(std::move(answer));
      },
      // A reader that can't follow is cut: it comes back with Last-Event-ID.
      [state](std::string_view chunk) { return state->stream->Write(std::string(chunk)); },
      [this, state](Result<void> end) {
        if (state->stream) return state->stream->Close();
        Error error = end.ok() ? MakeError(ErrorCode::kUnavailable, "") : end.error();
        error.message = name_ + " can't answer now, try again";
        state->responder->Send(http::ProblemResponse(error, state->context));
      });
}

}  // namespace souk::gateway
