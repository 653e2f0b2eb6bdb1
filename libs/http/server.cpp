#include "libs/http/server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <thread>
#include <vector>

#include "libs/http/connection.hpp"

namespace souk::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using internal::Connection;
using internal::Worker;
using WorkGuard = asio::executor_work_guard<asio::io_context::executor_type>;

class Server::Impl {
 public:
  Impl(ServerConfig config, Handler handler) : shared_(std::make_shared<internal::Shared>()) {
    shared_->config = std::move(config);
    shared_->handler = std::move(handler);
    for (int i = 0; i < std::max(1, shared_->config.threads); ++i) {
      workers_.push_back(std::make_shared<Worker>(shared_));
      guards_.emplace_back(workers_.back()->io.get_executor());
    }
    acceptor_ = std::make_unique<tcp::acceptor>(workers_[0]->io);
    retry_ = std::make_unique<asio::steady_timer>(workers_[0]->io);
  }

  Result<void> Listen() {
    const ServerConfig& config = shared_->config;
    boost::system::error_code ec;
    const auto address = asio::ip::make_address(config.host == "localhost" ? "127.0.0.1" : config.host, ec);
    if (ec) return MakeError(ErrorCode::kInvalidArgument, "not an address to listen on: " + config.host);
    const tcp::endpoint endpoint(address, static_cast<std::uint16_t>(config.port));
    acceptor_->open(endpoint.protocol(), ec);
    if (!ec) acceptor_->set_option(tcp::acceptor::reuse_address(true), ec);
    if (!ec) acceptor_->bind(endpoint, ec);
    if (!ec) acceptor_->listen(2048, ec);
    if (ec) {
      return MakeError(ErrorCode::kUnavailable,
                       "cannot listen on " + config.host + ':' + std::to_string(config.port) + ": " + ec.message());
    }
    port_ = acceptor_->local_endpoint(ec).port();
    return {};
  }

  void Run() {
    Accept();
    for (const auto& worker : workers_) {
      threads_.emplace_back([worker] { worker->io.run(); });
    }
  }

  void StopAccepting() {
    if (shared_->draining.exchange(true)) return;
    asio::post(workers_[0]->io, [this] {
      boost::system::error_code ec;
      acceptor_->close(ec);
      retry_->cancel();
    });
    OnEachConnection([](Connection& connection) { connection.Drain(false); });
  }

  void Stop(std::chrono::milliseconds grace) {
    if (threads_.empty()) return;
    StopAccepting();
    OnEachConnection([](Connection& connection) { connection.Drain(true); });
    WaitForConnections(grace);
    for (const auto& worker : workers_) worker->stopped = true;
    OnEachConnection([](Connection& connection) { connection.Close(); });
    // The loops end by themselves once nothing is left to do: stopping them would strand handlers that own connections.
    guards_.clear();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  int port() const { return port_; }
  std::size_t connections() const { return shared_->connections; }

 private:
  void Accept() {
    const auto& worker = workers_[next_worker_++ % workers_.size()];
    acceptor_->async_accept(worker->io, [this, worker](const boost::system::error_code& ec, tcp::socket socket) {
      if (!acceptor_->is_open()) return;
      if (ec) return AcceptLater();
      if (shared_->connections >= shared_->config.connections_max) {
        boost::system::error_code ignored;
        socket.close(ignored);  // the client sees a reset: nothing of its request was read
      } else {
        ++shared_->connections;
        asio::post(worker->io, [worker, socket = std::move(socket)]() mutable {
          std::make_shared<Connection>(std::move(socket), worker)->Start();
        });
      }
      Accept();
    });
  }

  /// Out of file descriptors or the like: trying at once would only spin.
  void AcceptLater() {
    retry_->expires_after(std::chrono::milliseconds(50));
    retry_->async_wait([this](const boost::system::error_code& ec) {
      if (!ec && acceptor_->is_open()) Accept();
    });
  }

  template <class F>
  void OnEachConnection(F function) {
    for (const auto& worker : workers_) {
      asio::post(worker->io, [worker, function] {
        std::vector<std::shared_ptr<Connection>> all;
        for (Connection* connection : worker->connections) all.push_back(connection->shared_from_this());
        for (const auto& connection : all) function(*connection);
      });
    }
  }

  void WaitForConnections(std::chrono::milliseconds at_most) {
    const auto until = std::chrono::steady_clock::now() + at_most;
    while (shared_->connections > 0 && std::chrono::steady_clock::now() < until) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }

  std::shared_ptr<internal::Shared> shared_;
  std::vector<std::shared_ptr<Worker>> workers_;
  std::vector<WorkGuard> guards_;
  std::unique_ptr<tcp::acceptor> acceptor_;
  std::unique_ptr<asio::steady_timer> retry_;
  std::vector<std::thread> threads_;
  std::size_t next_worker_ = 0;
  int port_ = 0;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() { Stop(std::chrono::milliseconds(0)); }

Result<std::unique_ptr<Server>> Server::Start(ServerConfig config, Handler handler) {
  auto impl = std::make_unique<Impl>(std::move(config), std::move(handler));
  SOUK_RETURN_IF_ERROR(impl->Listen());
  impl->Run();
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

int Server::port() const { return impl_->port(); }
void Server::StopAccepting() { impl_->StopAccepting(); }
void Server::Stop(std::chrono::milliseconds grace) { impl_->Stop(grace); }
std::size_t Server::connections() const { return impl_->connections(); }

}  // namespace souk::http
