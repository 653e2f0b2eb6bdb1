#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "libs/graphql/rules.hpp"

// Documents and operations (specification, 5.1 and 5.2), and how deep introspection may go.
namespace souk::graphql::internal {

void ExecutableDefinitions(const TypedDocument& doc, Findings* findings) {
  for (const ast::Definition& definition : doc.document.definitions) {
    if (definition.type_system == nullptr) continue;
    const bool is_schema = definition.kind == ast::DefinitionKind::kSchema;
    const std::string name = is_schema ? "schema" : Quoted(definition.type_system->name.text);
    findings->Add("ExecutableDefinitions", "The " + name + " definition is not executable.", {definition.offset});
  }
}

void UniqueOperationNames(const TypedDocument& doc, Findings* findings) {
  std::unordered_map<std::string_view, std::uint32_t> known;
  for (const TypedDocument::Scope& scope : doc.scopes) {
    if (scope.operation == nullptr || scope.operation->name.empty()) continue;
    const ast::Name& name = scope.operation->name;
    const auto [first, is_new] = known.emplace(name.text, name.offset);
    if (!is_new) {
      findings->Add("UniqueOperationNames", "There can be only one operation named " + Quoted(name.text) + ".", {first->second, name.offset});
    }
  }
}

void LoneAnonymousOperation(const TypedDocument& doc, Findings* findings) {
  const auto count = std::count_if(doc.scopes.begin(), doc.scopes.end(), [](const auto& scope) { return scope.operation != nullptr; });
  if (count < 2) return;
  for (const TypedDocument::Scope& scope : doc.scopes) {
    if (scope.operation == nullptr || !scope.operation->name.empty()) continue;
    findings->Add("LoneAnonymousOperation", "This anonymous operation must be the only defined operation.", {scope.operation->offset});
  }
}

// ---- 5.2.3.1 Single root field

namespace {

using RootFields = std::vector<std::pair<std::string_view, std::vector<const ast::Selection*>>>;

/// A field or fragment that a constant leaves out. What hangs on a variable counts as there.
bool LeftOut(const ast::Selection& node) {
  for (const ast::Directive& directive : node.directives) {
    if (directive.arguments.empty() || directive.arguments[0].value.kind != ast::ValueKind::kBoolean) continue;
    const bool value = directive.arguments[0].value.text == "true";
    if (directive.name.text == "skip" && value) return true;
    if (directive.name.text == "include" && !value) return true;
  }
  return false;
}

bool Applies(const TypedDocument& doc, const ast::Name& condition, const NamedType& root) {
  if (condition.empty()) return true;
  const NamedType* type = doc.schema.FindType(condition.text);
  return type == &root || (type != nullptr && type->IsAbstract() && type->HasSubtype(root));
}

void CollectRoot(const TypedDocument& doc, const NamedType& root, const ast::SelectionSet& set,
                 std::unordered_set<std::string_view>* visited, RootFields* out) {
  for (const ast::Selection& node : set.selections) {
    if (LeftOut(node)) continue;
    if (node.kind == ast::SelectionKind::kField) {
      const auto found = std::find_if(out->begin(), out->end(), [&](const auto& group) { return group.first == node.ResponseName(); });
      if (found != out->end()) {
        found->second.push_back(&node);
      } else {
        out->push_back({node.ResponseName(), {&node}});
      }
    } else if (node.kind == ast::SelectionKind::kInlineFragment) {
      if (Applies(doc, node.type_condition, root)) CollectRoot(doc, root, *node.selection_set, visited, out);
    } else if (visited->insert(node.name.text).second) {
      const ast::Fragment* fragment = doc.FindFragment(node.name.text);
      if (fragment != nullptr && Applies(doc, fragment->type_condition, root)) {
        CollectRoot(doc, root, *fragment->selection_set, visited, out);
      }
    }
  }
}

}  // namespace

void SingleFieldSubscriptions(const TypedDocument& doc, Findings* findings) {
  const NamedType* root = doc.schema.Root(ast::OperationType::kSubscription);
  for (const TypedDocument::Scope& scope : doc.scopes) {
    if (root == nullptr || scope.operation == nullptr || scope.operation->type != ast::OperationType::kSubscription) continue;
    const std::string name =
        scope.operation->name.empty() ? "Anonymous Subscription" : "Subscription " + Quoted(scope.operation->name.text);
    RootFields fields;
    std::unordered_set<std::string_view> visited;
    CollectRoot(doc, *root, *scope.operation->selection_set, &visited, &fields);
    std::vector<std::uint32_t> extra;
    for (std::size_t i = 1; i < fields.size(); ++i) {
      for (const ast::Selection* node : fields[i].second) extra.push_back(node->offset);
    }
    if (!extra.empty()) findings->Add("SingleFieldSubscriptions", name + " must select only one top level field.", extra);
    for (const auto& [response_name, nodes] : fields) {
      if (!nodes[0]->name.text.starts_with("__")) continue;
      std::vector<std::uint32_t> offsets;
      for (const ast::Selection* node : nodes) offsets.push_back(node->offset);
      findings->Add("SingleFieldSubscriptions", name + " must not select an introspection top level field.", offsets);
    }
  }
}

// ---- Introspection

namespace {

constexpr int kIntrospectionListsMax = 3;

/// Follows the introspection fields whose lists multiply each other.
class IntrospectionDepth {
 public:
  explicit IntrospectionDepth(const TypedDocument& doc) : doc_(doc) {}

  bool Exceeds(const ast::Selection& node, int depth) {
    if (node.kind == ast::SelectionKind::kFragmentSpread) return FragmentExceeds(node.name.text, depth);
    if (node.kind == ast::SelectionKind::kField) {
      const std::string_view name = node.name.text;
      if (name == "fields" || name == "interfaces" || name == "possibleTypes" || name == "inputFields") ++depth;
      if (depth >= kIntrospectionListsMax) return true;
    }
    return node.selection_set != nullptr && SetExceeds(*node.selection_set, depth);
  }

 private:
  bool SetExceeds(const ast::SelectionSet& set, int depth) {
    return std::any_of(set.selections.begin(), set.selections.end(), [&](const ast::Selection& node) { return Exceeds(node, depth); });
  }

  bool FragmentExceeds(std::string_view name, int depth) {
    const ast::Fragment* fragment = doc_.FindFragment(name);
    if (fragment == nullptr) return false;
    const auto [entry, is_new] = checked_.emplace(fragment, depth);
    if (!is_new && entry->second >= depth) return false;  // seen at least as deep, or a cycle
    entry->second = depth;
    return SetExceeds(*fragment->selection_set, depth);
  }

  const TypedDocument& doc_;
  std::unordered_map<const ast::Fragment*, int> checked_;
};

}  // namespace

void MaxIntrospectionDepth(const TypedDocument& doc, Findings* findings) {
  for (const TypedDocument::FieldUse& use : doc.fields) {
    if (use.node->name.text != "__schema" && use.node->name.text != "__type") continue;
    if (IntrospectionDepth(doc).Exceeds(*use.node, 0)) {
      findings->Add("MaxIntrospectionDepth", "Maximum introspection depth exceeded", {use.node->offset});
    }
  }
}

void NoIntrospection(const TypedDocument& doc, Findings* findings) {
  for (const TypedDocument::FieldUse& use : doc.fields) {
    if (use.field == &doc.schema.schema_field() || use.field == &doc.schema.type_field()) {
      findings->Add("NoIntrospection", "Introspection is switched off here.", {use.node->offset});
    }
  }
}

}  // namespace souk::graphql::internal
