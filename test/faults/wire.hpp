#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace souk::faults {

enum class Protocol { kPlain, kPostgres, kKafka };

/// Watches the bytes from a client to a server for the message after which a cut leaves the client in doubt: COMMIT, or a produce request.
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
  std::string head_;         ///< size and api key, while incomplete
  std::uint64_t left_ = 0;   ///< bytes of the current frame that have not come
  bool produce_ = false;
};

/// nullptr for kPlain.
std::unique_ptr<Watcher> MakeWatcher(Protocol protocol);

/// Brokers tell clients where they listen: in answers of Kafka, "127.0.0.1" followed by the port `from` gets the port `to`, so that clients stay behind the
/// proxy. Takes bytes in any pieces and gives back whole frames.
class KafkaRewriter {
 public:
  KafkaRewriter(int from, int to) : from_(from), to_(to) {}
  std::string Feed(std::string_view bytes);

 private:
  const int from_;
  const int to_;
  std::string pending_;
};

}  // namespace souk::faults
