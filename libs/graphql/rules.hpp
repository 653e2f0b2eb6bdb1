#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "libs/graphql/typed_document.hpp"
#include "libs/graphql/validate.hpp"

/// The validation rules, one function each, named as in the specification's section 5. A rule finds and tells; it changes nothing.
namespace souk::graphql::internal {

/// Takes what rules find.
class Findings {
 public:
  Findings(const ast::Document& document, std::size_t errors_max) : document_(document), errors_max_(errors_max) {}
  void Add(std::string_view rule, std::string message, const std::vector<std::uint32_t>& offsets);
  void Add(GraphQLError error) { errors_.push_back(std::move(error)); }
  bool full() const { return errors_.size() > errors_max_; }
  std::vector<GraphQLError> Take() { return std::move(errors_); }

 private:
  const ast::Document& document_;
  std::size_t errors_max_;
  std::vector<GraphQLError> errors_;
};

/// `"text"`.
std::string Quoted(std::string_view text);

// rules_operations.cpp (5.1, 5.2)
void ExecutableDefinitions(const TypedDocument& doc, Findings* findings);
void UniqueOperationNames(const TypedDocument& doc, Findings* findings);
void LoneAnonymousOperation(const TypedDocument& doc, Findings* findings);
void SingleFieldSubscriptions(const TypedDocument& doc, Findings* findings);
void MaxIntrospectionDepth(const TypedDocument& doc, Findings* findings);
void NoIntrospection(const TypedDocument& doc, Findings* findings);

// rules_fields.cpp (5.3, 5.4)
void FieldsOnCorrectType(const TypedDocument& doc, Findings* findings);
void ScalarLeafs(const TypedDocument& doc, Findings* findings);
void KnownArgumentNames(const TypedDocument& doc, Findings* findings);
void UniqueArgumentNames(const TypedDocument& doc, Findings* findings);
void ProvidedRequiredArguments(const TypedDocument& doc, Findings* findings);

// rules_overlapping.cpp (5.3.2)
void OverlappingFieldsCanBeMerged(const TypedDocument& doc, std::size_t comparisons_max, Findings* findings);

// rules_fragments.cpp (5.5)
void UniqueFragmentNames(const TypedDocument& doc, Findings* findings);
void KnownTypeNames(const TypedDocument& doc, Findings* findings);
void FragmentsOnCompositeTypes(const TypedDocument& doc, Findings* findings);
void KnownFragmentNames(const TypedDocument& doc, Findings* findings);
void NoUnusedFragments(const TypedDocument& doc, Findings* findings);
void NoFragmentCycles(const TypedDocument& doc, Findings* findings);
void PossibleFragmentSpreads(const TypedDocument& doc, Findings* findings);

// rules_values.cpp (5.6, 5.7)
void ValuesOfCorrectType(const TypedDocument& doc, Findings* findings);
void UniqueInputFieldNames(const TypedDocument& doc, Findings* findings);
void KnownDirectives(const TypedDocument& doc, Findings* findings);
void UniqueDirectivesPerLocation(const TypedDocument& doc, Findings* findings);

// rules_variables.cpp (5.8)
void UniqueVariableNames(const TypedDocument& doc, Findings* findings);
void VariablesAreInputTypes(const TypedDocument& doc, Findings* findings);
void NoUndefinedVariables(const TypedDocument& doc, Findings* findings);
void NoUnusedVariables(const TypedDocument& doc, Findings* findings);
void VariablesInAllowedPosition(const TypedDocument& doc, Findings* findings);

}  // namespace souk::graphql::internal
