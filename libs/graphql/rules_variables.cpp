#include <unordered_map>
#include <unordered_set>

#include "libs/graphql/printer.hpp"
#include "libs/graphql/rules.hpp"

// Variables (specification, 5.8).
namespace souk::graphql::internal {
namespace {

/// Calls `tell` for each use of a variable in an operation and in all fragments it reaches.
template <class F>
void EachUse(const TypedDocument& doc, const TypedDocument::Scope& operation, F tell) {
  for (const std::size_t reached : doc.Reach(operation)) {
    const TypedDocument::Scope& scope = doc.scopes[reached];
    for (std::size_t i = scope.variables_from; i < scope.variables_to; ++i) tell(doc.variables[i]);
  }
}

template <class F>
void EachOperation(const TypedDocument& doc, F check) {
  for (const TypedDocument::Scope& scope : doc.scopes) {
    if (scope.operation != nullptr) check(scope, *scope.operation);
  }
}

std::string Dollar(std::string_view name) { return "\"$" + std::string(name) + "\""; }

/// IsVariableUsageAllowed (specification, 5.8.5).
bool IsAllowed(const Type& variable, const ast::Value* variable_default, const TypedDocument::VariableUse& use) {
  if (!use.type->IsNonNull() || variable.IsNonNull()) return IsSubtype(variable, *use.type);
  const bool has_default = variable_default != nullptr && variable_default->kind != ast::ValueKind::kNull;
  if (!has_default && !use.has_default) return false;
  return IsSubtype(variable, *use.type->inner);
}

}  // namespace

void UniqueVariableNames(const TypedDocument& doc, Findings* findings) {
  EachOperation(doc, [&](const TypedDocument::Scope&, const ast::Operation& operation) {
    std::unordered_map<std::string_view, std::vector<std::uint32_t>> places;
    std::vector<std::string_view> names;
    for (const ast::VariableDefinition& definition : operation.variables) {
      std::vector<std::uint32_t>& offsets = places[definition.variable.text];
      offsets.push_back(static_cast<std::uint32_t>(definition.variable.text.data() - doc.document.source.data()));
      if (offsets.size() == 2) names.push_back(definition.variable.text);
    }
    for (const std::string_view name : names) {
      findings->Add("UniqueVariableNames", "There can be only one variable named " + Dollar(name) + ".", places[name]);
    }
  });
}

void VariablesAreInputTypes(const TypedDocument& doc, Findings* findings) {
  EachOperation(doc, [&](const TypedDocument::Scope&, const ast::Operation& operation) {
    for (const ast::VariableDefinition& definition : operation.variables) {
      const Type* type = doc.schema.Resolve(*definition.type, &doc.arena);
      if (type == nullptr || type->named->IsInput()) continue;
      findings->Add("VariablesAreInputTypes",
                    "Variable " + Dollar(definition.variable.text) + " cannot be non-input type " + Quoted(Print(*definition.type)) + ".",
                    {definition.type->offset});
    }
  });
}

void NoUndefinedVariables(const TypedDocument& doc, Findings* findings) {
  EachOperation(doc, [&](const TypedDocument::Scope& scope, const ast::Operation& operation) {
    std::unordered_set<std::string_view> defined;
    for (const ast::VariableDefinition& definition : operation.variables) defined.insert(definition.variable.text);
    EachUse(doc, scope, [&](const TypedDocument::VariableUse& use) {
      if (defined.count(use.node->text) > 0) return;
      const std::string where = operation.name.empty() ? "" : " by operation " + Quoted(operation.name.text);
      findings->Add("NoUndefinedVariables", "Variable " + Dollar(use.node->text) + " is not defined" + where + ".",
                    {use.node->offset, operation.offset});
    });
  });
}

void NoUnusedVariables(const TypedDocument& doc, Findings* findings) {
  EachOperation(doc, [&](const TypedDocument::Scope& scope, const ast::Operation& operation) {
    if (operation.variables.empty()) return;
    std::unordered_set<std::string_view> used;
    EachUse(doc, scope, [&](const TypedDocument::VariableUse& use) { used.insert(use.node->text); });
    for (const ast::VariableDefinition& definition : operation.variables) {
      if (used.count(definition.variable.text) > 0) continue;
      const std::string where = operation.name.empty() ? "" : " in operation " + Quoted(operation.name.text);
      findings->Add("NoUnusedVariables", "Variable " + Dollar(definition.variable.text) + " is never used" + where + ".", {definition.offset});
    }
  });
}

void VariablesInAllowedPosition(const TypedDocument& doc, Findings* findings) {
  EachOperation(doc, [&](const TypedDocument::Scope& scope, const ast::Operation& operation) {
    std::unordered_map<std::string_view, const ast::VariableDefinition*> defined;
    for (const ast::VariableDefinition& definition : operation.variables) defined[definition.variable.text] = &definition;
    EachUse(doc, scope, [&](const TypedDocument::VariableUse& use) {
      const auto definition = defined.find(use.node->text);
      if (definition == defined.end() || use.type == nullptr) return;
      const ast::VariableDefinition& variable = *definition->second;
      const Type* type = doc.schema.Resolve(*variable.type, &doc.arena);
      if (type == nullptr) return;
      const std::vector<std::uint32_t> offsets = {variable.offset, use.node->offset};
      if (!IsAllowed(*type, variable.default_value, use)) {
        findings->Add("VariablesInAllowedPosition",
                      "Variable " + Dollar(use.node->text) + " of type " + Quoted(ToString(*type)) + " used in position expecting type " +
                          Quoted(ToString(*use.type)) + ".",
                      offsets);
      }
      const bool in_one_of = use.holder != nullptr && use.holder->kind == Type::Kind::kNamed && use.holder->named->one_of;
      if (in_one_of && !type->IsNonNull()) {
        findings->Add("VariablesInAllowedPosition",
                      "Variable " + Dollar(use.node->text) + " is of type " + Quoted(ToString(*type)) +
                          " but must be non-nullable to be used for OneOf Input Object " + Quoted(ToString(*use.holder)) + ".",
                      offsets);
      }
    });
  });
}

}  // namespace souk::graphql::internal
