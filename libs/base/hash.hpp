#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace souk {

std::array<std::uint8_t, 32> Sha256(std::string_view data);
std::string Sha256Hex(std::string_view data);
/// HMAC-SHA-256 as lower-case hex, for webhook signatures.
std::string HmacSha256Hex(std::string_view key, std::string_view data);
/// Compares without leaking where the difference is.
bool ConstantTimeEqual(std::string_view a, std::string_view b);
std::string ToHex(const std::uint8_t* data, std::size_t size);

}  // namespace souk
