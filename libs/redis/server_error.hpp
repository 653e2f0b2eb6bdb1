#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libs/base/error.hpp"
#include "libs/redis/cluster.hpp"

namespace souk::redis {

/// What an error reply of a node asks its client to do.
struct ServerError {
  enum class Kind {
    kMoved,        ///< ask `target`, and remember
    kAsk,          ///< ask `target`, this once
    kTryAgain,     ///< wait: keys are being moved
    kClusterDown,  ///< wait: no quorum, slot unserved, or the node is no primary any more
    kLoading,      ///< wait: the node is busy
    kNoScript,     ///< give it the script
    kCrossSlot,    ///< the caller's mistake
    kOther,        ///< the command's own failure
  };
  Kind kind = Kind::kOther;
  std::uint16_t slot = 0;  ///< kMoved, kAsk
  Endpoint target;         ///< kMoved, kAsk; an empty host means the host of the node that answered
};

ServerError ClassifyError(std::string_view text);

/// "host:port", "[v6]:port" or "v6:port"; port 0 when it cannot be read.
Endpoint ParseEndpoint(std::string_view text);

/// The Error a caller sees for an error reply that is not handled inside.
Error ErrorOfReply(const std::string& text);

}  // namespace souk::redis
