#include "libs/graphql/cost.hpp"

#include <algorithm>
#include <unordered_map>

namespace souk::graphql {

const char* const kCostDirectives = R"(
"What the field costs for each object that has it, against the limit of a request."
directive @cost(weight: Int!) on FIELD_DEFINITION
"How many items the field brings, against the limit of a request."
directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!]) on FIELD_DEFINITION
)";

namespace {

const ast::Value* FindArgument(const ast::Directive& directive, std::string_view name) {
  for (const ast::Argument& argument : directive.arguments) {
    if (argument.name.text == name) return &argument.value;
  }
  return nullptr;
}

std::optional<std::uint32_t> Number(const ast::Value* value) {
  if (value == nullptr || value->kind != ast::ValueKind::kInt) return std::nullopt;
  return static_cast<std::uint32_t>(std::strtoul(std::string(value->text).c_str(), nullptr, 10));
}

std::vector<std::string_view> Names(const ast::Value* value) {
  std::vector<std::string_view> names;
  if (value == nullptr) return names;
  if (value->kind == ast::ValueKind::kString) names.push_back(value->text);
  for (const ast::Value& item : value->items) names.push_back(item.text);
  return names;
}

class CostSum {
 public:
  CostSum(const Schema& schema, const ast::Document& document, const Variables& variables, const CostLimits& limits)
      : schema_(schema), document_(document), variables_(variables), limits_(limits) {
    for (const ast::Definition& definition : document.definitions) {
      if (definition.fragment != nullptr) fragments_[definition.fragment->name.text] = definition.fragment;
    }
  }

  std::uint64_t total() const { return total_; }
  bool exceeded() const { return total_ > limits_.cost_max || visited_ > kVisitsMax; }

  /// Adds what `set` costs for `times` objects; the lists named in `sized` bring `size` items.
  void Add(const ast::SelectionSet& set, const NamedType& type, std::uint64_t times, const std::vector<std::string_view>& sized,
           std::uint32_t size) {
    for (const ast::Selection& node : set.selections) {
      if (exceeded()) return;
      ++visited_;
      if (IsLeftOut(node)) continue;
      if (node.kind == ast::SelectionKind::kField) {
        AddField(node, type, times, sized, size);
        continue;
      }
      const ast::Name* condition = &node.type_condition;
      const ast::SelectionSet* below = node.selection_set;
      if (node.kind == ast::SelectionKind::kFragmentSpread) {
        const auto found = fragments_.find(node.name.text);
        if (found == fragments_.end()) continue;
        condition = &found->second->type_condition;
        below = found->second->selection_set;
      }
      const NamedType* narrowed = condition->empty() ? &type : schema_.FindType(condition->text);
      if (narrowed != nullptr) Add(*below, *narrowed, times, sized, size);
    }
  }

 private:
  static constexpr std::uint64_t kVisitsMax = 100'000;

  bool IsLeftOut(const ast::Selection& node) const {
    for (const ast::Directive& directive : node.directives) {
      const bool skip = directive.name.text == "skip";
      if (!skip && directive.name.text != "include") continue;
      const ast::Value* given = FindArgument(directive, "if");
      if (given == nullptr) continue;
      const Value* variable = given->kind == ast::ValueKind::kVariable ? variables_.Find(given->text) : nullptr;
      const bool value = variable != nullptr ? variable->AsBoolean() : given->text == "true";
      if (value == skip) return true;
    }
    return false;
  }

  void AddField(const ast::Selection& node, const NamedType& type, std::uint64_t times, const std::vector<std::string_view>& sized,
                std::uint32_t size) {
    const Field* field = schema_.FindField(type, node.name.text);
    if (field == nullptr || field->name.starts_with("__")) return;
    Arena arena;
    List<Member> arguments;
    if (CoerceArguments(field->arguments, node.arguments, node.offset, document_, variables_, &arena, &arguments)) return;
    const bool is_leaf = field->type->named->IsLeaf();
    FieldCost cost{is_leaf ? limits_.leaf_weight : limits_.object_weight, std::nullopt};
    std::vector<std::string_view> sized_below;
    std::uint32_t size_below = 0;
    ReadDirectives(*field, arguments, &cost, &sized_below, &size_below);
    if (limits_.field_cost) cost = limits_.field_cost(*field, arguments).value_or(cost);
    total_ = Sum(total_, Product(times, cost.weight));
    if (is_leaf || node.selection_set == nullptr) return;
    const bool is_list = field->type->Nullable().IsList();
    if (is_list && std::find(sized.begin(), sized.end(), field->name) != sized.end()) cost.list_size = size;
    const std::uint32_t items = is_list ? cost.list_size.value_or(limits_.list_size_default) : 1;
    Add(*node.selection_set, *field->type->named, Product(times, items), sized_below, size_below);
  }

  void ReadDirectives(const Field& field, const List<Member>& arguments, FieldCost* cost, std::vector<std::string_view>* sized,
                      std::uint32_t* size) const {
    std::vector<std::string_view> slicing = {"first", "last"};
    if (field.node != nullptr) {
      for (const ast::Directive& directive : field.node->directives) {
        if (directive.name.text == "cost") cost->weight = Number(FindArgument(directive, "weight")).value_or(cost->weight);
        if (directive.name.text != "listSize") continue;
        cost->list_size = Number(FindArgument(directive, "assumedSize"));
        *sized = Names(FindArgument(directive, "sizedFields"));
        if (const ast::Value* names = FindArgument(directive, "slicingArguments")) slicing = Names(names);
      }
    }
    std::optional<std::uint32_t> asked;
    for (const Member& argument : arguments) {
      if (std::find(slicing.begin(), slicing.end(), argument.name) == slicing.end() || argument.value.kind() != ValueKind::kInt) continue;
      const auto value = static_cast<std::uint32_t>(std::clamp<std::int64_t>(argument.value.AsInt(), 0, INT32_MAX));
      asked = std::max(asked.value_or(0), value);
    }
    if (asked) cost->list_size = asked;
    *size = cost->list_size.value_or(limits_.list_size_default);
  }

  // Saturating, well below overflow.
  static std::uint64_t Product(std::uint64_t a, std::uint64_t b) {
    return std::min<std::uint64_t>(a, UINT32_MAX) * std::min<std::uint64_t>(b, INT32_MAX);
  }
  static std::uint64_t Sum(std::uint64_t a, std::uint64_t b) {
    return std::min<std::uint64_t>(a, INT64_MAX) + std::min<std::uint64_t>(b, INT64_MAX);
  }

  const Schema& schema_;
  const ast::Document& document_;
  const Variables& variables_;
  const CostLimits& limits_;
  std::unordered_map<std::string_view, const ast::Fragment*> fragments_;
  std::uint64_t total_ = 0;
  std::uint64_t visited_ = 0;
};

}  // namespace

std::optional<GraphQLError> CheckCost(const Schema& schema, const ast::Document& document, const ast::Operation& operation,
                                      const Variables& variables, const CostLimits& limits, std::uint64_t* cost) {
  CostSum sum(schema, document, variables, limits);
  if (const NamedType* root = schema.Root(operation.type)) sum.Add(*operation.selection_set, *root, 1, {}, 0);
  if (cost != nullptr) *cost = sum.total();
  if (!sum.exceeded()) return std::nullopt;
  return LimitError("cost", "cost", limits.cost_max);
}

}  // namespace souk::graphql
