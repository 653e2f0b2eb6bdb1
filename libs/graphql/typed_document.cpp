#include "libs/graphql/typed_document.hpp"

namespace souk::graphql::internal {
namespace {

std::string_view LocationOf(ast::OperationType type) {
  switch (type) {
    case ast::OperationType::kQuery: return "QUERY";
    case ast::OperationType::kMutation: return "MUTATION";
    case ast::OperationType::kSubscription: return "SUBSCRIPTION";
  }
  return {};
}

const NamedType* IfComposite(const NamedType* type) { return type != nullptr && type->IsComposite() ? type : nullptr; }

}  // namespace

TypedDocument::TypedDocument(const Schema& schema_in, const ast::Document& document_in) : schema(schema_in), document(document_in) {
  for (const ast::Definition& definition : document.definitions) {
    const std::size_t from = variables.size();
    if (definition.operation != nullptr) WalkOperation(*definition.operation);
    if (definition.fragment != nullptr) WalkFragment(*definition.fragment);
    if (definition.operation == nullptr && definition.fragment == nullptr) continue;
    if (definition.fragment != nullptr) fragments_[definition.fragment->name.text] = scopes.size();
    scopes.push_back({definition.operation, definition.fragment, from, variables.size()});
  }
}

void TypedDocument::WalkOperation(const ast::Operation& node) {
  for (const ast::VariableDefinition& variable : node.variables) {
    const ast::Type* named = variable.type;
    while (named->inner != nullptr) named = named->inner;
    type_names.push_back({named->name.text, named->name.offset});
    const Type* type = schema.Resolve(*variable.type, &arena);
    if (type != nullptr && !type->named->IsInput()) type = nullptr;
    if (variable.default_value != nullptr) {
      values.push_back({variable.default_value, type});
      WalkValue(*variable.default_value, type, false, nullptr);
    }
    WalkDirectives(variable.directives, "VARIABLE_DEFINITION", nullptr);
  }
  WalkDirectives(node.directives, LocationOf(node.type), nullptr);
  WalkSet(*node.selection_set, schema.Root(node.type), nullptr, false);
}

void TypedDocument::WalkFragment(const ast::Fragment& node) {
  type_names.push_back({node.type_condition.text, node.type_condition.offset});
  WalkDirectives(node.directives, "FRAGMENT_DEFINITION", nullptr);
  WalkSet(*node.selection_set, schema.FindType(node.type_condition.text), nullptr, false);
}

void TypedDocument::WalkSet(const ast::SelectionSet& set, const NamedType* type, const Field* around, bool of_inline_fragment) {
  const NamedType* parent = IfComposite(type);
  sets.push_back({&set, parent, of_inline_fragment});
  for (const ast::Selection& node : set.selections) {
    switch (node.kind) {
      case ast::SelectionKind::kField: WalkField(node, parent); break;
      case ast::SelectionKind::kFragmentSpread:
        spreads.push_back({&node, parent});
        WalkDirectives(node.directives, "FRAGMENT_SPREAD", around);
        break;
      case ast::SelectionKind::kInlineFragment: {
        const NamedType* condition = type;
        if (!node.type_condition.empty()) {
          type_names.push_back({node.type_condition.text, node.type_condition.offset});
          condition = schema.FindType(node.type_condition.text);
        }
        inlines.push_back({&node, parent, condition});
        WalkDirectives(node.directives, "INLINE_FRAGMENT", around);
        WalkSet(*node.selection_set, condition, around, true);
        break;
      }
    }
  }
}

void TypedDocument::WalkField(const ast::Selection& node, const NamedType* parent) {
  const Field* field = parent == nullptr ? nullptr : schema.FindField(*parent, node.name.text);
  fields.push_back({&node, parent, field});
  WalkArguments(node.arguments, field == nullptr ? nullptr : &field->arguments);
  WalkDirectives(node.directives, "FIELD", field);
  if (node.selection_set != nullptr) WalkSet(*node.selection_set, field == nullptr ? nullptr : field->type->named, field, false);
}

void TypedDocument::WalkDirectives(const List<ast::Directive>& list, std::string_view location, const Field* around) {
  if (list.empty()) return;
  directive_lists.push_back(&list);
  for (const ast::Directive& node : list) {
    const DirectiveType* type = schema.FindDirective(node.name.text);
    directives.push_back({&node, type, location});
    // The reference implementation takes an unknown directive's arguments for those of the field around it.
    const std::vector<InputField>* of_field = around == nullptr ? nullptr : &around->arguments;
    WalkArguments(node.arguments, type != nullptr ? &type->arguments : of_field);
  }
}

void TypedDocument::WalkArguments(const List<ast::Argument>& nodes, const std::vector<InputField>* definitions) {
  for (const ast::Argument& node : nodes) {
    const InputField* definition = nullptr;
    if (definitions != nullptr) {
      for (const InputField& candidate : *definitions) {
        if (candidate.name == node.name.text) definition = &candidate;
      }
    }
    const Type* type = definition == nullptr ? nullptr : definition->type;
    values.push_back({&node.value, type});
    WalkValue(node.value, type, definition != nullptr && definition->default_value.has_value(), nullptr);
  }
}

void TypedDocument::WalkValue(const ast::Value& node, const Type* type, bool has_default, const Type* holder) {
  if (node.kind == ast::ValueKind::kVariable) {
    variables.push_back({&node, type, has_default, holder});
  } else if (node.kind == ast::ValueKind::kList) {
    const Type* item = type == nullptr ? nullptr : &type->Nullable();
    if (item != nullptr && item->IsList()) item = item->inner;
    for (const ast::Value& one : node.items) WalkValue(one, item, false, type);
  } else if (node.kind == ast::ValueKind::kObject) {
    object_values.push_back(&node);
    for (const ast::ObjectField& field : node.fields) {
      const InputField* definition = type == nullptr ? nullptr : type->named->FindInput(field.name.text);
      WalkValue(field.value, definition == nullptr ? nullptr : definition->type,
                definition != nullptr && definition->default_value.has_value(), type);
    }
  }
}

const ast::Fragment* TypedDocument::FindFragment(std::string_view name) const {
  const auto found = fragments_.find(name);
  return found == fragments_.end() ? nullptr : scopes[found->second].fragment;
}

const std::vector<const ast::Selection*>& TypedDocument::Spreads(const ast::SelectionSet* set) const {
  const auto [entry, is_new] = spreads_of_.try_emplace(set);
  std::vector<const ast::Selection*>& found = entry->second;
  if (!is_new) return found;
  std::vector<const ast::SelectionSet*> open = {set};
  while (!open.empty()) {
    const ast::SelectionSet* one = open.back();
    open.pop_back();
    for (const ast::Selection& node : one->selections) {
      if (node.kind == ast::SelectionKind::kFragmentSpread) {
        found.push_back(&node);
      } else if (node.selection_set != nullptr) {
        open.push_back(node.selection_set);
      }
    }
  }
  return found;
}

std::vector<std::size_t> TypedDocument::Reach(const Scope& operation) const {
  std::vector<std::size_t> reached = {static_cast<std::size_t>(&operation - scopes.data())};
  std::vector<bool> seen(scopes.size());
  for (std::size_t i = 0; i < reached.size(); ++i) {
    for (const ast::Selection* spread : Spreads(scopes[reached[i]].set())) {
      const auto found = fragments_.find(spread->name.text);
      if (found == fragments_.end() || seen[found->second]) continue;
      seen[found->second] = true;
      reached.push_back(found->second);
    }
  }
  return reached;
}

}  // namespace souk::graphql::internal
