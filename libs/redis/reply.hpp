#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace souk::redis {

/// One answer of a Redis node, as it stood on the wire (RESP2).
struct Reply {
  enum class Kind { kNil, kInteger, kString, kStatus, kError, kArray };

  Kind kind = Kind::kNil;
  std::int64_t integer = 0;  ///< kInteger only
  std::string text;          ///< kString (any bytes), kStatus, kError
  std::vector<Reply> items;  ///< kArray only

  bool IsNil() const { return kind == Kind::kNil; }
  bool IsError() const { return kind == Kind::kError; }
};

}  // namespace souk::redis
