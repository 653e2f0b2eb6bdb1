#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace souk::faults {

enum class Protocol { kPlain, kPostgres, kKafka, kRedis };

/// Watches the bytes from a client to a server for the message after which a cut leaves the client in doubt: COMMIT, a produce request, or
/// a script of Redis.
class Watcher {
 public:
  virtual ~Watcher() = default;
  /// True when such a message ended within `bytes`. Messages may come in any pieces.
  virtual bool Feed(std::string_view bytes) = 0;
};

/// PostgreSQL's wire protocol 3.0: a simple Query or a Parse whose text is COMMIT, or an Execute of a statement that was parsed from it.
/// https://www.postgresql.org/docs/15/protocol-message-formats.html
class PostgresWatcher final : public Watcher {
 public:
  bool Feed(std::string_view bytes) override;

 private:
  bool OnMessage(char type, std::string_view body);
  std::string pending_;
  bool started_ = false;  ///< the startup packet, which has no type byte, has passed
};

/// Kafka's request frames: int32 size, int16 api key; 0 is Produce. https://kafka.apache.org/protocol
class KafkaWatcher final : public Watcher {
 public:
  bool Feed(std::string_view bytes) override;

 private:
  std::string head_;        ///< size and api key, while incomplete
  std::uint64_t left_ = 0;  ///< bytes of the current frame that have not come
  bool produce_ = false;
};

/// Redis: a command that runs a script by its hash. Sees it when its name came in one piece, as it does on loopback.
class RedisWatcher final : public Watcher {
 public:
  bool Feed(std::string_view bytes) override { return bytes.find("EVALSHA") != std::string_view::npos; }
};

/// nullptr for kPlain.
std::unique_ptr<Watcher> MakeWatcher(Protocol protocol);

/// Ports of engines and of the proxies in front of them.
using Ports = std::map<int, int>;

/// Kafka and Redis Cluster tell their clients where their nodes listen: those addresses are replaced by the proxies', so that clients stay
/// behind them.
class Rewriter {
 public:
  virtual ~Rewriter() = default;
  virtual std::string Feed(std::string_view bytes) = 0;
};

/// "127.0.0.1" followed by a port as int32, anywhere in an answer. Takes bytes in any pieces and gives back whole frames.
class KafkaRewriter final : public Rewriter {
 public:
  explicit KafkaRewriter(Ports ports) : ports_(std::move(ports)) {}
  std::string Feed(std::string_view bytes) override;

 private:
  const Ports ports_;
  std::string pending_;
};

/// "$9 127.0.0.1 :PORT" as in the answer of CLUSTER SLOTS, and "127.0.0.1:PORT" at the end of a line as in MOVED and ASK. An address that
/// is cut in two by the network is left as it is.
class RedisRewriter final : public Rewriter {
 public:
  explicit RedisRewriter(Ports ports) : ports_(std::move(ports)) {}
  std::string Feed(std::string_view bytes) override;

 private:
  const Ports ports_;
};

/// nullptr where nothing has to be replaced.
std::unique_ptr<Rewriter> MakeRewriter(Protocol protocol, const Ports& ports);

}  // namespace souk::faults
