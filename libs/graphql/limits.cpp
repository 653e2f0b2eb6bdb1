#include "libs/graphql/limits.hpp"

#include <algorithm>
#include <unordered_map>

namespace souk::graphql {
namespace {

/// Sizes that stay below 2^32 however often they are doubled.
struct Size {
  std::uint64_t depth = 0;
  std::uint64_t aliases = 0;
  std::uint64_t directives = 0;
  std::uint64_t fields = 0;

  void Add(const Size& other) {
    const auto sum = [](std::uint64_t a, std::uint64_t b) { return std::min<std::uint64_t>(a + b, UINT32_MAX); };
    aliases = sum(aliases, other.aliases);
    directives = sum(directives, other.directives);
    fields = sum(fields, other.fields);
    depth = std::max(depth, other.depth);
  }
};

class Measure {
 public:
  explicit Measure(const ast::Document& document) {
    for (const ast::Definition& definition : document.definitions) {
      if (definition.fragment != nullptr) fragments_[definition.fragment->name.text] = definition.fragment;
    }
  }

  Size Of(const ast::SelectionSet* set) {
    Size size;
    if (set == nullptr) return size;
    for (const ast::Selection& node : set->selections) {
      size.directives += node.directives.size();
      if (node.kind == ast::SelectionKind::kFragmentSpread) {
        size.Add(OfFragment(node.name.text));
        continue;
      }
      Size below = Of(node.selection_set);
      if (node.kind == ast::SelectionKind::kField) {
        if (node.name.text == "__schema" || node.name.text == "__type") below.depth = 0;
        below.Add({below.depth + 1, node.alias.empty() ? 0U : 1U, 0, 1});
      }
      size.Add(below);
    }
    return size;
  }

 private:
  Size OfFragment(std::string_view name) {
    const auto fragment = fragments_.find(name);
    if (fragment == fragments_.end()) return {};
    const auto [entry, is_new] = sizes_.try_emplace(fragment->second);
    if (!is_new) return entry->second;  // inside of a cycle: nothing yet
    Size size = Of(fragment->second->selection_set);
    size.directives += fragment->second->directives.size();
    return sizes_[fragment->second] = size;
  }

  std::unordered_map<std::string_view, const ast::Fragment*> fragments_;
  std::unordered_map<const ast::Fragment*, Size> sizes_;
};

}  // namespace

std::optional<GraphQLError> CheckLimits(const ast::Document& document, const DocumentLimits& limits) {
  Measure measure(document);
  for (const ast::Definition& definition : document.definitions) {
    if (definition.operation == nullptr) continue;
    Size size = measure.Of(definition.operation->selection_set);
    size.directives += definition.operation->directives.size();
    for (const ast::VariableDefinition& variable : definition.operation->variables) size.directives += variable.directives.size();
    if (size.depth > limits.depth_max) return LimitError("depth", "levels of fields", limits.depth_max);
    if (size.aliases > limits.aliases_max) return LimitError("aliases", "aliases", limits.aliases_max);
    if (size.directives > limits.directives_max) return LimitError("directives", "directives", limits.directives_max);
    if (size.fields > limits.fields_max) return LimitError("fields", "selected fields", limits.fields_max);
  }
  return std::nullopt;
}

}  // namespace souk::graphql
