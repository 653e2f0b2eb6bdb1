#include "libs/http/connection.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <exception>

#include "libs/base/random.hpp"
#include "libs/base/request_id.hpp"
#include "libs/http/problem.hpp"
#include "libs/http/response_head.hpp"

namespace souk::http::internal {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kInputStart = 4096;
constexpr milliseconds kLingerTime{2000};
constexpr milliseconds kDrainTime{150};

SystemRandom& Chance() {
  static SystemRandom random;
  return random;
}

std::string PeerName(const asio::ip::tcp::socket& socket) {
  boost::system::error_code ec;
  const auto endpoint = socket.remote_endpoint(ec);
  if (ec) return {};
  return endpoint.address().to_string() + ':' + std::to_string(endpoint.port());
}

Error RefusalError(int status) {
  std::string message = "The request isn't well-formed HTTP/1.1.";
  std::string reason = "MALFORMED_REQUEST";
  switch (status) {
    case 408: message = "The request took too long to arrive."; reason = "REQUEST_TIMEOUT"; break;
    case 413: message = "The body is larger than this server takes."; reason = "BODY_TOO_LARGE"; break;
    case 414: message = "The request target is longer than this server takes."; reason = "TARGET_TOO_LONG"; break;
    case 417: message = "Only Expect: 100-continue is known."; reason = "EXPECTATION_FAILED"; break;
    case 431: message = "The headers are larger than this server takes."; reason = "HEADERS_TOO_LARGE"; break;
    case 505: message = "Only HTTP/1.0 and HTTP/1.1 are spoken."; reason = "HTTP_VERSION"; break;
    default: break;
  }
  Error error = MakeError(ErrorCode::kInvalidArgument, std::move(message), std::move(reason));
  error.http_status = status;
  return error;
}

}  // namespace

// Everything below runs on the worker's thread.

Connection::Connection(asio::ip::tcp::socket socket, std::shared_ptr<Worker> worker)
    : worker_(std::move(worker)),
      config_(worker_->shared->config),
      socket_(std::move(socket)),
      timer_(worker_->io),
      peer_(PeerName(socket_)),
      input_(kInputStart) {}

Connection::~Connection() = default;

void Connection::Start() {
  boost::system::error_code ec;
  socket_.set_option(asio::ip::tcp::no_delay(true), ec);
  worker_->connections.insert(this);
  if (worker_->stopped) return Close();
  SetDeadline();
  StartRead();
}

void Connection::StartRead() {
  if (reading_ || client_closed_ || state_ == State::kClosed) return;
  if (input_begin_ > 0) {
    std::memmove(input_.data(), input_.data() + input_begin_, input_end_ - input_begin_);
    input_end_ -= input_begin_;
    input_begin_ = 0;
  }
  const std::size_t input_max = config_.header_max + kInputStart;
  if (input_end_ == input_.size() && input_.size() < input_max) {
    // Growth is for long headers only: bodies leave the buffer as they come.
    input_.resize(std::min(input_max, input_.size() * 2));
  }
  if (input_end_ == input_.size()) return;  // pipelined bytes wait; reading resumes after the answer
  reading_ = true;
  socket_.async_read_some(asio::buffer(input_.data() + input_end_, input_.size() - input_end_),
                          [self = shared_from_this()](const boost::system::error_code& ec, std::size_t size) {
                            self->reading_ = false;
                            self->OnRead(ec, size);
                          });
}

void Connection::OnRead(const boost::system::error_code& ec, std::size_t size) {
  if (state_ == State::kClosed) return;
  if (ec) {
    client_closed_ = true;
    if (current_) current_->MarkGone();
    // A half-closed client may still read the answer; a stream or an idle connection ends here.
    if (ec != asio::error::eof || state_ != State::kHandling) Close();
    return;
  }
  if (state_ == State::kLingering) {
    input_begin_ = input_end_ = 0;
    return StartRead();
  }
  const bool first_bytes = input_begin_ == input_end_ && !parser_;
  input_end_ += size;
  if (state_ != State::kReading) return StartRead();
  if (first_bytes) state_deadline_ = steady_clock::now() + config_.request_timeout;
  ProcessInput();
}

