#include "tools/mail-sink/smtp_server.hpp"

#include <array>
#include <boost/asio.hpp>
#include <chrono>
#include <thread>
#include <vector>

namespace souk::mail_sink {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Code = boost::system::error_code;

/// One client. Reads, answers, reads on: a client that pipelines gets one write per read.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket socket, const SmtpServerConfig& config, const SmtpSession::OnMail& on_mail)
      : socket_(std::move(socket)),
        timer_(socket_.get_executor()),
        idle_(std::chrono::seconds(config.idle_seconds)),
        session_(config.limits, on_mail) {}

  void Start() {
    Code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
    Send(SmtpSession::Greeting());
  }
  void Close() {
    Code ignored;
    socket_.close(ignored);
    timer_.cancel();
  }

 private:
  void Send(std::string text) {
    out_ = std::move(text);
    Watch();
    asio::async_write(socket_, asio::buffer(out_), [self = shared_from_this()](Code error, std::size_t) {
      if (error || self->session_.closing()) return self->Close();
      self->Read();
    });
  }

  void Read() {
    Watch();
    socket_.async_read_some(asio::buffer(in_), [self = shared_from_this()](Code error, std::size_t size) {
      if (error) return self->Close();
      std::string answer = self->session_.Consume({self->in_.data(), size});
      if (answer.empty()) return self->Read();
      self->Send(std::move(answer));
    });
  }

  void Watch() {
    timer_.expires_after(idle_);
    timer_.async_wait([self = weak_from_this()](Code error) {
      if (const auto connection = self.lock(); connection && !error) connection->Close();
    });
  }

  tcp::socket socket_;
  asio::steady_timer timer_;
  const std::chrono::seconds idle_;
  SmtpSession session_;
  std::array<char, 16384> in_{};
  std::string out_;
};

}  // namespace

class SmtpServer::State {
 public:
  State(SmtpServerConfig config, SmtpSession::OnMail on_mail)
      : config_(std::move(config)), on_mail_(std::move(on_mail)), acceptor_(context_) {}

  ~State() {
    context_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Result<void> Listen() {
    const std::string where = config_.host + ":" + std::to_string(config_.port);
    Code error;
    const auto address = asio::ip::make_address(config_.host, error);
    if (error) return MakeError(ErrorCode::kInvalidArgument, "'" + config_.host + "' is not an IP address");
    const tcp::endpoint endpoint(address, static_cast<unsigned short>(config_.port));
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return MakeError(ErrorCode::kUnavailable, "can't listen on " + where + ": " + error.message());
    Accept();
    thread_ = std::thread([this] { context_.run(); });
    return {};
  }

  int port() const { return acceptor_.local_endpoint().port(); }

 private:
  void Accept() {
    acceptor_.async_accept([this](Code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted) return;
      if (!error) Take(std::move(socket));
      Accept();
    });
  }

  void Take(tcp::socket socket) {
    std::erase_if(connections_, [](const std::weak_ptr<Connection>& connection) { return connection.expired(); });
    if (connections_.size() >= config_.connections_max) return;
    const auto connection = std::make_shared<Connection>(std::move(socket), config_, on_mail_);
    connections_.push_back(connection);
    connection->Start();
  }

  const SmtpServerConfig config_;
  const SmtpSession::OnMail on_mail_;
  asio::io_context context_{1};
  tcp::acceptor acceptor_;
  std::vector<std::weak_ptr<Connection>> connections_;
  std::thread thread_;
};

SmtpServer::SmtpServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
SmtpServer::~SmtpServer() = default;

Result<std::unique_ptr<SmtpServer>> SmtpServer::Start(SmtpServerConfig config, SmtpSession::OnMail on_mail) {
  auto state = std::make_unique<State>(std::move(config), std::move(on_mail));
  SOUK_RETURN_IF_ERROR(state->Listen());
  return std::unique_ptr<SmtpServer>(new SmtpServer(std::move(state)));
}

int SmtpServer::port() const { return state_->port(); }

}  // namespace souk::mail_sink
