#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace souk::graphql::internal {

/// The bytes of the character that starts at `at`: 1 to 4, or 0 when they are not UTF-8.
int Utf8Length(std::string_view text, std::size_t at);
/// The character that starts at `at`, whose bytes are known to be right.
std::uint32_t Utf8Decode(std::string_view text, std::size_t at);
void AppendUtf8(std::uint32_t point, std::string* out);
bool IsUtf8(std::string_view text);
/// Length in UTF-16 units.
std::size_t Utf16Length(std::string_view text);

}  // namespace souk::graphql::internal
