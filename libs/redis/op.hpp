#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "libs/redis/cluster.hpp"

namespace souk::redis {

/// A script once seen, kept for the life of the client so that operations can point to it.
struct KnownScript {
  std::string load_wire;  ///< SCRIPT LOAD <source>
};

/// Why an operation has not been sent yet.
enum class Waiting { kNothing, kNodeAway, kClusterDown, kLoading, kTryAgain };

/// One command on its way: encoded once by the caller's thread, then moved from queue to queue.
struct Op {
  enum class Route { kSlot, kAnyNode, kPinned };

  std::string wire;
  Callback done;
  SteadyTime deadline;
  const KnownScript* script = nullptr;
  std::unique_ptr<Error> refusal;  ///< set when the caller's thread found it wrong: only to be reported
  Endpoint pinned;                 ///< Route::kPinned
  std::uint16_t slot = 0;
  Route route = Route::kSlot;
  bool asking = false;   ///< ASKING goes before it
  bool internal = false; ///< not a caller's: not counted
  Waiting waiting = Waiting::kNothing;
  std::uint8_t redirects = 0;
  std::uint8_t waits = 0;
  std::uint8_t loads = 0;
};

using OpPtr = std::unique_ptr<Op>;

}  // namespace souk::redis
