#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace souk::graphql::internal {

/// BlockStringValue of the specification (2.9.4): common indentation and blank lines at both ends are removed.
std::string DedentBlockString(const std::vector<std::string>& lines);
/// `value` between triple quotes, on lines of its own where that reads better.
std::string PrintBlockString(std::string_view value);
/// `value` as a quoted string with escapes.
std::string PrintString(std::string_view value);

}  // namespace souk::graphql::internal
