#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>

#include "libs/graphql/printer.hpp"
#include "libs/graphql/rules.hpp"

// Field selection merging (specification, 5.3.2), by the reference implementation's algorithm: the fields of a selection set are
// compared with each other and with those of each fragment spread in it, each pair of fragments at most once. The number of steps is
// bounded, as pairs of fields below pairs of fields still multiply.
namespace souk::graphql::internal {
namespace {

constexpr std::size_t kNodesMax = 20;         // places told for one side of a conflict
constexpr std::size_t kMessageMax = 1000;

struct FieldDetail {
  const NamedType* parent;
  const ast::Selection* node;
  const Field* definition;
};

struct FieldGroup {
  std::string_view response_name;
  std::vector<FieldDetail> fields;
};

/// The fields of a selection set, inline fragments included, by response name, and the fragments spread in it.
struct Collected {
  std::vector<FieldGroup> groups;
  std::unordered_map<std::string_view, std::size_t> index;  // only when there are many groups
  std::vector<std::string_view> fragments;
  std::unordered_map<std::string_view, bool> compared;      // with a fragment; the value: only as mutually exclusive

  FieldGroup* Find(std::string_view name) {
    if (groups.size() > kIndexed) {
      const auto found = index.find(name);
      return found == index.end() ? nullptr : &groups[found->second];
    }
    for (FieldGroup& group : groups) {
      if (group.response_name == name) return &group;
    }
    return nullptr;
  }

  FieldGroup& Group(std::string_view name) {
    if (FieldGroup* group = Find(name)) return *group;
    groups.push_back({name, {}});
    if (groups.size() == kIndexed + 1) {
      for (std::size_t i = 0; i < groups.size(); ++i) index.emplace(groups[i].response_name, i);
    } else if (groups.size() > kIndexed) {
      index.emplace(name, groups.size() - 1);
    }
    return groups.back();
  }

 private:
  static constexpr std::size_t kIndexed = 16;
};

struct Conflict {
  std::string_view response_name;
  std::string reason;
  std::vector<const ast::Selection*> left;
  std::vector<const ast::Selection*> right;
};

using Conflicts = std::vector<Conflict>;

std::string Shortened(std::string text) {
  if (text.size() <= kMessageMax) return text;
  std::size_t end = kMessageMax;
  while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

bool SameValue(const ast::Value& a, const ast::Value& b) {
  if (a.kind != b.kind || a.text != b.text || a.block != b.block) return false;
  if (a.items.size() != b.items.size() || a.fields.size() != b.fields.size()) return false;
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!SameValue(a.items[i], b.items[i])) return false;
  }
  const auto sorted = [](const List<ast::ObjectField>& fields) {
    std::vector<const ast::ObjectField*> out;
    for (const ast::ObjectField& field : fields) out.push_back(&field);
    std::stable_sort(out.begin(), out.end(), [](const auto* x, const auto* y) { return x->name.text < y->name.text; });
    return out;
  };
  const auto left = sorted(a.fields);
  const auto right = sorted(b.fields);
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i]->name.text != right[i]->name.text || !SameValue(left[i]->value, right[i]->value)) return false;
  }
  return true;
}

bool TypesConflict(const Type& a, const Type& b) {
  if (a.IsList() || b.IsList()) return !(a.IsList() && b.IsList()) || TypesConflict(*a.inner, *b.inner);
  if (a.IsNonNull() || b.IsNonNull()) return !(a.IsNonNull() && b.IsNonNull()) || TypesConflict(*a.inner, *b.inner);
  return (a.named->IsLeaf() || b.named->IsLeaf()) && a.named != b.named;
}

class OverlapSearch {
 public:
  OverlapSearch(const TypedDocument& doc, std::size_t budget, Findings* findings) : doc_(doc), budget_(budget), findings_(findings) {}

  bool exhausted() const { return exhausted_; }

  void Within(const TypedDocument::SetUse& use) {
    Conflicts conflicts;
    Collected& own = Collect(use.parent, *use.set);
    for (const FieldGroup& group : own.groups) {
      for (std::size_t i = 0; i < group.fields.size(); ++i) {
        for (std::size_t j = i + 1; j < group.fields.size(); ++j) {
          Compare(false, group.response_name, group.fields[i], group.fields[j], &conflicts);
        }
      }
    }
    for (std::size_t i = 0; i < own.fragments.size(); ++i) {
      FieldsWithFragment(false, own, own.fragments[i], &conflicts);
      for (std::size_t j = i + 1; j < own.fragments.size(); ++j) {
        FragmentWithFragment(false, own.fragments[i], own.fragments[j], &conflicts);
      }
    }
    for (const Conflict& conflict : conflicts) Tell(conflict);
  }

