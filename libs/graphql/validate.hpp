#pragma once

#include <vector>

#include "libs/graphql/schema.hpp"

namespace souk::graphql {

struct ValidateOptions {
  std::size_t errors_max = 100;         ///< after that many it stops with one more error that says so
  std::size_t comparisons_max = 500'000;  ///< steps of the overlapping-fields rule, which otherwise could be made to take very long
  bool introspection = true;            ///< without it __schema and __type are refused
};

/// Every rule of specification 5 for executable documents. Empty when the document may be executed on this schema. Messages never
/// suggest names ("did you mean"), so that they tell nothing of the schema that was not asked.
std::vector<GraphQLError> Validate(const Schema& schema, const ast::Document& document, const ValidateOptions& options = {});

}  // namespace souk::graphql
