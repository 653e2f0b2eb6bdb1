#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "libs/http/message.hpp"

namespace souk::http {

/// The open body of an answer (server-sent events or any chunked body). Safe to use from any thread.
/// Its buffer is bounded (ServerConfig::stream_buffer_max): what to do with a slow reader (drop, coalesce, close) is
/// the caller's decision, so Write says no instead of growing.
class Stream {
 public:
  virtual ~Stream() = default;
  /// False when the stream is closed, or when `chunk` would take the buffer over its bound (nothing is queued then).
  virtual bool Write(std::string chunk) = 0;
  /// Ends the body after what is buffered. Idempotent.
  virtual void Close() = 0;
  virtual bool closed() const = 0;
  /// Bytes accepted and not yet handed to the kernel.
  virtual std::size_t buffered() const = 0;
  /// Called once, from any thread, when the client leaves or the stream ends; at once when it already did.
  virtual void OnClose(std::function<void()> callback) = 0;
  /// Called (repeatedly) when the buffer has been emptied after being non-empty. Set before the first Write.
  virtual void OnDrain(std::function<void()> callback) = 0;
};

/// What a Responder speaks to: a connection of the server, or a fake in tests.
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual void Send(Response response) = 0;
  virtual std::shared_ptr<Stream> StartStream(Response head) = 0;
  virtual bool ClientGone() const = 0;
};

/// The right to answer one request, exactly once, from any thread. Destroyed unanswered it sends 500.
class Responder {
 public:
  explicit Responder(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  Responder(Responder&& other) noexcept = default;
  Responder& operator=(Responder&& other) noexcept;
  Responder(const Responder&) = delete;
  Responder& operator=(const Responder&) = delete;
  ~Responder();

  /// The answer. Ignored when the deadline already answered 504 or the client left. Calling twice is a defect (aborts).
  void Send(Response response);
  /// Sends the head and keeps the body open. `head.body`, when not empty, is the first chunk.
  std::shared_ptr<Stream> StartStream(Response head);
  /// True once the client closed its side: work for it may stop.
  bool ClientGone() const;

 private:
  std::shared_ptr<Exchange> exchange_;  // null once answered
};

/// Answers a request now or later. Called on a network thread: it must not block.
using Handler = std::function<void(Request, Responder)>;

/// A Handler is copyable but a Responder isn't: this puts one into a std::function.
inline std::shared_ptr<Responder> Share(Responder responder) {
  return std::make_shared<Responder>(std::move(responder));
}

}  // namespace souk::http
