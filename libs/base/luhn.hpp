#pragma once

#include <string>
#include <string_view>

namespace souk {

/// True when `text` holds something that looks like a card number: 13 to 19 digits, single spaces or hyphens between them allowed, that pass the Luhn
/// check and are not part of a longer word, so that hex identifiers and UUIDs don't count. (ISO/IEC 7812-1)
bool ContainsCardNumber(std::string_view text);

/// `text` with every such run replaced by "[card number]".
std::string MaskCardNumbers(std::string_view text);

}  // namespace souk
