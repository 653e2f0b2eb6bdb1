#pragma once

#include <string>
#include <string_view>

#include "libs/base/random.hpp"

namespace souk {

/// "r" and 16 hexadecimal digits. The letter is there because one id in a hundred thousand would otherwise look like a card number to whoever
/// searches logs and messages for one.
std::string NewRequestId(Random& random);

/// What a caller may name a request: 1 to 128 of letters, digits, '-', '_' and '.', and no card number, since the name is logged and travels with events.
bool IsRequestId(std::string_view text);

}  // namespace souk
