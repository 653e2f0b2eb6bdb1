#include "libs/redis/io.hpp"

#include <optional>
#include <thread>
#include <utility>

#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

#include "libs/redis/resp.hpp"

namespace souk::redis {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kReadSize = std::size_t{64} << 10;

class TcpLink final : public Link, public std::enable_shared_from_this<TcpLink> {
 public:
  TcpLink(asio::io_context& context, LinkEvents& events) : resolver_(context), socket_(context), events_(&events) {}

  void Open(const Endpoint& endpoint, const std::string& password) {
    if (!password.empty()) {
      AppendCommand(hello_, {"AUTH", password});
      ++greetings_;
    }
    AppendCommand(hello_, {"PING"});
    ++greetings_;
    resolver_.async_resolve(endpoint.host, std::to_string(endpoint.port), tcp::resolver::numeric_service,
                            [self = shared_from_this()](error_code error, tcp::resolver::results_type found) {
                              if (self->events_ == nullptr) return;
                              if (error) return self->Fail("cannot resolve: " + error.message());
                              self->Connect(found);
                            });
  }

  bool sending() const override { return sending_; }
  std::string& buffer() override { return buffer_; }
  std::uint64_t sent_bytes() const override { return sent_bytes_; }

  void Send() override {
    if (sending_ || buffer_.empty() || events_ == nullptr) return;
    // Most buffers fit into the socket's: try at once and spare the loop a turn.
    error_code error;
    const auto sent = socket_.write_some(asio::buffer(buffer_), error);
    sent_bytes_ += sent;
    if (!error && sent == buffer_.size()) {
      buffer_.clear();
      return;
    }
    // Errors come back through the asynchronous path, never out of Send().
    sending_ = true;
    offset_ = sent;
    SendRest();
  }

  void Close() override {
    events_ = nullptr;
    error_code ignored;  // the socket is given up whatever close says
    resolver_.cancel();
    socket_.close(ignored);
  }

 private:
  void Connect(const tcp::resolver::results_type& found) {
    asio::async_connect(socket_, found, [self = shared_from_this()](error_code error, const tcp::endpoint&) {
      if (self->events_ == nullptr) return;
      if (error) return self->Fail("cannot connect: " + error.message());
      self->Greet();
    });
  }

  void Greet() {
    error_code error;
    socket_.set_option(tcp::no_delay(true), error);
    if (!error) socket_.non_blocking(true, error);
    if (error) return Fail("cannot prepare the socket: " + error.message());
    asio::async_write(socket_, asio::buffer(hello_), [self = shared_from_this()](error_code failed, std::size_t) {
      if (self->events_ != nullptr && failed) self->Fail("cannot greet: " + failed.message());
    });
    Read();
  }

  void Read() {
    const auto space = parser_.Prepare(kReadSize);
    socket_.async_read_some(asio::buffer(space.data(), space.size()),
                            [self = shared_from_this()](error_code error, std::size_t size) {
                              if (self->events_ == nullptr) return;
                              if (error) return self->Fail("connection lost: " + error.message());
                              self->parser_.Commit(size);
                              self->Deliver();
                            });
  }

  void Deliver() {
    Reply reply;
    while (events_ != nullptr) {
      const auto status = parser_.Next(reply);
      if (status == RespParser::Status::kNeedMore) break;
      if (status == RespParser::Status::kBroken) return Fail("not the Redis protocol: " + parser_.broken());
      if (greetings_ > 0) {
        if (reply.IsError()) return Fail("refused: " + reply.text);
        if (--greetings_ == 0) events_->OnReady();
      } else {
        events_->OnReply(std::move(reply));
      }
    }
    if (events_ == nullptr) return;
    events_->OnReadDone();
    if (events_ != nullptr) Read();
  }

  void SendRest() {
    const auto rest = asio::buffer(buffer_.data() + offset_, buffer_.size() - offset_);
    socket_.async_write_some(rest, [self = shared_from_this()](error_code error, std::size_t sent) {
      if (self->events_ == nullptr) return;
      if (error) return self->Fail("cannot send: " + error.message());
      self->sent_bytes_ += sent;
      self->offset_ += sent;
      if (self->offset_ < self->buffer_.size()) return self->SendRest();
      self->buffer_.clear();
      self->sending_ = false;
      self->events_->OnSent();
    });
  }

  void Fail(const std::string& why) {
    LinkEvents* events = events_;
    Close();
    events->OnClosed(why);
  }

  tcp::resolver resolver_;
  tcp::socket socket_;
  LinkEvents* events_;
  RespParser parser_;
  std::string hello_;
  int greetings_ = 0;  // answers still awaited before the link is ready
  std::string buffer_;
  std::size_t offset_ = 0;
  std::uint64_t sent_bytes_ = 0;
  bool sending_ = false;
};

class AsioIo final : public Io {
 public:
  AsioIo() : work_(asio::make_work_guard(context_)), timer_(context_) {}
  ~AsioIo() override { Stop(); }

  void Start() override {
    thread_ = std::thread([this] { context_.run(); });
  }

  void Stop() override {
    if (!thread_.joinable()) return;
    asio::post(context_, [this] {
      timer_.cancel();
      context_.stop();
    });
    thread_.join();
  }

  bool OnThread() const override { return std::this_thread::get_id() == thread_.get_id(); }
  void Post(std::function<void()> work) override { asio::post(context_, std::move(work)); }

  void Alarm(SteadyTime at, std::function<void()> work) override {
    timer_.expires_at(at);
    timer_.async_wait([work = std::move(work)](error_code error) {
      if (!error) work();
    });
  }

  std::shared_ptr<Link> Open(const Endpoint& endpoint, const std::string& password, LinkEvents& events) override {
    auto link = std::make_shared<TcpLink>(context_, events);
    link->Open(endpoint, password);
    return link;
  }

 private:
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer timer_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Io> Io::Make() { return std::make_unique<AsioIo>(); }

}  // namespace souk::redis