 private:
  bool Spend(std::size_t steps) {
    if (budget_ < steps) exhausted_ = true;
    if (!exhausted_) budget_ -= steps;
    return !exhausted_;
  }

  void Tell(const Conflict& conflict) {
    std::vector<std::uint32_t> offsets;
    for (const ast::Selection* node : conflict.left) offsets.push_back(node->offset);
    for (const ast::Selection* node : conflict.right) offsets.push_back(node->offset);
    findings_->Add("OverlappingFieldsCanBeMerged",
                   "Fields " + Quoted(Shortened(std::string(conflict.response_name))) + " conflict because " + conflict.reason +
                       ". Use different aliases on the fields to fetch both if this was intentional.",
                   offsets);
  }

  Collected& Collect(const NamedType* parent, const ast::SelectionSet& set) {
    const auto [entry, is_new] = collected_.try_emplace({parent, &set});
    if (is_new) {
      entry->second = std::make_unique<Collected>();
      CollectInto(parent, set, entry->second.get());
    }
    return *entry->second;
  }

  Collected& Collect(const ast::Fragment& fragment) {
    return Collect(doc_.schema.FindType(fragment.type_condition.text), *fragment.selection_set);
  }

  void CollectInto(const NamedType* parent, const ast::SelectionSet& set, Collected* out) {
    for (const ast::Selection& node : set.selections) {
      if (node.kind == ast::SelectionKind::kField) {
        const Field* definition = parent == nullptr ? nullptr : parent->FindField(node.name.text);
        out->Group(node.ResponseName()).fields.push_back({parent, &node, definition});
      } else if (node.kind == ast::SelectionKind::kFragmentSpread) {
        const auto found = std::find(out->fragments.begin(), out->fragments.end(), node.name.text);
        if (found == out->fragments.end()) out->fragments.push_back(node.name.text);
      } else {
        const NamedType* type = node.type_condition.empty() ? parent : doc_.schema.FindType(node.type_condition.text);
        CollectInto(type, *node.selection_set, out);
      }
    }
  }

  void Between(bool exclusive, Collected& a, Collected& b, Conflicts* out) {
    if (b.groups.empty()) return;
    for (const FieldGroup& group : a.groups) {
      if (!Spend(1)) return;
      const FieldGroup* other = b.Find(group.response_name);
      if (other == nullptr) continue;
      for (const FieldDetail& left : group.fields) {
        for (const FieldDetail& right : other->fields) Compare(exclusive, group.response_name, left, right, out);
      }
    }
  }

  void FieldsWithFragment(bool exclusive, Collected& own, std::string_view name, Conflicts* out) {
    if (!Spend(1) || own.groups.empty()) return;
    const auto [entry, is_new] = own.compared.try_emplace(name, exclusive);
    // What was compared as if both could apply needs no second look; what was compared as exclusive does, if now it isn't.
    if (!is_new && (!entry->second || exclusive)) return;
    entry->second = exclusive;
    const ast::Fragment* fragment = doc_.FindFragment(name);
    if (fragment == nullptr) return;
    Collected& other = Collect(*fragment);
    if (&other == &own) return;
    Between(exclusive, own, other, out);
    for (const std::string_view inner : other.fragments) FieldsWithFragment(exclusive, own, inner, out);
  }

  void FragmentWithFragment(bool exclusive, std::string_view a, std::string_view b, Conflicts* out) {
    if (!Spend(2) || a == b || AlreadyCompared(a, b, exclusive)) return;
    const ast::Fragment* left = doc_.FindFragment(a);
    const ast::Fragment* right = doc_.FindFragment(b);
    if (left == nullptr || right == nullptr) return;
    Collected& of_left = Collect(*left);
    Collected& of_right = Collect(*right);
    Between(exclusive, of_left, of_right, out);
    for (const std::string_view inner : of_right.fragments) FragmentWithFragment(exclusive, a, inner, out);
    for (const std::string_view inner : of_left.fragments) FragmentWithFragment(exclusive, inner, b, out);
  }

  bool AlreadyCompared(std::string_view a, std::string_view b, bool exclusive) {
    const auto seen = [&](std::string_view x, std::string_view y) {
      const auto found = compared_.find({x, y});
      return found != compared_.end() && (exclusive || !found->second);
    };
    if (seen(a, b) || seen(b, a)) return true;
    compared_[{a, b}] = exclusive;
    return false;
  }

  /// Compares what two fields of one response name select below them.
  Conflicts Below(bool exclusive, const FieldDetail& a, const FieldDetail& b) {
    Conflicts out;
    const auto type_below = [](const FieldDetail& field) { return field.definition == nullptr ? nullptr : field.definition->type->named; };
    Collected& left = Collect(type_below(a), *a.node->selection_set);
    Collected& right = Collect(type_below(b), *b.node->selection_set);
    Between(exclusive, left, right, &out);
    for (const std::string_view name : right.fragments) FieldsWithFragment(exclusive, left, name, &out);
    for (const std::string_view name : left.fragments) FieldsWithFragment(exclusive, right, name, &out);
    for (const std::string_view x : left.fragments) {
      for (const std::string_view y : right.fragments) FragmentWithFragment(exclusive, x, y, &out);
    }
    return out;
  }

