#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "libs/graphql/coerce.hpp"

namespace souk::graphql {

/// What one field costs. `arguments` are coerced.
struct FieldCost {
  std::uint32_t weight = 1;                ///< for each object that has the field
  std::optional<std::uint32_t> list_size;  ///< items that it may bring; nothing leaves it to the schema
};

struct CostLimits {
  std::uint64_t cost_max = 5000;
  std::uint32_t object_weight = 2;       ///< of a field with fields below it
  std::uint32_t leaf_weight = 1;
  std::uint32_t list_size_default = 10;  ///< of a list whose size neither the schema nor an argument tells
  /// Overrides what the schema says. May be empty.
  std::function<std::optional<FieldCost>(const Field& field, const List<Member>& arguments)> field_cost;
};

/// SDL of the directives that tell costs: put it at the head of a schema that uses them.
///   @cost(weight:)      instead of the default weight
///   @listSize(assumedSize:, slicingArguments:, sizedFields:)
///                       the size is that of the largest slicing argument given (`first`, `last` when none are named), else
///                       assumedSize; with sizedFields it is theirs, as in connections: products(first: 20) { edges { … } }
extern const char* const kCostDirectives;

/// The cost of an operation before it runs: each field's weight times the sizes of the lists around it. Stops as soon as the limit is passed;
/// then gives an error that names the limit. Introspection is free: its depth is bounded by validation.
std::optional<GraphQLError> CheckCost(const Schema& schema, const ast::Document& document, const ast::Operation& operation,
                                      const Variables& variables, const CostLimits& limits, std::uint64_t* cost);

}  // namespace souk::graphql
