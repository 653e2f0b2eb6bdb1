#include "test/faults/proxy.hpp"

#include <array>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <set>
#include <thread>

namespace souk::faults {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;

constexpr milliseconds kHoldTick{10};

// RST instead of FIN: what a peer that is gone for good looks like.
void Reset(tcp::socket& socket) {
  error_code ignored;
  socket.set_option(asio::socket_base::linger(true, 0), ignored);
  socket.close(ignored);
}

tcp::endpoint Loopback(int port) { return {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)}; }

}  // namespace

/// Everything happens on its thread, but for Set() and Stats().
class Proxy::State : public std::enable_shared_from_this<State> {
 public:
  State(int target_port, Protocol protocol) : target_port_(target_port), protocol_(protocol), acceptor_(io_) {}

  Result<void> Listen() {
    error_code ec;
    acceptor_.open(tcp::v4(), ec);
    if (!ec) acceptor_.bind(Loopback(0), ec);
    if (!ec) acceptor_.listen(asio::socket_base::max_listen_connections, ec);
    if (ec) return MakeError(ErrorCode::kUnavailable, "the proxy can't listen: " + ec.message());
    port_ = acceptor_.local_endpoint().port();
    ports_ = {{target_port_, port_}};
    Accept();
    thread_ = std::thread([this] { io_.run(); });
    return {};
  }

  void Stop() {
    asio::post(io_, [this] {
      error_code ignored;
      acceptor_.close(ignored);
      CutAll();
      io_.stop();
    });
    if (thread_.joinable()) thread_.join();
  }

  void Set(Toxic toxic) {
    asio::post(io_, [this, toxic] {
      toxic_ = toxic;
      if (toxic.kind == Toxic::Kind::kReset) CutAll();
    });
  }

  void SetPorts(Ports ports) {
    asio::post(io_, [this, ports = std::move(ports)]() mutable { ports_ = std::move(ports); });
  }

  int port() const { return port_; }
  int target_port() const { return target_port_; }
  ProxyStats Stats() const { return {connections_, cuts_, marks_}; }

 private:
  class Link;

  void Accept();
  void CutAll();
  void NoteCut() {
    ++cuts_;
    if (toxic_.times > 0 && --toxic_.times == 0) toxic_ = {};
  }

  const int target_port_;
  const Protocol protocol_;
  asio::io_context io_;
  tcp::acceptor acceptor_;
  int port_ = 0;
  Ports ports_;
  Toxic toxic_;
  std::set<std::shared_ptr<Link>> links_;
  std::atomic<std::int64_t> connections_{0};
  std::atomic<std::int64_t> cuts_{0};
  std::atomic<std::int64_t> marks_{0};
  std::thread thread_;
};

/// One connection of a client and its counterpart to the server.
class Proxy::State::Link : public std::enable_shared_from_this<Link> {
 public:
  Link(State& proxy, tcp::socket client)
      : proxy_(proxy),
        up_{std::move(client), asio::steady_timer(proxy.io_), {}, {}},
        down_{tcp::socket(proxy.io_), asio::steady_timer(proxy.io_), {}, {}},
        watcher_(MakeWatcher(proxy.protocol_)),
        rewriter_(MakeRewriter(proxy.protocol_, proxy.ports_)) {}

  void Start() {
    down_.from.async_connect(Loopback(proxy_.target_port_), [self = shared_from_this()](const error_code& ec) {
      if (ec) return self->Cut();
      error_code ignored;
      self->up_.from.set_option(tcp::no_delay(true), ignored);
      self->down_.from.set_option(tcp::no_delay(true), ignored);
      self->Read(self->up_);
      self->Read(self->down_);
    });
  }

  void Cut() { Close(true); }

 private:
  void Close(bool with_reset) {
    if (closed_) return;
    closed_ = true;
    for (Side* side : {&up_, &down_}) {
      error_code ignored;
      if (with_reset) {
        Reset(side->from);
      } else {
        side->from.close(ignored);
      }
      side->timer.cancel();
    }
    proxy_.links_.erase(shared_from_this());
  }

  /// One direction: where its bytes come from, and those on their way.
  struct Side {
    tcp::socket from;
    asio::steady_timer timer;
    std::array<char, 65536> input;
    std::string output;
  };
  Side& Other(Side& side) { return &side == &up_ ? down_ : up_; }
  bool IsUp(const Side& side) const { return &side == &up_; }