  bool SameArguments(const List<ast::Argument>& a, const List<ast::Argument>& b) {
    if (a.size() != b.size()) return false;
    for (const ast::Argument& left : a) {
      if (!Spend(1)) return true;
      const ast::Value* right = nullptr;
      for (const ast::Argument& candidate : b) {
        if (candidate.name.text == left.name.text) right = &candidate.value;
      }
      if (right == nullptr) return false;
      // Of an argument given twice the last one counts on both sides.
      const ast::Value* last = &left.value;
      if (!SameValue(*last, *right)) return false;
    }
    return true;
  }

  void Compare(bool parents_exclusive, std::string_view response_name, const FieldDetail& a, const FieldDetail& b, Conflicts* out) {
    if (!Spend(2)) return;
    // Of two different object types an object can only be one.
    const bool exclusive = parents_exclusive || (a.parent != b.parent && a.parent != nullptr && b.parent != nullptr &&
                                                 a.parent->kind == TypeKind::kObject && b.parent->kind == TypeKind::kObject);
    if (!exclusive) {
      if (a.node->name.text != b.node->name.text) {
        return Add(response_name, a, b, Quoted(Shortened(std::string(a.node->name.text))) + " and " +
                                            Quoted(Shortened(std::string(b.node->name.text))) + " are different fields", out);
      }
      if (!SameArguments(a.node->arguments, b.node->arguments)) return Add(response_name, a, b, "they have differing arguments", out);
    }
    if (a.definition != nullptr && b.definition != nullptr && TypesConflict(*a.definition->type, *b.definition->type)) {
      return Add(response_name, a, b, "they return conflicting types " + Quoted(ToString(*a.definition->type)) + " and " +
                                          Quoted(ToString(*b.definition->type)), out);
    }
    if (a.node->selection_set == nullptr || b.node->selection_set == nullptr) return;
    const Conflicts below = Below(exclusive, a, b);
    if (!below.empty()) AddBelow(response_name, a, b, below, out);
  }

  void Add(std::string_view response_name, const FieldDetail& a, const FieldDetail& b, std::string reason, Conflicts* out) {
    out->push_back({response_name, std::move(reason), {a.node}, {b.node}});
  }

  void AddBelow(std::string_view response_name, const FieldDetail& a, const FieldDetail& b, const Conflicts& below, Conflicts* out) {
    Conflict conflict{response_name, {}, {a.node}, {b.node}};
    for (const Conflict& one : below) {
      conflict.reason += conflict.reason.empty() ? "" : " and ";
      conflict.reason += "subfields " + Quoted(Shortened(std::string(one.response_name))) + " conflict because " + one.reason;
      if (conflict.reason.size() > kMessageMax) break;
    }
    conflict.reason = Shortened(std::move(conflict.reason));
    for (const Conflict& one : below) {
      Append(one.left, &conflict.left);
      Append(one.right, &conflict.right);
    }
    out->push_back(std::move(conflict));
  }

  /// The innermost places are the telling ones: of too many the last are taken.
  static void Append(const std::vector<const ast::Selection*>& from, std::vector<const ast::Selection*>* to) {
    if (to->size() >= kNodesMax) return;
    const std::size_t count = std::min(from.size(), kNodesMax - to->size());
    to->insert(to->end(), from.end() - static_cast<std::ptrdiff_t>(count), from.end());
  }

  const TypedDocument& doc_;
  std::size_t budget_;
  Findings* findings_;
  bool exhausted_ = false;
  std::map<std::pair<const NamedType*, const ast::SelectionSet*>, std::unique_ptr<Collected>> collected_;
  std::map<std::pair<std::string_view, std::string_view>, bool> compared_;  // two fragments; the value: only as mutually exclusive
};

}  // namespace

void OverlappingFieldsCanBeMerged(const TypedDocument& doc, std::size_t comparisons_max, Findings* findings) {
  OverlapSearch search(doc, comparisons_max, findings);
  for (const TypedDocument::SetUse& use : doc.sets) {
    const auto& selections = use.set->selections;
    const bool single = selections.size() == 1 && selections[0].kind != ast::SelectionKind::kInlineFragment;
    if (use.of_inline_fragment || single) continue;
    search.Within(use);
    if (search.exhausted()) return findings->Add(LimitError("comparisons", "comparisons of fields with each other", comparisons_max));
  }
}

}  // namespace souk::graphql::internal
