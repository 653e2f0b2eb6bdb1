#include "libs/graphql/plan.hpp"

#include <algorithm>
#include <unordered_set>

#include "libs/graphql/json.hpp"

namespace souk::graphql {

Result<ResolverTable> ResolverTable::Make(const Schema& schema, std::shared_ptr<const Resolvers> owner, const Resolvers& introspection) {
  const Resolvers& resolvers = *owner;
  ResolverTable out;
  out.owner_ = std::move(owner);
  std::string missing;
  for (const NamedType* type : schema.types()) {
    std::vector<const Resolver*>& row = out.table_.emplace_back(type->fields.size());
    if (type->kind != TypeKind::kObject) continue;
    for (const Field& field : type->fields) {
      const Resolver* resolver = (type->name.starts_with("__") ? introspection : resolvers).Find(type->name, field.name);
      if (resolver == nullptr) missing += " " + std::string(type->name) + "." + std::string(field.name);
      row[field.index] = resolver;
    }
  }
  for (const std::string& name : resolvers.Unknown(schema)) missing += " (not in the schema: " + name + ")";
  if (!missing.empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "The resolvers and the schema differ; without a resolver:" + missing + ". Register one for each field.");
  }
  out.schema_field = introspection.Find("", "__schema");
  out.type_field = introspection.Find("", "__type");
  return out;
}

struct Plan::Collecting {
  const NamedType& type;
  const Variables& variables;
  SelectionPlan* plan;
  std::unordered_map<std::string_view, std::size_t> index;
  std::unordered_set<std::string_view> visited;
};

Plan::Plan(const Schema& schema, const ResolverTable& resolvers, const ast::Document& document, const ast::Operation& operation)
    : schema_(schema), resolvers_(resolvers), document_(document), operation_(operation) {
  for (const ast::Definition& definition : document.definitions) {
    if (definition.fragment != nullptr) fragments_[definition.fragment->name.text] = definition.fragment;
  }
}

const SelectionPlan& Plan::Root(const Variables& variables) {
  if (const SelectionPlan* root = root_.load(std::memory_order_acquire)) return *root;
  const std::lock_guard lock(mutex_);
  if (root_.load() == nullptr) root_ = Make(*schema_.Root(operation_.type), {operation_.selection_set}, variables);
  return *root_.load();
}

const SelectionPlan& Plan::Below(const PlannedField& field, const NamedType& type, const Variables& variables) {
  const std::vector<const NamedType*>& possible = field.field->type->named->possible;
  const auto position = static_cast<std::size_t>(std::find(possible.begin(), possible.end(), &type) - possible.begin());
  std::atomic<const SelectionPlan*>& slot = field.below[possible.empty() ? 0 : position];
  if (const SelectionPlan* plan = slot.load(std::memory_order_acquire)) return *plan;
  const std::lock_guard lock(mutex_);
  if (slot.load() == nullptr) {
    std::vector<const ast::SelectionSet*> sets;
    for (const ast::Selection* node : field.nodes) {
      if (node->selection_set != nullptr) sets.push_back(node->selection_set);
    }
    slot = Make(type, sets, variables);
  }
  return *slot.load();
}

const SelectionPlan* Plan::Make(const NamedType& type, const std::vector<const ast::SelectionSet*>& sets, const Variables& variables) {
  SelectionPlan& plan = plans_.emplace_back();
  plan.type = &type;
  AppendJsonString(type.name, &plan.typename_json);
  Collecting collecting{type, variables, &plan, {}, {}};
  for (const ast::SelectionSet* set : sets) Collect(*set, &collecting);
  for (PlannedField& field : plan.fields) Bind(&field, type);
  return &plan;
}

namespace {

const ast::Directive* FindDirective(const List<ast::Directive>& directives, std::string_view name) {
  for (const ast::Directive& directive : directives) {
    if (directive.name.text == name) return &directive;
  }
  return nullptr;
}

}  // namespace

void Plan::Collect(const ast::SelectionSet& set, Collecting* into) {
  // Both directives have the one argument `if`.
  const auto decide = [&](const ast::Selection& node, std::string_view name) -> std::optional<bool> {
    const ast::Directive* directive = FindDirective(node.directives, name);
    if (directive == nullptr) return std::nullopt;
    Arena arena;
    List<Member> arguments;
    auto error = CoerceArguments(schema_.FindDirective(name)->arguments, directive->arguments, directive->offset, document_,
                                 into->variables, &arena, &arguments);
    if (error && !into->plan->error) into->plan->error = std::move(error);
    return arguments.empty() ? std::nullopt : std::optional(arguments[0].value.AsBoolean());
  };
  for (const ast::Selection& node : set.selections) {
    if (into->plan->error) return;
    const bool seen = node.kind == ast::SelectionKind::kFragmentSpread && into->visited.count(node.name.text) > 0;
    if (seen || decide(node, "skip") == true || into->plan->error || decide(node, "include") == false) continue;
    if (node.kind == ast::SelectionKind::kField) {
      const auto [entry, is_new] = into->index.emplace(node.ResponseName(), into->plan->fields.size());
      if (is_new) into->plan->fields.push_back({node.ResponseName(), {}, nullptr, nullptr, false, {}, {}});
      into->plan->fields[entry->second].nodes.push_back(&node);
    } else if (node.kind == ast::SelectionKind::kInlineFragment) {
      if (Applies(node.type_condition, into->type)) Collect(*node.selection_set, into);
    } else {
      into->visited.insert(node.name.text);
      const auto fragment = fragments_.find(node.name.text);
      if (fragment != fragments_.end() && Applies(fragment->second->type_condition, into->type)) {
        Collect(*fragment->second->selection_set, into);
      }
    }
  }
}

bool Plan::Applies(const ast::Name& condition, const NamedType& type) const {
  if (condition.empty()) return true;
  const NamedType* wanted = schema_.FindType(condition.text);
  return wanted == &type || (wanted != nullptr && wanted->IsAbstract() && wanted->HasSubtype(type));
}

void Plan::Bind(PlannedField* planned, const NamedType& type) const {
  AppendJsonString(planned->response_name, &planned->key);
  planned->key += ':';
  planned->field = schema_.FindField(type, planned->nodes[0]->name.text);
  if (planned->field == nullptr) return;
  if (planned->field == &schema_.typename_field()) {
    planned->is_typename = true;
  } else if (planned->field == &schema_.schema_field()) {
    planned->resolver = resolvers_.schema_field;
  } else if (planned->field == &schema_.type_field()) {
    planned->resolver = resolvers_.type_field;
  } else {
    planned->resolver = resolvers_.Find(*planned->field);
  }
  const NamedType& named = *planned->field->type->named;
  if (named.IsLeaf()) return;
  const std::size_t count = std::max<std::size_t>(named.possible.size(), 1);
  planned->below = std::make_unique<std::atomic<const SelectionPlan*>[]>(count);
}

}  // namespace souk::graphql
