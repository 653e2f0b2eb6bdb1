#pragma once

#include <cstdint>
#include <optional>

#include "libs/graphql/ast.hpp"
#include "libs/graphql/error.hpp"

namespace souk::graphql {

/// How large an operation may be, fragments counted at each place where they are spread. Below `__schema` and `__type` depth is not
/// counted: the rule MaxIntrospectionDepth bounds it.
struct DocumentLimits {
  std::uint32_t depth_max = 6;        ///< fields below fields
  std::uint32_t aliases_max = 15;
  std::uint32_t directives_max = 50;
  std::uint32_t fields_max = 1000;    ///< selected fields

  static DocumentLimits None() { return {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}; }
};

/// The first limit that an operation of the document exceeds. Needs no schema, and takes time linear in the document even where
/// fragments spread each other; cycles of fragments are left for validation.
std::optional<GraphQLError> CheckLimits(const ast::Document& document, const DocumentLimits& limits);

}  // namespace souk::graphql
