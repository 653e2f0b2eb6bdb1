#include "libs/http/client_pool.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cstring>

#include "libs/http/response_head.hpp"

namespace souk::http::internal {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

Error Lost(std::string message) {
  return MakeError(ErrorCode::kUnavailable, std::move(message), "CONNECTION_LOST");
}

bool IsSafe(const std::string& method) { return method == "GET" || method == "HEAD"; }

std::string Serialize(const ClientRequest& request, const std::string& host) {
  std::string out = request.method + ' ' + (request.target.empty() ? "/" : request.target) + " HTTP/1.1\r\n";
  AppendHeader(&out, "Host", host);
  for (const auto& [name, value] : request.headers) {
    if (EqualsIgnoreCase(name, "host") || EqualsIgnoreCase(name, "content-length") ||
        EqualsIgnoreCase(name, "transfer-encoding") || EqualsIgnoreCase(name, "connection")) {
      continue;
    }
    AppendHeader(&out, name, value);
  }
  if (!request.body.empty() || !IsSafe(request.method)) {
    AppendHeader(&out, "Content-Length", std::to_string(request.body.size()));
  }
  return out + "\r\n" + request.body;
}

}  // namespace

void Job::Finish(Result<Response> result) {
  if (finished) return;
  finished = true;
  timer.cancel();
  if (streaming()) {
    on_end(result.ok() ? Result<void>() : Result<void>(result.error()));
  } else {
    on_done(std::move(result));
  }
}

ResponseParser::ResponseParser(const ClientConfig& config, const Job* job) : body_max_(config.body_max), job_(job) {
  eager(true);
  header_limit(static_cast<std::uint32_t>(config.header_max));
  body_limit(boost::none);
  if (job->request.method == "HEAD") skip(true);
}

void ResponseParser::on_header_impl(Code&) {
  head_done = true;
  if (response.status >= 200 && job_->streaming()) job_->on_head(response);
}

std::size_t ResponseParser::on_body_impl(Text body, Code& ec) {
  if (job_->streaming()) {
    if (!job_->on_chunk(std::string_view(body.data(), body.size()))) {
      cancelled = true;
      ec = boost::beast::http::error::end_of_stream;
    }
    return body.size();
  }
  if (response.body.size() + body.size() > body_max_) {
    ec = boost::beast::http::error::body_limit;
    return 0;
  }
  response.body.append(body.data(), body.size());
  return body.size();
}

Pool::Pool(asio::io_context& io, const ClientConfig& config, std::string host, int port)
    : io_(io),
      config_(config),
      host_(std::move(host)),
      port_(port),
      host_header_(port == 80 ? host_ : host_ + ':' + std::to_string(port)),
      resolver_(io) {}

void Pool::Submit(JobPtr job) {
  if (down_) return job->Finish(Lost("the client is shutting down"));
  if (job->deadline <= std::chrono::steady_clock::now()) {
    return job->Finish(MakeError(ErrorCode::kDeadlineExceeded, "no time left for the request"));
  }
  if (idle_.empty() && queue_.size() >= config_.queue_max) {
    return job->Finish(
        MakeError(ErrorCode::kResourceExhausted, "too many requests wait for " + host_header_, "CLIENT_QUEUE_FULL"));
  }
  Arm(job);
  queue_.push_back(std::move(job));
  Dispatch();
}

void Pool::Arm(const JobPtr& job) {
  job->timer.expires_at(job->deadline);
  job->timer.async_wait([self = shared_from_this(), job](const error_code& ec) {
    if (!ec) self->Cancel(job, MakeError(ErrorCode::kDeadlineExceeded, self->host_header_ + " didn't answer in time"));
  });
}

void Pool::Cancel(const JobPtr& job, const Error& error) {
  if (job->finished) return;
  if (const auto connection = job->connection.lock()) return connection->Fail(error);
  job->Finish(error);  // still queued; Dispatch skips finished jobs
}

void Pool::Dispatch() {
  while (!queue_.empty() && !down_) {
    if (queue_.front()->finished) {
      queue_.pop_front();
      continue;
    }
    std::shared_ptr<ClientConnection> connection;
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    } else if (all_.size() < static_cast<std::size_t>(config_.connections_per_host_max)) {
      connection = std::make_shared<ClientConnection>(shared_from_this());
      all_.insert(connection);
    } else {
      return;
    }
    JobPtr job = std::move(queue_.front());
    queue_.pop_front();
    job->connection = connection;
    connection->Take(std::move(job));
  }
}

void Pool::Resolve(const std::shared_ptr<ClientConnection>& connection) {
  error_code ec;
  const auto address = asio::ip::make_address(host_ == "localhost" ? "127.0.0.1" : host_, ec);
  if (!ec) return connection->Connect({tcp::endpoint(address, static_cast<std::uint16_t>(port_))});
  resolver_.async_resolve(host_, std::to_string(port_),
                          [connection](const error_code& error, const tcp::resolver::results_type& results) {
                            if (error) return connection->Fail(Lost("cannot resolve the host: " + error.message()));
                            connection->Connect({results.begin(), results.end()});
                          });
}

void Pool::Release(const std::shared_ptr<ClientConnection>& connection) {
  idle_.push_back(connection);
  Dispatch();
}

void Pool::Remove(const std::shared_ptr<ClientConnection>& connection) {
  all_.erase(connection);
  std::erase(idle_, connection);
  Dispatch();
}

bool Pool::RetryOnce(const JobPtr& job) {
  if (down_ || job->retried || job->finished || !IsSafe(job->request.method)) return false;
  job->retried = true;
  job->connection.reset();
  queue_.push_front(job);
  return true;
}