void Connection::ProcessInput() {
  if (in_loop_) return;
  in_loop_ = true;
  while (state_ == State::kReading && !close_after_write_ && input_begin_ < input_end_ &&
         output_.size() < config_.pipeline_buffer_max && ParseSome()) {
  }
  in_loop_ = false;
  if (state_ == State::kClosed) return;
  Flush();
  if (state_ == State::kClosed) return;
  SetDeadline();
  StartRead();
}

/// False when more bytes are needed or the connection is done with input.
bool Connection::ParseSome() {
  if (!parser_) {
    while (input_begin_ < input_end_ && (input_[input_begin_] == '\r' || input_[input_begin_] == '\n')) ++input_begin_;
    if (input_begin_ == input_end_) return false;
    parser_.emplace(config_.header_max, config_.headers_count_max, config_.target_max, config_.body_max);
    continue_sent_ = false;
  }
  boost::system::error_code ec;
  const std::string_view seen(input_.data() + input_begin_, input_end_ - input_begin_);
  const std::size_t used = parser_->put(asio::const_buffer(seen.data(), seen.size()), ec);
  input_begin_ += used;
  const bool need_more = ec == boost::beast::http::error::need_more;
  if (ec && !need_more) {
    Refuse(StatusOf(ec, seen));
    return false;
  }
  if (parser_->is_done()) {
    Dispatch();
    return true;
  }
  if (!parser_->is_header_done() && !PartialHeaderIsSane()) {
    Refuse(400);
    return false;
  }
  if (parser_->is_header_done() && parser_->expects_continue && !continue_sent_) {
    continue_sent_ = true;
    output_ += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  if (need_more && used == 0 && input_end_ - input_begin_ >= config_.header_max + kInputStart) {
    Refuse(400);  // a chunk line as long as the whole buffer
    return false;
  }
  return !need_more && used > 0;
}

/// Catches what would otherwise wait for a time-out: bytes that can't become a request line, bare line feeds.
bool Connection::PartialHeaderIsSane() const {
  const std::string_view seen(input_.data() + input_begin_, input_end_ - input_begin_);
  if (seen.empty()) return true;
  const char first = seen.front();
  if (!((first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z'))) return false;
  const std::size_t feed = seen.find('\n');
  return feed == std::string_view::npos || (feed > 0 && seen[feed - 1] == '\r');
}

int Connection::StatusOf(const boost::system::error_code& ec, std::string_view seen) const {
  namespace http = boost::beast::http;
  if (parser_->refusal != 0) return parser_->refusal;
  if (ec == http::error::body_limit) return 413;
  const std::size_t line = seen.find("\r\n");
  const bool whole_line = line < config_.header_max;
  if (ec == http::error::bad_version && whole_line && seen.substr(0, line).find(" HTTP/") < line) return 505;
  if (ec != http::error::header_limit) return 400;
  return whole_line || !parser_->request.method.empty() ? 431 : 414;
}

/// Answers a request that never reached the handler, then closes: where the next request begins is unknown.
void Connection::Refuse(int status) {
  Context context;
  context.request_id = request_id_ = NewRequestId(Chance());
  trace_ = TraceContext::New(Chance());
  keep_alive_ = false;
  head_only_ = false;
  version_ = 11;
  parser_.reset();
  Queue(ProblemResponse(RefusalError(status), context), false);
  FinishAnswer();
}

Context Connection::MakeContext(const Request& request, bool* bad_timeout) {
  Context context;
  milliseconds timeout = config_.default_deadline;
  std::string_view id;
  std::optional<TraceContext> trace;
  for (const auto& [name, value] : request.headers) {
    if (name.size() == 12 && EqualsIgnoreCase(name, "x-request-id")) {
      id = value;
    } else if (name.size() == 11 && EqualsIgnoreCase(name, "traceparent")) {
      trace = TraceContext::Parse(value);
    } else if (name.size() == 20 && EqualsIgnoreCase(name, "x-request-timeout-ms")) {
      std::uint64_t wanted = 0;
      const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), wanted);
      const bool too_big = ec == std::errc::result_out_of_range;
      *bad_timeout = end != value.data() + value.size() || (!too_big && (ec != std::errc{} || wanted == 0));
      const auto cap = static_cast<std::uint64_t>(config_.deadline_max.count());
      timeout = milliseconds(too_big ? cap : std::min(wanted, cap));
    }
  }
  context.request_id = IsRequestId(id) ? std::string(id) : NewRequestId(Chance());
  context.trace = trace ? *trace : TraceContext::New(Chance());
  context.deadline = steady_clock::now() + timeout;
  return context;
}

void Connection::Dispatch() {
  state_ = State::kHandling;
  Request request = std::move(parser_->request);
  keep_alive_ = parser_->keep_alive();
  version_ = parser_->version;
  parser_.reset();
  head_only_ = request.method == "HEAD";
  bool bad_timeout = false;
  request.context = MakeContext(request, &bad_timeout);
  request.peer = peer_;
  request_id_ = request.context.request_id;
  trace_ = request.context.trace;
  state_deadline_ = request.context.deadline;
  current_ = std::make_shared<ConnectionExchange>(shared_from_this());
  Responder responder(current_);
  if (bad_timeout) {
    const Error error = MalformedField("X-Request-Timeout-Ms", "must be a whole number of milliseconds above 0");
    return responder.Send(ProblemResponse(error, request.context));
  }
  try {
    worker_->shared->handler(std::move(request), std::move(responder));
  } catch (const std::exception&) {
    // The Responder was destroyed on the way here, so the client has its 500. A handler that throws is a defect, but
    // not one that should take the other connections along.
  }
}

void Connection::Queue(const Response& response, bool stream) {
  if (worker_->shared->draining) keep_alive_ = false;
  const HeadOptions options{version_, keep_alive_, head_only_, stream, chunked_, request_id_, &trace_};
  AppendHead(&output_, response, options);
  if (!head_only_ && !stream && HasBody(response.status)) output_ += response.body;
}

void Connection::Answer(const ConnectionExchange* exchange, Response response) {
  if (current_.get() != exchange || state_ != State::kHandling) return;  // late: 504 was sent, or the client left
  current_.reset();
  Queue(response, false);
  FinishAnswer();
  Continue();
}

void Connection::FinishAnswer() {
  state_ = State::kReading;
  state_deadline_ = SteadyTime::max();
  if (!keep_alive_ || client_closed_) close_after_write_ = true;
}

void Connection::Continue() {
  if (in_loop_) return;  // ParseSome goes on and flushes once
  ProcessInput();
}

void Connection::OpenStream(const ConnectionExchange* exchange, Response head,
                            std::shared_ptr<ConnectionStream> stream) {
  if (current_.get() != exchange || state_ != State::kHandling || client_closed_) {
    if (current_.get() == exchange) Close();
    return stream->Ended();
  }
  current_.reset();
  chunked_ = version_ == 11;
  if (!chunked_) keep_alive_ = false;
  Queue(head, true);
  if (head_only_) {
    stream->Ended();
    FinishAnswer();
    return Continue();
  }
  state_ = State::kStreaming;
  state_deadline_ = SteadyTime::max();
  stream_ = std::move(stream);
  if (!head.body.empty()) {
    if (chunked_) AppendChunk(&output_, head.body);
    else output_ += head.body;
  }
  if (!in_loop_) ProcessInput();
  PumpStream(stream_.get());
}

void Connection::PumpStream(const ConnectionStream* stream) {
  if (state_ != State::kStreaming || stream_.get() != stream || write_in_flight_) return;
  bool ended = false;
  stream_writing_ += stream_->Take(&output_, chunked_, &ended);
  if (ended) {
    if (chunked_) output_ += "0\r\n\r\n";
    const auto finished = std::move(stream_);
    stream_writing_ = 0;
    FinishAnswer();
    finished->Ended();
    return Continue();
  }
  Flush();
}

void Connection::Flush() {
  if (write_in_flight_ || state_ == State::kClosed) return;
  if (output_.empty()) {
    if (close_after_write_ && state_ == State::kReading) Linger();
    return;
  }
  write_in_flight_ = true;
  writing_.clear();
  std::swap(writing_, output_);
  write_deadline_ = steady_clock::now() + config_.idle_timeout;
  ArmTimer(write_deadline_);
  asio::async_write(socket_, asio::buffer(writing_),
                    [self = shared_from_this()](const boost::system::error_code& ec, std::size_t) {
                      self->OnWritten(ec);
                    });
}

void Connection::OnWritten(const boost::system::error_code& ec) {
  write_in_flight_ = false;
  write_deadline_ = SteadyTime::max();
  if (state_ == State::kClosed) return;
  if (ec) return Close();
  if (writing_.capacity() > 256 * 1024) std::string().swap(writing_);  // don't keep a large answer's memory
  if (const auto stream = stream_) {
    const std::size_t left = std::exchange(stream_writing_, 0);
    stream->Left(left);
    if (state_ == State::kStreaming) PumpStream(stream.get());
  }
  if (state_ == State::kReading && !output_.empty()) Flush();
  if (state_ == State::kReading && !write_in_flight_) {
    if (close_after_write_) return Linger();
    if (input_begin_ < input_end_) return ProcessInput();  // reading paused on a full output
  }
  if (state_ != State::kClosed) SetDeadline();
}

/// Tells the client that no more comes, then swallows what it still sends: closing at once would reset the connection
/// and might destroy the answer on its way.
void Connection::Linger() {
  if (state_ == State::kLingering || state_ == State::kClosed) return;
  if (client_closed_) return Close();
  state_ = State::kLingering;
  boost::system::error_code ec;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ec);
  state_deadline_ = steady_clock::now() + (worker_->shared->draining ? kDrainTime : kLingerTime);
  input_begin_ = input_end_ = 0;
  SetDeadline();
  StartRead();
}

void Connection::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  const auto self = shared_from_this();
  if (const auto exchange = std::move(current_)) exchange->MarkGone();
  if (const auto stream = std::move(stream_)) stream->Ended();
  boost::system::error_code ec;
  socket_.close(ec);
  timer_.cancel();
  worker_->connections.erase(this);
  --worker_->shared->connections;
}

