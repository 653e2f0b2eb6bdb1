#pragma once

#include <map>
#include <string>

#include "libs/base/result.hpp"

namespace souk::config {

/// Reads a TOML file into dotted keys: [http] port = 1 becomes "http.port" = "1". kInvalidArgument names the file and the line.
Result<std::map<std::string, std::string>> ReadTomlFile(const std::string& path);

}  // namespace souk::config
