#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "libs/graphql/ast.hpp"
#include "libs/graphql/error.hpp"

namespace souk::graphql {

using DocumentPtr = std::shared_ptr<const ast::Document>;

/// What a text may cost to parse. The rest of the limits is in limits.hpp.
struct ParseLimits {
  std::uint32_t tokens_max = 1000;
  std::uint32_t nesting_max = 100;  ///< of braces and brackets of any kind; bounds the stack, so never over 1000
  std::uint32_t bytes_max = 256 * 1024;

  /// For texts of our own: schemas and tests.
  static ParseLimits Trusted() { return {10'000'000, 500, 64U << 20}; }
};

struct Parsed {
  DocumentPtr document;               ///< set when there is no error
  std::optional<GraphQLError> error;  ///< a syntax error or a limit
  bool ok() const { return document != nullptr; }
};

/// Parses executable documents and type system documents (specification of October 2021; descriptions on operations,
/// fragments and variables as in September 2025). The document keeps the text.
Parsed Parse(std::string source, const ParseLimits& limits = {});

}  // namespace souk::graphql