void Connection::Drain(bool end_streams) {
  if (end_streams && stream_) stream_->Close();
  if (state_ != State::kReading || parser_ || input_begin_ < input_end_) return;
  // A request may be on its way: it still gets its answer, with "Connection: close".
  state_deadline_ = steady_clock::now() + kDrainTime;
  SetDeadline();
}

void Connection::SetDeadline() {
  if (state_ == State::kReading && state_deadline_ == SteadyTime::max()) {
    const bool mid_request = parser_ || input_begin_ < input_end_;
    state_deadline_ = steady_clock::now() + (mid_request ? config_.request_timeout : config_.idle_timeout);
  }
  ArmTimer(std::min(state_deadline_, write_deadline_));
}

/// A timer that is due earlier than needed is left alone and looks again when it fires: one timer operation for many
/// requests instead of two for each.
void Connection::ArmTimer(SteadyTime at) {
  if (at == SteadyTime::max() || timer_at_ <= at) return;
  timer_at_ = at;
  timer_.expires_at(at);
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& ec) {
    if (ec || self->state_ == State::kClosed) return;
    self->timer_at_ = SteadyTime::max();
    self->OnTimer();
  });
}

void Connection::OnTimer() {
  const SteadyTime due = std::min(state_deadline_, write_deadline_);
  if (steady_clock::now() < due) return ArmTimer(due);
  if (write_deadline_ <= state_deadline_) return Close();  // the client stopped reading
  OnDeadline();
}

void Connection::OnDeadline() {
  state_deadline_ = SteadyTime::max();
  if (state_ == State::kHandling) {
    Context context;
    context.request_id = request_id_;
    current_->MarkGone();
    const Error error = MakeError(ErrorCode::kDeadlineExceeded, "The answer took longer than the caller's deadline.");
    return Answer(current_.get(), ProblemResponse(error, context));
  }
  const bool mid_request = state_ == State::kReading && (parser_ || input_begin_ < input_end_);
  if (!mid_request) return Close();
  Refuse(408);
  Flush();
  if (state_ != State::kClosed) SetDeadline();
}

}  // namespace souk::http::internal
