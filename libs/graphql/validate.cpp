#include "libs/graphql/validate.hpp"

#include "libs/graphql/rules.hpp"

namespace souk::graphql {
namespace internal {

std::string Quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

void Findings::Add(std::string_view rule, std::string message, const std::vector<std::uint32_t>& offsets) {
  if (full()) return;
  if (errors_.size() == errors_max_) {
    errors_.push_back({"Too many validation errors, error limit reached. Validation aborted.", {}, {}, {}, {}});
    return;
  }
  GraphQLError error{std::move(message), {}, {}, {}, std::string(rule)};
  error.locations.reserve(offsets.size());
  for (const std::uint32_t offset : offsets) error.locations.push_back(LocationAt(document_.source, offset));
  errors_.push_back(std::move(error));
}

namespace {

using Rule = void (*)(const TypedDocument&, Findings*);

constexpr Rule kRules[] = {
    UniqueOperationNames, LoneAnonymousOperation, SingleFieldSubscriptions, KnownTypeNames, FragmentsOnCompositeTypes,
    VariablesAreInputTypes, ScalarLeafs, FieldsOnCorrectType, UniqueFragmentNames, KnownFragmentNames, NoUnusedFragments,
    PossibleFragmentSpreads, NoFragmentCycles, UniqueVariableNames, NoUndefinedVariables, NoUnusedVariables, KnownDirectives,
    UniqueDirectivesPerLocation, KnownArgumentNames, UniqueArgumentNames, ValuesOfCorrectType, ProvidedRequiredArguments,
    VariablesInAllowedPosition, UniqueInputFieldNames, MaxIntrospectionDepth,
};

}  // namespace
}  // namespace internal

std::vector<GraphQLError> Validate(const Schema& schema, const ast::Document& document, const ValidateOptions& options) {
  const internal::TypedDocument typed(schema, document);
  internal::Findings findings(document, options.errors_max);
  // What is not executable has no place in a request at all: the other rules would only tell what follows from that.
  internal::ExecutableDefinitions(typed, &findings);
  std::vector<GraphQLError> errors = findings.Take();
  if (!errors.empty()) return errors;
  for (const internal::Rule rule : internal::kRules) rule(typed, &findings);
  if (!options.introspection) internal::NoIntrospection(typed, &findings);
  internal::OverlappingFieldsCanBeMerged(typed, options.comparisons_max, &findings);
  return findings.Take();
}

}  // namespace souk::graphql
