#include <unordered_map>
#include <unordered_set>

#include "libs/graphql/rules.hpp"

// Fragments (specification, 5.5).
namespace souk::graphql::internal {

void UniqueFragmentNames(const TypedDocument& doc, Findings* findings) {
  std::unordered_map<std::string_view, std::uint32_t> known;
  for (const TypedDocument::Scope& scope : doc.scopes) {
    if (scope.fragment == nullptr) continue;
    const ast::Name& name = scope.fragment->name;
    const auto [first, is_new] = known.emplace(name.text, name.offset);
    if (!is_new) {
      findings->Add("UniqueFragmentNames", "There can be only one fragment named " + Quoted(name.text) + ".", {first->second, name.offset});
    }
  }
}

void KnownTypeNames(const TypedDocument& doc, Findings* findings) {
  for (const TypedDocument::NameUse& use : doc.type_names) {
    if (doc.schema.FindType(use.name) == nullptr) findings->Add("KnownTypeNames", "Unknown type " + Quoted(use.name) + ".", {use.offset});
  }
}

void FragmentsOnCompositeTypes(const TypedDocument& doc, Findings* findings) {
  const auto check = [&](const ast::Name& condition, const std::string& fragment) {
    const NamedType* type = condition.empty() ? nullptr : doc.schema.FindType(condition.text);
    if (type == nullptr || type->IsComposite()) return;
    findings->Add("FragmentsOnCompositeTypes", fragment + " cannot condition on non composite type " + Quoted(condition.text) + ".",
                  {condition.offset});
  };
  for (const TypedDocument::InlineUse& use : doc.inlines) check(use.node->type_condition, "Fragment");
  for (const TypedDocument::Scope& scope : doc.scopes) {
    if (scope.fragment != nullptr) check(scope.fragment->type_condition, "Fragment " + Quoted(scope.fragment->name.text));
  }
}

void KnownFragmentNames(const TypedDocument& doc, Findings* findings) {
  for (const TypedDocument::SpreadUse& use : doc.spreads) {
    if (doc.FindFragment(use.node->name.text) != nullptr) continue;
    findings->Add("KnownFragmentNames", "Unknown fragment " + Quoted(use.node->name.text) + ".", {use.node->name.offset});
  }
}

void NoUnusedFragments(const TypedDocument& doc, Findings* findings) {
  // By name: of two fragments with one name both count as used.
  std::unordered_set<std::string_view> used;
  for (const TypedDocument::Scope& scope : doc.scopes) {
    if (scope.operation == nullptr) continue;
    for (const std::size_t reached : doc.Reach(scope)) {
      if (doc.scopes[reached].fragment != nullptr) used.insert(doc.scopes[reached].fragment->name.text);
    }
  }
  for (const TypedDocument::Scope& scope : doc.scopes) {
    if (scope.fragment == nullptr || used.count(scope.fragment->name.text) > 0) continue;
    findings->Add("NoUnusedFragments", "Fragment " + Quoted(scope.fragment->name.text) + " is never used.", {scope.fragment->offset});
  }
}

// ---- 5.5.2.2 Fragment spreads must not form cycles

namespace {

/// Depth first; each fragment is entered once, so that the work grows with the number of spreads.
class CycleSearch {
 public:
  CycleSearch(const TypedDocument& doc, Findings* findings) : doc_(doc), findings_(findings) {}

  void Enter(const ast::Fragment& fragment) {
    const std::string_view name = fragment.name.text;
    if (!visited_.insert(name).second) return;
    open_[name] = path_.size();
    for (const ast::Selection* spread : doc_.Spreads(fragment.selection_set)) {
      const auto cycle = open_.find(spread->name.text);
      path_.push_back(spread);
      if (cycle != open_.end()) {
        Tell(cycle->second);
      } else if (const ast::Fragment* next = doc_.FindFragment(spread->name.text)) {
        Enter(*next);
      }
      path_.pop_back();
    }
    open_.erase(name);
  }

 private:
  void Tell(std::size_t from) {
    std::string via;
    std::vector<std::uint32_t> offsets;
    for (std::size_t i = from; i < path_.size(); ++i) {
      offsets.push_back(path_[i]->offset);
      if (i + 1 < path_.size()) via += (via.empty() ? " via " : ", ") + Quoted(path_[i]->name.text);
    }
    findings_->Add("NoFragmentCycles", "Cannot spread fragment " + Quoted(path_.back()->name.text) + " within itself" + via + ".", offsets);
  }

  const TypedDocument& doc_;
  Findings* findings_;
  std::unordered_set<std::string_view> visited_;
  std::unordered_map<std::string_view, std::size_t> open_;  // where in the path each fragment of it was entered
  std::vector<const ast::Selection*> path_;
};

}  // namespace

void NoFragmentCycles(const TypedDocument& doc, Findings* findings) {
  CycleSearch search(doc, findings);
  for (const TypedDocument::Scope& scope : doc.scopes) {
    if (scope.fragment != nullptr) search.Enter(*scope.fragment);
  }
}

void PossibleFragmentSpreads(const TypedDocument& doc, Findings* findings) {
  const auto check = [&](const NamedType* type, const NamedType* parent, const std::string& fragment, std::uint32_t offset) {
    if (type == nullptr || parent == nullptr || !type->IsComposite() || Overlap(*type, *parent)) return;
    findings->Add("PossibleFragmentSpreads",
                  fragment + " cannot be spread here as objects of type " + Quoted(parent->name) + " can never be of type " +
                      Quoted(type->name) + ".",
                  {offset});
  };
  for (const TypedDocument::InlineUse& use : doc.inlines) check(use.type, use.parent, "Fragment", use.node->offset);
  for (const TypedDocument::SpreadUse& use : doc.spreads) {
    const ast::Fragment* fragment = doc.FindFragment(use.node->name.text);
    if (fragment == nullptr) continue;
    check(doc.schema.FindType(fragment->type_condition.text), use.parent, "Fragment " + Quoted(use.node->name.text), use.node->offset);
  }
}

}  // namespace souk::graphql::internal
