#include "libs/http/client.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <charconv>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "libs/http/client_pool.hpp"

namespace souk::http {

namespace asio = boost::asio;
using internal::Job;
using internal::JobPtr;
using internal::Pool;

Result<ClientRequest> ParseUrl(std::string_view url) {
  static constexpr std::string_view kScheme = "http://";
  const auto bad = [](const char* why) { return MakeError(ErrorCode::kInvalidArgument, why, "BAD_URL"); };
  if (url.substr(0, kScheme.size()) != kScheme) return bad("the URL must begin with http://");
  url.remove_prefix(kScheme.size());
  const std::size_t slash = std::min(url.find('/'), url.find('?'));
  const std::string_view authority = url.substr(0, slash);
  ClientRequest request;
  if (slash != std::string_view::npos) request.target = url.substr(slash);
  if (request.target.front() == '?') request.target.insert(0, "/");
  if (request.target.find_first_of(" \r\n\t#") != std::string::npos) return bad("the URL holds a forbidden character");
  const std::size_t colon = authority.rfind(':');
  request.host = authority.substr(0, colon);
  if (request.host.empty() || request.host.find_first_of("@ \r\n\t") != std::string::npos) return bad("bad host");
  if (colon == std::string_view::npos) return request;
  const std::string_view port = authority.substr(colon + 1);
  const auto [end, ec] = std::from_chars(port.data(), port.data() + port.size(), request.port);
  const bool parsed = ec == std::errc{} && end == port.data() + port.size();
  if (!parsed || request.port < 1 || request.port > 65535) return bad("bad port");
  return request;
}

class Client::Impl {
 public:
  explicit Impl(ClientConfig config) : config_(config) {
    for (int i = 0; i < std::max(1, config_.threads); ++i) loops_.push_back(std::make_unique<Loop>());
  }

  /// Fails what is in flight and joins the threads; in the destructor of Client, never on a thread of ours.
  void Shutdown() {
    {
      const std::lock_guard lock(mutex_);
      for (const auto& [address, pool] : pools_) asio::post(*pool.io, [p = pool.pool] { p->Shutdown(); });
    }
    for (const auto& loop : loops_) loop->guard.reset();
    for (const auto& loop : loops_) loop->thread.join();
  }

  struct Home {
    asio::io_context* io = nullptr;
    std::shared_ptr<Pool> pool;
  };

  Home Find(const std::string& host, int port) {
    const std::lock_guard lock(mutex_);
    Home& home = pools_[{host, port}];
    if (!home.pool) {
      home.io = &loops_[next_loop_++ % loops_.size()]->io;
      home.pool = std::make_shared<Pool>(*home.io, config_, host, port);
    }
    return home;
  }

 private:
  struct Loop {
    Loop() : guard(io.get_executor()), thread([this] { io.run(); }) {}
    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> guard;
    std::thread thread;
  };

  const ClientConfig config_;
  std::vector<std::unique_ptr<Loop>> loops_;
  std::mutex mutex_;
  std::map<std::pair<std::string, int>, Home> pools_;
  std::size_t next_loop_ = 0;
};

namespace {

/// Fills host, port and target from `url` when it is given.
Result<ClientRequest> Address(ClientRequest request) {
  if (!request.url.empty()) {
    auto parsed = ParseUrl(request.url);
    if (!parsed.ok()) return parsed.error();
    request.host = std::move(parsed->host);
    request.port = parsed->port;
    request.target = std::move(parsed->target);
  }
  const bool clean = request.target.find_first_of(" \r\n") == std::string::npos &&
                     request.method.find_first_of(" \r\n") == std::string::npos && !request.method.empty();
  if (request.host.empty() || !clean) return MakeError(ErrorCode::kInvalidArgument, "bad method or target", "BAD_URL");
  return request;
}

}  // namespace

Client::Client(ClientConfig config) : impl_(std::make_shared<Impl>(config)) {}
Client::~Client() { impl_->Shutdown(); }

void Client::Send(ClientRequest request, Callback callback) {
  auto addressed = Address(std::move(request));
  if (!addressed.ok()) return callback(addressed.error());
  const Impl::Home home = impl_->Find(addressed->host, addressed->port);
  auto job = std::make_shared<Job>(*home.io, std::move(addressed).value());
  job->deadline = std::chrono::steady_clock::now() + job->request.deadline;
  job->on_done = std::move(callback);
  asio::post(*home.io, [pool = home.pool, job] { pool->Submit(job); });
}

Result<Response> Client::SendSync(ClientRequest request) {
  std::promise<Result<Response>> promise;
  auto future = promise.get_future();
  Send(std::move(request), [&promise](Result<Response> result) { promise.set_value(std::move(result)); });
  return future.get();
}

Client::Cancel Client::SendStreaming(ClientRequest request, std::function<void(const Response&)> on_head,
                                     std::function<bool(std::string_view)> on_chunk,
                                     std::function<void(Result<void>)> on_end) {
  auto addressed = Address(std::move(request));
  if (!addressed.ok()) {
    on_end(addressed.error());
    return [] {};
  }
  const Impl::Home home = impl_->Find(addressed->host, addressed->port);
  auto job = std::make_shared<Job>(*home.io, std::move(addressed).value());
  job->deadline = std::chrono::steady_clock::now() + job->request.deadline;
  job->on_head = std::move(on_head);
  job->on_chunk = std::move(on_chunk);
  job->on_end = std::move(on_end);
  asio::post(*home.io, [pool = home.pool, job] { pool->Submit(job); });
  // Weak all through: the handle may outlive the client, the event loop doesn't.
  return [impl = std::weak_ptr(impl_), io = home.io, pool = std::weak_ptr(home.pool), job = std::weak_ptr(job)] {
    const auto alive = impl.lock();
    if (!alive) return;
    asio::post(*io, [pool, job] {
      const auto running_pool = pool.lock();
      const auto running_job = job.lock();
      if (!running_pool || !running_job) return;
      running_pool->Cancel(running_job, MakeError(ErrorCode::kAborted, "the caller stopped the request", "STOPPED"));
    });
  };
}

}  // namespace souk::http
