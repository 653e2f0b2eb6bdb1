#pragma once

#include <string>

#include "test/bench/options.hpp"
#include "test/bench/report.hpp"

namespace souk::bench {

struct Starts {
  Summary ready_ms;  ///< from exec to the first "ready" on /readyz
  Summary idle_mb;   ///< resident memory right after it
};

/// Stops the fleet's own process of that service, starts the program so many times with the very same variables, and has the fleet start its own again.
Result<Starts> TimeStarts(const Options& options, const std::string& service);

/// The services that have a file in env.dir, of those that P15 and P16 are about.
std::vector<std::string> ServicesToStart(const Options& options);

}  // namespace souk::bench