void Pool::Shutdown() {
  down_ = true;
  resolver_.cancel();
  for (const JobPtr& job : std::exchange(queue_, {})) job->Finish(Lost("the client is shutting down"));
  for (const auto& connection : std::exchange(all_, {})) connection->Fail(Lost("the client is shutting down"));
  idle_.clear();
}

ClientConnection::ClientConnection(std::shared_ptr<Pool> pool)
    : pool_(std::move(pool)), socket_(pool_->io_), idle_timer_(pool_->io_), input_(8192) {}

void ClientConnection::Take(JobPtr job) {
  job_ = std::move(job);
  answer_started_ = false;
  parser_.emplace(pool_->config_, job_.get());
  idle_timer_.cancel();
  if (connected_) return Write();
  pool_->Resolve(shared_from_this());
}

void ClientConnection::Connect(const std::vector<tcp::endpoint>& endpoints) {
  if (closed_) return;
  auto list = std::make_shared<std::vector<tcp::endpoint>>(endpoints);
  asio::async_connect(socket_, *list, [self = shared_from_this(), list](const error_code& ec, const tcp::endpoint&) {
    if (self->closed_) return;
    if (ec) {
      return self->Fail(MakeError(ErrorCode::kUnavailable,
                                  "cannot connect to " + self->pool_->host_header_ + ": " + ec.message(),
                                  "CONNECTION_REFUSED"));
    }
    error_code ignored;
    self->socket_.set_option(tcp::no_delay(true), ignored);
    self->connected_ = true;
    self->Write();
  });
}

void ClientConnection::Write() {
  output_ = Serialize(job_->request, pool_->host_header_);
  asio::async_write(socket_, asio::buffer(output_), [self = shared_from_this()](const error_code& ec, std::size_t) {
    // A failed write shows up as a failed read too, maybe after an early answer (413): reading decides.
    static_cast<void>(ec);
  });
  Read();
}

void ClientConnection::Read() {
  if (reading_ || closed_) return;
  if (input_end_ == input_.size()) {
    if (input_.size() >= pool_->config_.header_max + 8192) return Fail(Lost("the answer's headers are too large"));
    input_.resize(input_.size() * 2);
  }
  reading_ = true;
  socket_.async_read_some(asio::buffer(input_.data() + input_end_, input_.size() - input_end_),
                          [self = shared_from_this()](const error_code& ec, std::size_t size) {
                            self->reading_ = false;
                            self->OnRead(ec, size);
                          });
}

void ClientConnection::OnRead(const error_code& ec, std::size_t size) {
  if (closed_) return;
  if (!job_) return Fail(Lost("the idle connection ended"));  // closed by the server, or bytes nobody asked for
  if (ec) return OnEof();
  answer_started_ = true;
  input_end_ += size;
  Parse();
}

void ClientConnection::Parse() {
  std::size_t begin = 0;
  while (begin < input_end_ && !parser_->is_done()) {
    error_code ec;
    const std::size_t used = parser_->put(asio::const_buffer(input_.data() + begin, input_end_ - begin), ec);
    begin += used;
    if (closed_) return;  // a callback ended the request
    const bool need_more = ec == boost::beast::http::error::need_more;
    if (parser_->cancelled) return Fail(MakeError(ErrorCode::kAborted, "the caller stopped the request", "STOPPED"));
    if (ec && !need_more) return Fail(Lost("the answer isn't well-formed: " + ec.message()));
    if (parser_->head_done && job_->streaming()) job_->timer.cancel();
    if (parser_->is_done() && parser_->response.status < 200) {
      parser_.emplace(pool_->config_, job_.get());  // an interim answer; the real one follows
      continue;
    }
    if (need_more || used == 0) break;
  }
  std::memmove(input_.data(), input_.data() + begin, input_end_ - begin);
  input_end_ -= begin;
  if (parser_->is_done()) return Complete();
  Read();
}

void ClientConnection::OnEof() {
  error_code ec;
  if (answer_started_ && parser_->head_done) parser_->put_eof(ec);
  if (answer_started_ && parser_->head_done && !ec && parser_->is_done()) return Complete();
  const bool stale = used_ && !answer_started_;
  if (stale && pool_->RetryOnce(job_)) {
    job_.reset();
    return Fail(Lost("stale"));
  }
  Fail(Lost("the connection to " + pool_->host_header_ + " was lost"));
}

void ClientConnection::Complete() {
  const auto self = shared_from_this();
  const bool reusable = parser_->keep_alive() && input_end_ == 0 && !parser_->need_eof();
  const JobPtr job = std::move(job_);
  Response response = std::move(parser_->response);
  parser_.reset();
  used_ = true;
  job->connection.reset();
  if (!reusable) {
    CloseSocket();
    pool_->Remove(self);
    return job->Finish(std::move(response));
  }
  idle_timer_.expires_after(pool_->config_.idle_timeout);
  idle_timer_.async_wait([self](const error_code& ec) {
    if (!ec && !self->job_) self->Fail(Lost("idle for too long"));
  });
  Read();  // notices when the server closes
  pool_->Release(self);
  job->Finish(std::move(response));
}

void ClientConnection::CloseSocket() {
  closed_ = true;
  error_code ec;
  socket_.close(ec);
  idle_timer_.cancel();
}

void ClientConnection::Fail(Error error) {
  if (closed_) return;
  const auto self = shared_from_this();
  CloseSocket();
  const JobPtr job = std::move(job_);
  pool_->Remove(self);
  if (job) job->Finish(std::move(error));
}

}  // namespace souk::http::internal