  void Read(Side& side) {
    side.from.async_read_some(asio::buffer(side.input), [self = shared_from_this(), &side](const error_code& ec, std::size_t size) {
      if (self->closed_) return;
      if (ec) return self->Close(ec != asio::error::eof);
      self->Take(side, std::string_view(side.input.data(), size));
    });
  }

  void Take(Side& side, std::string_view bytes) {
    const Toxic::Kind kind = proxy_.toxic_.kind;
    if (IsUp(side)) {
      if (watcher_ && watcher_->Feed(bytes)) {
        ++proxy_.marks_;
        if (kind == Toxic::Kind::kCutBeforeMark) return CutHere();
        in_doubt_ = kind == Toxic::Kind::kCutAfterMark;
      }
      side.output.assign(bytes);
    } else {
      if (in_doubt_) return CutHere();
      side.output = rewriter_ ? rewriter_->Feed(bytes) : std::string(bytes);
      if (kind == Toxic::Kind::kCutReplyAfter) {
        if (side.output.size() >= proxy_.toxic_.bytes) return CutInReply(side);
        proxy_.toxic_.bytes -= side.output.size();
      }
    }
    Pass(side);
  }

  void CutHere() {
    proxy_.NoteCut();
    Cut();
  }

  void CutInReply(Side& side) {
    side.output.resize(proxy_.toxic_.bytes);
    proxy_.NoteCut();
    asio::async_write(up_.from, asio::buffer(side.output), [self = shared_from_this()](const error_code&, std::size_t) { self->Cut(); });
  }

  bool Applies(const Side& side) const { return IsUp(side) ? proxy_.toxic_.to_server : proxy_.toxic_.to_client; }

  void Pass(Side& side) {
    const Toxic& toxic = proxy_.toxic_;
    if (toxic.kind == Toxic::Kind::kHold && Applies(side)) return After(kHoldTick, side, &Link::Pass);
    if (toxic.kind == Toxic::Kind::kLatency && Applies(side)) return After(toxic.latency, side, &Link::Write);
    Write(side);
  }

  void After(milliseconds time, Side& side, void (Link::*next)(Side&)) {
    side.timer.expires_after(time);
    side.timer.async_wait([self = shared_from_this(), &side, next](const error_code& ec) {
      if (!ec && !self->closed_) (self.get()->*next)(side);
    });
  }

  void Write(Side& side) {
    asio::async_write(Other(side).from, asio::buffer(side.output), [self = shared_from_this(), &side](const error_code& ec, std::size_t) {
      if (self->closed_) return;
      if (ec) return self->Cut();
      self->Read(side);
    });
  }

  State& proxy_;
  Side up_;
  Side down_;
  std::unique_ptr<Watcher> watcher_;
  std::unique_ptr<Rewriter> rewriter_;
  bool in_doubt_ = false;
  bool closed_ = false;
};

void Proxy::State::Accept() {
  acceptor_.async_accept([this](const error_code& ec, tcp::socket client) {
    if (ec == asio::error::operation_aborted) return;
    if (!ec) {
      ++connections_;
      if (toxic_.kind == Toxic::Kind::kReset) {
        Reset(client);
        NoteCut();
      } else {
        (*links_.insert(std::make_shared<Link>(*this, std::move(client))).first)->Start();
      }
    }
    Accept();
  });
}

void Proxy::State::CutAll() {
  while (!links_.empty()) {
    ++cuts_;
    (*links_.begin())->Cut();
  }
}

Proxy::Proxy(std::shared_ptr<State> state) : state_(std::move(state)) {}
Proxy::~Proxy() { state_->Stop(); }
int Proxy::port() const { return state_->port(); }
int Proxy::target_port() const { return state_->target_port(); }
void Proxy::SetPorts(Ports ports) { state_->SetPorts(std::move(ports)); }
void Proxy::Set(Toxic toxic) { state_->Set(toxic); }
ProxyStats Proxy::Stats() const { return state_->Stats(); }

Result<std::unique_ptr<Proxy>> Proxy::Start(int target_port, Protocol protocol) {
  auto state = std::make_shared<State>(target_port, protocol);
  SOUK_RETURN_IF_ERROR(state->Listen());
  return std::unique_ptr<Proxy>(new Proxy(std::move(state)));
}

}  // namespace souk::faults
