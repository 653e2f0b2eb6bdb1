#pragma once

#include <string_view>
#include <unordered_map>
#include <vector>

#include "libs/graphql/schema.hpp"

namespace souk::graphql::internal {

/// A document with the schema's types put to it: one walk makes flat lists of all that the rules look at, so that each rule is a
/// loop over the list that it is about. Types are null where the document names what the schema does not have.
struct TypedDocument {
  struct FieldUse {
    const ast::Selection* node;
    const NamedType* parent;
    const Field* field;
  };
  struct SpreadUse {
    const ast::Selection* node;
    const NamedType* parent;
  };
  struct InlineUse {
    const ast::Selection* node;
    const NamedType* parent;
    const NamedType* type;
  };
  struct SetUse {
    const ast::SelectionSet* set;
    const NamedType* parent;
    bool of_inline_fragment;
  };
  struct DirectiveUse {
    const ast::Directive* node;
    const DirectiveType* type;
    std::string_view location;
  };
  /// An argument's value or a variable's default value, whole.
  struct ValueUse {
    const ast::Value* node;
    const Type* type;
  };
  struct VariableUse {
    const ast::Value* node;
    const Type* type;
    bool has_default;     ///< the argument or input field has one
    const Type* holder;   ///< the input object whose field it is; null elsewhere
  };
  struct NameUse {
    std::string_view name;
    std::uint32_t offset;
  };
  /// One operation or fragment.
  struct Scope {
    const ast::Operation* operation;
    const ast::Fragment* fragment;
    std::size_t variables_from;
    std::size_t variables_to;  ///< its slice of `variables`

    const ast::SelectionSet* set() const { return operation != nullptr ? operation->selection_set : fragment->selection_set; }
  };

  TypedDocument(const Schema& schema_in, const ast::Document& document_in);

  const ast::Fragment* FindFragment(std::string_view name) const;
  /// The spreads below a selection set, not those inside of other fragments: first a set's own, then those of the sets in it, last one first.
  const std::vector<const ast::Selection*>& Spreads(const ast::SelectionSet* set) const;
  /// Indices into `scopes` of an operation and of every fragment it reaches.
  std::vector<std::size_t> Reach(const Scope& operation) const;

  const Schema& schema;
  const ast::Document& document;
  mutable Arena arena;
  std::vector<Scope> scopes;
  std::vector<FieldUse> fields;
  std::vector<SpreadUse> spreads;
  std::vector<InlineUse> inlines;
  std::vector<SetUse> sets;
  std::vector<DirectiveUse> directives;
  std::vector<const List<ast::Directive>*> directive_lists;
  std::vector<ValueUse> values;
  std::vector<VariableUse> variables;
  std::vector<NameUse> type_names;
  std::vector<const ast::Value*> object_values;  ///< every {…}

 private:
  void WalkOperation(const ast::Operation& node);
  void WalkFragment(const ast::Fragment& node);
  void WalkSet(const ast::SelectionSet& set, const NamedType* type, const Field* around, bool of_inline_fragment);
  void WalkField(const ast::Selection& node, const NamedType* parent);
  void WalkDirectives(const List<ast::Directive>& list, std::string_view location, const Field* around);
  void WalkArguments(const List<ast::Argument>& nodes, const std::vector<InputField>* definitions);
  void WalkValue(const ast::Value& node, const Type* type, bool has_default, const Type* holder);

  std::unordered_map<std::string_view, std::size_t> fragments_;  // to `scopes`
  mutable std::unordered_map<const ast::SelectionSet*, std::vector<const ast::Selection*>> spreads_of_;
};

}  // namespace souk::graphql::internal
