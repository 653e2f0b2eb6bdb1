#include <algorithm>
#include <unordered_set>

#include "libs/graphql/rules.hpp"

// Fields and arguments (specification, 5.3 and 5.4).
namespace souk::graphql::internal {

void FieldsOnCorrectType(const TypedDocument& doc, Findings* findings) {
  for (const TypedDocument::FieldUse& use : doc.fields) {
    if (use.parent == nullptr || use.field != nullptr) continue;
    findings->Add("FieldsOnCorrectType", "Cannot query field " + Quoted(use.node->name.text) + " on type " + Quoted(use.parent->name) + ".",
                  {use.node->offset});
  }
}

void ScalarLeafs(const TypedDocument& doc, Findings* findings) {
  for (const TypedDocument::FieldUse& use : doc.fields) {
    if (use.field == nullptr) continue;
    const ast::SelectionSet* set = use.node->selection_set;
    const std::string start = "Field " + Quoted(use.node->name.text);
    if (use.field->type->named->IsLeaf()) {
      if (set == nullptr) continue;
      findings->Add("ScalarLeafs", start + " must not have a selection since type " + Quoted(ToString(*use.field->type)) + " has no subfields.",
                    {set->offset});
    } else if (set == nullptr) {
      findings->Add("ScalarLeafs", start + " of type " + Quoted(ToString(*use.field->type)) + " must have a selection of subfields.",
                    {use.node->offset});
    }
  }
}

void KnownArgumentNames(const TypedDocument& doc, Findings* findings) {
  for (const TypedDocument::DirectiveUse& use : doc.directives) {
    if (use.type == nullptr) continue;
    for (const ast::Argument& node : use.node->arguments) {
      const auto& known = use.type->arguments;
      if (std::any_of(known.begin(), known.end(), [&](const InputField& a) { return a.name == node.name.text; })) continue;
      findings->Add("KnownArgumentNames", "Unknown argument " + Quoted(node.name.text) + " on directive \"@" + std::string(use.type->name) + "\".",
                    {node.name.offset});
    }
  }
  for (const TypedDocument::FieldUse& use : doc.fields) {
    if (use.field == nullptr) continue;
    for (const ast::Argument& node : use.node->arguments) {
      if (use.field->FindArgument(node.name.text) != nullptr) continue;
      findings->Add("KnownArgumentNames",
                    "Unknown argument " + Quoted(node.name.text) + " on field \"" + std::string(use.parent->name) + "." +
                        std::string(use.field->name) + "\".",
                    {node.name.offset});
    }
  }
}

namespace {

void CheckUniqueArguments(const List<ast::Argument>& nodes, Findings* findings) {
  if (nodes.size() < 2) return;
  std::unordered_set<std::string_view> told;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    std::vector<std::uint32_t> offsets = {nodes[i].name.offset};
    for (std::size_t j = i + 1; j < nodes.size(); ++j) {
      if (nodes[j].name.text == nodes[i].name.text) offsets.push_back(nodes[j].name.offset);
    }
    if (offsets.size() < 2 || !told.insert(nodes[i].name.text).second) continue;
    findings->Add("UniqueArgumentNames", "There can be only one argument named " + Quoted(nodes[i].name.text) + ".", offsets);
  }
}

template <class Nodes>
std::vector<const InputField*> Missing(const std::vector<InputField>& definitions, const Nodes& nodes) {
  std::vector<const InputField*> missing;
  for (const InputField& definition : definitions) {
    if (!definition.IsRequired()) continue;
    const bool given = std::any_of(nodes.begin(), nodes.end(), [&](const ast::Argument& node) { return node.name.text == definition.name; });
    if (!given) missing.push_back(&definition);
  }
  return missing;
}

std::string RequiredText(const InputField& argument) {
  return " argument " + Quoted(argument.name) + " of type " + Quoted(ToString(*argument.type)) + " is required, but it was not provided.";
}

}  // namespace

void UniqueArgumentNames(const TypedDocument& doc, Findings* findings) {
  for (const TypedDocument::FieldUse& use : doc.fields) CheckUniqueArguments(use.node->arguments, findings);
  for (const TypedDocument::DirectiveUse& use : doc.directives) CheckUniqueArguments(use.node->arguments, findings);
}

void ProvidedRequiredArguments(const TypedDocument& doc, Findings* findings) {
  for (const TypedDocument::FieldUse& use : doc.fields) {
    if (use.field == nullptr) continue;
    for (const InputField* argument : Missing(use.field->arguments, use.node->arguments)) {
      findings->Add("ProvidedRequiredArguments", "Field " + Quoted(use.field->name) + RequiredText(*argument), {use.node->offset});
    }
  }
  for (const TypedDocument::DirectiveUse& use : doc.directives) {
    if (use.type == nullptr) continue;
    for (const InputField* argument : Missing(use.type->arguments, use.node->arguments)) {
      findings->Add("ProvidedRequiredArguments", "Directive \"@" + std::string(use.type->name) + "\"" + RequiredText(*argument),
                    {use.node->offset});
    }
  }
}

}  // namespace souk::graphql::internal
