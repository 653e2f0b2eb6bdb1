#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "libs/base/clock.hpp"

namespace souk {

/// RFC 3339 in UTC with microseconds: "2026-11-21T03:14:00.123456Z". Accepted by SQL and by people.
std::string FormatTime(SystemTime time);
/// Parses what FormatTime writes, with 0 to 6 digits of fraction, and SQL's "2026-11-21 03:14:00.1+00".
std::optional<SystemTime> ParseTime(std::string_view text);

}  // namespace souk
