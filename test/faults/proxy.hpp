#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "libs/base/result.hpp"
#include "test/faults/wire.hpp"

namespace souk::faults {

/// What a proxy does to the connections that pass it.
struct Toxic {
  enum class Kind {
    kNone,
    kCutBeforeMark,  ///< both ends are reset when COMMIT or a produce request is about to pass: it never happened
    kCutAfterMark,   ///< it passes, the server answers, the answer is swallowed and both ends are reset: it happened, the client can't know
    kCutReplyAfter,  ///< both ends are reset after `bytes` more bytes of a reply
    kReset,          ///< every connection is reset, new ones at once
    kHold,           ///< bytes wait, as packets do that a network drops and sends again; in one direction or both
    kLatency,        ///< each piece waits for `latency`
  };
  Kind kind = Kind::kNone;
  std::size_t bytes = 0;
  std::chrono::milliseconds latency{0};
  bool to_server = true;  ///< kHold, kLatency: from the client to the server
  bool to_client = true;  ///< and back
  int times = 0;          ///< cuts, after which it does nothing; 0: until told otherwise
};

struct ProxyStats {
  std::int64_t connections = 0;
  std::int64_t cuts = 0;
  std::int64_t marks = 0;  ///< COMMITs or produce requests that passed
};

/// A TCP proxy on loopback in front of 127.0.0.1:`target_port`, with a thread of its own.
class Proxy {
 public:
  /// Listens on a port of the system's choice.
  static Result<std::unique_ptr<Proxy>> Start(int target_port, Protocol protocol);
  ~Proxy();
  int port() const;
  int target_port() const;
  /// Kafka and Redis: addresses of nodes in answers that are replaced, from the next connection on. By default the proxy's own.
  void SetPorts(Ports ports);
  void Set(Toxic toxic);
  void Clear() { Set({}); }
  ProxyStats Stats() const;

 private:
  class State;
  explicit Proxy(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace souk::faults
