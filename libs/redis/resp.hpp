#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libs/redis/reply.hpp"

namespace souk::redis {

/// Appends one command in RESP2 (an array of bulk strings) to `out`.
void AppendCommand(std::string& out, std::span<const std::string_view> args);
void AppendCommand(std::string& out, const std::vector<std::string>& args);

/// What one reply may hold; a node that goes beyond it is not believed any more.
struct RespLimits {
  std::size_t bulk_max = std::size_t{64} << 20;  ///< bytes of one string
  std::size_t line_max = std::size_t{64} << 10;  ///< bytes of a status, error or number
  std::size_t items_max = 1'000'000;             ///< elements of one reply, nested ones included
  std::size_t depth_max = 16;                    ///< arrays within arrays
};

/// Incremental RESP2 reader. Bytes go in wherever they were cut; whole replies come out. Nothing is parsed twice, apart
/// from the scalar at the cut.
///
///   auto space = parser.Prepare(65536);  // read from the socket into it
///   parser.Commit(n);
///   while (parser.Next(reply) == RespParser::Status::kReply) ...
///
/// After kBroken the stream cannot be followed any more: drop the connection.
class RespParser {
 public:
  enum class Status { kReply, kNeedMore, kBroken };

  explicit RespParser(RespLimits limits = {}) : limits_(limits) {}

  /// Room for at least `size` bytes, valid until the next call.
  std::span<char> Prepare(std::size_t size);
  void Commit(std::size_t size) { end_ += size; }
  /// Copies bytes in, for tests and blocking clients.
  void Feed(std::string_view bytes);

  Status Next(Reply& reply);
  /// Why the stream is broken; a sentence.
  const std::string& broken() const { return broken_; }
  void Reset();

 private:
  struct Frame {
    Reply array;
    std::size_t missing;
  };

  Status ParseOne(Reply& reply);
  Status ParseBulk(std::string_view line, Reply& reply);
  Status ParseArray(std::string_view body, Reply& reply);
  bool TakeLine(std::string_view& line);
  Status Broken(std::string why);

  RespLimits limits_;
  std::string buffer_;
  std::size_t begin_ = 0;    // first byte not consumed
  std::size_t end_ = 0;      // one past the last byte received
  std::size_t scanned_ = 0;  // no line end before this offset
  std::size_t items_ = 0;    // elements announced in the reply being read
  std::vector<Frame> frames_;
  std::string broken_;
};

}  // namespace souk::redis
