#include "libs/base/request_id.hpp"

#include <algorithm>

#include "libs/base/luhn.hpp"

namespace souk {

std::string NewRequestId(Random& random) {
  static constexpr char kHex[] = "0123456789abcdef";
  const std::uint64_t value = random.Next();
  std::string id(17, 'r');
  for (std::size_t i = 0; i < 16; ++i) id[i + 1] = kHex[(value >> (4 * i)) & 15];
  return id;
}

bool IsRequestId(std::string_view text) {
  if (text.empty() || text.size() > 128) return false;
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.';
  });
  return plain && !ContainsIssuedCardNumber(text);
}

}  // namespace souk
