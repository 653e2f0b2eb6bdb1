#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "libs/http/message.hpp"

namespace souk::http {

struct ClientConfig {
  int threads = 1;
  int connections_per_host_max = 64;
  std::size_t queue_max = 4096;  ///< requests per host waiting for a connection, then kResourceExhausted
  std::size_t header_max = 65536;
  std::size_t body_max = 16 << 20;
  std::chrono::milliseconds idle_timeout{30000};
};

struct ClientRequest {
  std::string method = "GET";
  std::string url;  ///< "http://host:port/target"; or leave empty and fill the three below
  std::string host;
  int port = 80;
  std::string target = "/";
  Headers headers;
  std::string body;
  std::chrono::milliseconds deadline{10000};
};

/// Splits "http://host[:port][/target]" into a request. kInvalidArgument for anything else (https is not spoken here).
Result<ClientRequest> ParseUrl(std::string_view url);

/// An HTTP/1.1 client: one bounded keep-alive pool per host and port. Safe to use from any thread.
/// Errors: kInvalidArgument (URL), kResourceExhausted (queue full), kUnavailable (no connection, or it broke; for a
/// request that reached the wire the reason is "CONNECTION_LOST" and its effect is unknown), kDeadlineExceeded.
/// Any HTTP status is a Response, not an error. A GET or HEAD that meets a stale kept-alive connection is sent again
/// once; other methods never are.
class Client {
 public:
  using Callback = std::function<void(Result<Response>)>;
  /// Stops a streaming request; harmless when it is over.
  using Cancel = std::function<void()>;

  explicit Client(ClientConfig config = {});
  /// Fails what is in flight with kUnavailable, then joins the threads. Don't destroy from a callback.
  ~Client();

  /// Never blocks; `callback` runs exactly once on a client thread and must not block.
  void Send(ClientRequest request, Callback callback);
  /// Blocks the caller. Not for network threads.
  Result<Response> SendSync(ClientRequest request);
  /// For long bodies (SSE): on_head once, on_chunk for each piece as it arrives, on_end once (also without head, on
  /// failure). The deadline bounds the time to the head only. on_chunk returning false stops the request.
  Cancel SendStreaming(ClientRequest request, std::function<void(const Response&)> on_head,
                       std::function<bool(std::string_view)> on_chunk, std::function<void(Result<void>)> on_end);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace souk::http
