#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "libs/http/responder.hpp"

namespace souk::http {

/// Every bound of the server. Going over one has its own status: see README.md.
struct ServerConfig {
  std::string host = "127.0.0.1";
  int port = 0;  ///< 0 lets the system choose: see Server::port()
  int threads = 1;
  std::size_t body_max = 1 << 20;      ///< bytes, then 413
  std::size_t header_max = 16384;      ///< bytes of request line and headers, then 431
  std::size_t headers_count_max = 100; ///< then 431
  std::size_t target_max = 8192;       ///< bytes, then 414
  std::chrono::milliseconds default_deadline{10000};
  std::chrono::milliseconds deadline_max{60000};
  std::chrono::milliseconds idle_timeout{60000};    ///< an idle or stalled connection is closed after this
  std::chrono::milliseconds request_timeout{15000}; ///< from the first byte of a request to its last, then 408
  std::size_t connections_max = 4096;               ///< more are closed at once
  std::size_t stream_buffer_max = 256 * 1024;       ///< bytes per Stream
  std::size_t pipeline_buffer_max = 1 << 20;        ///< bytes of answers waiting for the client before reading pauses
};

/// An HTTP/1.1 server. Each connection belongs to one thread; handlers run there and must not block.
class Server {
 public:
  /// Listens and serves. kUnavailable when the address can't be bound.
  static Result<std::unique_ptr<Server>> Start(ServerConfig config, Handler handler);
  ~Server();

  int port() const;
  /// Closes the listening socket and idle connections; answers carry "Connection: close" from now on.
  void StopAccepting();
  /// StopAccepting, waits at most `grace` for requests in flight, then cuts what is left. Blocks; idempotent.
  void Stop(std::chrono::milliseconds grace);
  std::size_t connections() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace souk::http
