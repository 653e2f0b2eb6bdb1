#pragma once

#include <string>
#include <string_view>

namespace souk {

/// True when `text` holds something that looks like a card number: 13 to 19 digits, single spaces or hyphens between them allowed, that pass the Luhn
/// check and are not part of a longer word, so that hex identifiers and UUIDs don't count. (ISO/IEC 7812-1)
bool ContainsCardNumber(std::string_view text);

/// The same for numbers that a card network has issued ranges for (ISO/IEC 7812-2: Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay,
/// Maestro). One in ten of all long numbers passes Luhn by chance, times in milliseconds among them: logs and audits ask this one.
bool ContainsIssuedCardNumber(std::string_view text);

/// `text` with every such run replaced by "[card number]".
std::string MaskCardNumbers(std::string_view text);

}  // namespace souk
