#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "libs/base/clock.hpp"
#include "libs/redis/cluster.hpp"

namespace souk::redis {

/// What a Link tells its owner, always on the I/O thread.
class LinkEvents {
 public:
  virtual ~LinkEvents() = default;
  /// The node has answered the handshake.
  virtual void OnReady() = 0;
  virtual void OnReply(Reply reply) = 0;
  /// After the last OnReply of one read: time to send what those replies led to.
  virtual void OnReadDone() = 0;
  /// All of buffer() is with the kernel; it is empty again.
  virtual void OnSent() = 0;
  /// The connection is gone, and no event follows.
  virtual void OnClosed(const std::string& why) = 0;
};

/// One TCP connection to one node. I/O thread only.
class Link {
 public:
  virtual ~Link() = default;
  /// True while buffer() belongs to the kernel.
  virtual bool sending() const = 0;
  /// Append commands here while not sending(), then Send(). May finish at once, without OnSent().
  virtual std::string& buffer() = 0;
  virtual void Send() = 0;
  /// Bytes of all buffers that the kernel has taken. A command that ends beyond was not executed by anybody.
  virtual std::uint64_t sent_bytes() const = 0;
  /// Silent: no event follows.
  virtual void Close() = 0;
};

/// The I/O thread and its event loop; the one place that knows Asio.
class Io {
 public:
  virtual ~Io() = default;
  static std::unique_ptr<Io> Make();
  virtual void Start() = 0;
  /// Ends the loop and joins the thread.
  virtual void Stop() = 0;
  virtual bool OnThread() const = 0;
  virtual void Post(std::function<void()> work) = 0;
  /// Sets the one alarm anew.
  virtual void Alarm(SteadyTime at, std::function<void()> work) = 0;
  /// Connects, says AUTH (with a password) and PING, and is ready when both are answered well. `events` must outlive the link
  /// or its Close().
  virtual std::shared_ptr<Link> Open(const Endpoint& endpoint, const std::string& password, LinkEvents& events) = 0;
};

}  // namespace souk::redis
