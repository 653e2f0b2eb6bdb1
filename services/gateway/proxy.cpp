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

// True when the other side can't have seen the request, or may see it twice without harm: reads, and calls whose key makes the second one a replay of
// the first one's answer. An instance that stops closes connections that a request may be on its way to.
bool MayTryAgain(const Error& error, const http::Request& request) {
  if (error.code != ErrorCode::kUnavailable) return false;
  if (error.reason != "CONNECTION_LOST" || request.method == "GET" || request.method == "HEAD") return true;
  return std::any_of(request.headers.begin(), request.headers.end(),
                     [](const auto& header) { return http::EqualsIgnoreCase(header.first, "Idempotency-Key") && !header.second.empty(); });
}

// An instance that only begins or ends says so before it does anything: another one may serve.
bool WasNotTaken(const http::Response& answer) {
  return answer.status == 503 &&
         (answer.body.find("\"reason\":\"STARTING\"") != std::string::npos || answer.body.find("\"reason\":\"STOPPING\"") != std::string::npos);
}

std::string PeerAddress(const std::string& peer) { return peer.substr(0, peer.rfind(':')); }

}  // namespace

struct Upstream::Call {
  http::Request request;
  std::shared_ptr<http::Responder> responder;
  std::size_t turn = 0;  ///< its next instance; counted in the call, so that the second attempt never meets the first one's again
  std::size_t attempts_left = 0;
};

Upstream::Upstream(std::string name, const std::string& urls, http::Client& client) : name_(std::move(name)), client_(client) {
  for (std::size_t from = 0; from <= urls.size();) {
    const std::size_t comma = std::min(urls.find(',', from), urls.size());
    bases_.push_back(urls.substr(from, comma - from));
    from = comma + 1;
  }
}

const std::string& Upstream::Base(std::size_t turn) const { return bases_[turn % bases_.size()]; }

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
  call->turn = turn_++;
  call->attempts_left = std::max<std::size_t>(bases_.size(), 2);
  Try(std::move(call));
}

void Upstream::Try(std::shared_ptr<Call> call) {
  --call->attempts_left;
  if (const auto passed = before_call.Try(); !passed.ok()) return Failed(call, passed.error());
  http::ClientRequest forwarded = Build(call->request, Base(call->turn++));
  client_.Send(std::move(forwarded), [this, call](Result<http::Response> answer) {
    if (!answer.ok()) return Failed(call, answer.error());
    if (!after_answer.Try().ok()) return Failed(call, MakeError(ErrorCode::kUnavailable, "the answer was lost", "CONNECTION_LOST"));
    if (WasNotTaken(*answer)) return Failed(call, MakeError(ErrorCode::kUnavailable, "the instance takes nothing now", "NOT_TAKEN"));
    answer->headers = Returned(answer->headers);
    call->responder->Send(std::move(*answer));
  });
}

void Upstream::Failed(const std::shared_ptr<Call>& call, Error error) {
  if (call->attempts_left > 0 && MayTryAgain(error, call->request) && !call->request.context.Expired()) return Try(call);
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
  http::ClientRequest forwarded = Build(request, Base(turn_++));
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
