#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace souk::graphql {

/// A place in a document; both count from 1. Columns count UTF-16 units, as the tools that show them do.
struct Location {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  friend auto operator<=>(const Location&, const Location&) = default;
};

/// The place of a byte offset. Lines end with LF, CR or CR LF.
Location LocationAt(std::string_view source, std::size_t offset);

/// One step of a response path: a response name or a list index.
using PathPart = std::variant<std::string, std::uint32_t>;

/// One entry of `errors` (specification, 7.1.2).
struct GraphQLError {
  std::string message;
  std::vector<Location> locations;
  std::vector<PathPart> path;
  std::string extensions;  ///< a JSON object, or empty
  std::string rule;        ///< the validation rule, as the specification's tests name it ("ScalarLeafs"); never sent
};

/// Makes the error of a limit: its message and extensions name the limit, never the schema.
GraphQLError LimitError(std::string_view limit, std::string_view what, std::uint64_t max);

/// Appends `{"message":…,"locations":[…],"path":[…],"extensions":{…}}`.
void AppendJson(const GraphQLError& error, std::string* out);
/// Appends `"errors":[…]`.
void AppendErrors(const std::vector<GraphQLError>& errors, std::string* out);

}  // namespace souk::graphql
