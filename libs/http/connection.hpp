#pragma once

// Internal to libs/http: includes Asio and Beast.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "libs/http/request_parser.hpp"
#include "libs/http/server.hpp"

namespace souk::http::internal {

class Connection;

/// What all connections of a server share.
struct Shared {
  ServerConfig config;
  Handler handler;
  std::atomic<bool> draining{false};
  std::atomic<std::size_t> connections{0};
};

/// One thread with its own event loop: a connection never leaves its worker, so it needs no lock.
struct Worker {
  explicit Worker(std::shared_ptr<Shared> shared_state) : shared(std::move(shared_state)) {}
  boost::asio::io_context io{1};
  std::shared_ptr<Shared> shared;
  std::unordered_set<Connection*> connections;  // touched by this worker's thread only
  std::atomic<bool> stopped{false};
};

class ConnectionStream;

/// One request's right to an answer, as the Responder sees it.
class ConnectionExchange final : public Exchange, public std::enable_shared_from_this<ConnectionExchange> {
 public:
  explicit ConnectionExchange(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  void Send(Response response) override;
  std::shared_ptr<Stream> StartStream(Response head) override;
  bool ClientGone() const override { return gone_; }
  void MarkGone() { gone_ = true; }

 private:
  std::shared_ptr<Connection> connection_;
  std::atomic<bool> gone_{false};
};

/// The open body of an answer. Its buffer is filled by any thread and emptied by the connection's thread.
class ConnectionStream final : public Stream, public std::enable_shared_from_this<ConnectionStream> {
 public:
  ConnectionStream(std::shared_ptr<Connection> connection, std::size_t buffer_max)
      : connection_(std::move(connection)), buffer_max_(buffer_max) {}
  bool Write(std::string chunk) override;
  void Close() override;
  bool closed() const override { return closed_; }
  std::size_t buffered() const override { return buffered_; }
  void OnClose(std::function<void()> callback) override;
  void OnDrain(std::function<void()> callback) override;

  /// For the connection: moves what waits to `out` (framed when `chunked`) and says how many bytes that were.
  std::size_t Take(std::string* out, bool chunked, bool* ended);
  /// For the connection: `bytes` taken before have left; calls the drain callback when nothing is left.
  void Left(std::size_t bytes);
  /// For the connection: no more bytes will leave.
  void Ended();

 private:
  void Post();

  std::shared_ptr<Connection> connection_;
  const std::size_t buffer_max_;
  mutable std::mutex mutex_;
  std::vector<std::string> pending_;
  std::function<void()> on_close_;
  std::function<void()> on_drain_;
  bool posted_ = false;
  bool close_told_ = false;
  std::atomic<bool> closed_{false};
  std::atomic<std::size_t> buffered_{0};
};

/// Reads requests, hands them to the handler one at a time and writes the answers in order.
class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(boost::asio::ip::tcp::socket socket, std::shared_ptr<Worker> worker);
  ~Connection();
  void Start();
  /// On the worker's thread: closes when idle; open streams are ended when `end_streams`.
  void Drain(bool end_streams);
  void Close();

  void Answer(const ConnectionExchange* exchange, Response response);
  void OpenStream(const ConnectionExchange* exchange, Response head, std::shared_ptr<ConnectionStream> stream);
  void PumpStream(const ConnectionStream* stream);
  Worker& worker() { return *worker_; }

 private:
  enum class State { kReading, kHandling, kStreaming, kLingering, kClosed };

  void StartRead();
  void OnRead(const boost::system::error_code& ec, std::size_t size);
  void ProcessInput();
  bool ParseSome();
  void Dispatch();
  Context MakeContext(const Request& request, bool* bad_timeout);
  void Refuse(int status);
  int StatusOf(const boost::system::error_code& ec, std::string_view seen) const;
  bool PartialHeaderIsSane() const;
  void Queue(const Response& response, bool stream);
  void FinishAnswer();
  void Continue();
  void Flush();
  void OnWritten(const boost::system::error_code& ec);
  void Linger();
  void SetDeadline();
  void ArmTimer(SteadyTime at);
  void OnTimer();
  void OnDeadline();

  std::shared_ptr<Worker> worker_;
  const ServerConfig& config_;
  boost::asio::ip::tcp::socket socket_;
  boost::asio::steady_timer timer_;
  std::string peer_;
  State state_ = State::kReading;
  std::vector<char> input_;
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  std::optional<RequestParser> parser_;
  std::string output_;   // waits for the write in flight
  std::string writing_;  // in flight
  std::size_t stream_writing_ = 0;
  bool reading_ = false;
  bool write_in_flight_ = false;
  bool in_loop_ = false;
  bool client_closed_ = false;
  bool continue_sent_ = false;
  bool close_after_write_ = false;

  // The request being answered.
  std::shared_ptr<ConnectionExchange> current_;
  std::shared_ptr<ConnectionStream> stream_;
  bool keep_alive_ = true;
  bool head_only_ = false;
  bool chunked_ = false;
  int version_ = 11;
  std::string request_id_;
  TraceContext trace_;

  SteadyTime state_deadline_ = SteadyTime::max();
  SteadyTime write_deadline_ = SteadyTime::max();
  SteadyTime timer_at_ = SteadyTime::max();
};

}  // namespace souk::http::internal
