#include "libs/graphql/prepared.hpp"

#include <algorithm>

namespace souk::graphql {
namespace {

void CollectConditions(const ast::SelectionSet* set, std::vector<std::string_view>* out) {
  if (set == nullptr) return;
  for (const ast::Selection& node : set->selections) {
    for (const ast::Directive& directive : node.directives) {
      if (directive.name.text != "skip" && directive.name.text != "include") continue;
      for (const ast::Argument& argument : directive.arguments) {
        if (argument.value.kind != ast::ValueKind::kVariable) continue;
        if (std::find(out->begin(), out->end(), argument.value.text) == out->end()) out->push_back(argument.value.text);
      }
    }
    CollectConditions(node.selection_set, out);
  }
}

}  // namespace

Prepared::Prepared(std::shared_ptr<const Schema> schema, std::shared_ptr<const ResolverTable> resolvers, DocumentPtr document)
    : schema_(std::move(schema)), resolvers_(std::move(resolvers)), document_(std::move(document)) {
  for (const ast::Definition& definition : document_->definitions) {
    if (definition.operation != nullptr) {
      operations_.push_back({definition.operation, {}});
      CollectConditions(definition.operation->selection_set, &conditions_);
    } else if (definition.fragment != nullptr) {
      CollectConditions(definition.fragment->selection_set, &conditions_);
    }
  }
}

std::variant<const ast::Operation*, GraphQLError> Prepared::FindOperation(std::string_view name) const {
  const auto error = [](std::string message) { return GraphQLError{std::move(message), {}, {}, {}, {}}; };
  if (name.empty()) {
    if (operations_.size() > 1) return error("Must provide operation name if query contains multiple operations.");
    if (operations_.empty()) return error("Must provide an operation.");
    return operations_[0].operation;
  }
  for (const Entry& entry : operations_) {
    if (entry.operation->name.text == name) return entry.operation;
  }
  return error("Unknown operation named \"" + std::string(name) + "\".");
}

std::shared_ptr<Plan> Prepared::PlanOf(const ast::Operation& operation, const Variables& variables) const {
  std::string key;
  for (const std::string_view name : conditions_) {
    const Value* value = variables.Find(name);
    key += value == nullptr ? '-' : value->IsNull() ? 'n' : value->AsBoolean() ? '1' : '0';
  }
  const std::lock_guard lock(mutex_);
  Entry& entry = *std::find_if(operations_.begin(), operations_.end(), [&](const Entry& e) { return e.operation == &operation; });
  const auto found = entry.plans.find(key);
  if (found != entry.plans.end()) return found->second;
  auto plan = std::make_shared<Plan>(*schema_, *resolvers_, *document_, operation);
  if (entry.plans.size() < kPlansMax) entry.plans.emplace(std::move(key), plan);
  return plan;
}

}  // namespace souk::graphql
