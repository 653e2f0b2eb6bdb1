#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/graphql/coerce.hpp"
#include "libs/graphql/resolver.hpp"

namespace souk::graphql {

struct SelectionPlan;

/// A field of the response: all selections of one response name, merged.
struct PlannedField {
  std::string_view response_name;
  std::string key;                  ///< `"name":`
  const Field* field = nullptr;
  const Resolver* resolver = nullptr;
  bool is_typename = false;
  std::vector<const ast::Selection*> nodes;
  /// What is selected below it for each possible object type, made when first needed.
  mutable std::unique_ptr<std::atomic<const SelectionPlan*>[]> below;
};

/// What is selected of an object of one type.
struct SelectionPlan {
  const NamedType* type = nullptr;
  std::string typename_json;
  std::vector<PlannedField> fields;
  std::optional<GraphQLError> error;  ///< a @skip or @include that can't be decided
};

/// The resolvers of a schema by type and field.
class ResolverTable {
 public:
  /// Fails with the names of fields that nothing resolves, and of resolvers for nothing.
  static Result<ResolverTable> Make(const Schema& schema, std::shared_ptr<const Resolvers> resolvers, const Resolvers& introspection);
  const Resolver* Find(const Field& field) const { return table_[field.parent->index][field.index]; }
  const Resolver* schema_field = nullptr;
  const Resolver* type_field = nullptr;

 private:
  std::shared_ptr<const Resolvers> owner_;  // what the table points into
  std::vector<std::vector<const Resolver*>> table_;
};

/// How an operation is executed, for one outcome of its @skip and @include (specification, CollectFields 6.3.2): grown by need,
/// kept with its document and shared by all requests. Safe to use from any thread.
class Plan {
 public:
  Plan(const Schema& schema, const ResolverTable& resolvers, const ast::Document& document, const ast::Operation& operation);

  const SelectionPlan& Root(const Variables& variables);
  /// What is selected below `field` when its value is of `type`, one of the field's possible types.
  const SelectionPlan& Below(const PlannedField& field, const NamedType& type, const Variables& variables);

 private:
  using Merged = std::vector<PlannedField>;
  struct Collecting;

  const SelectionPlan* Make(const NamedType& type, const std::vector<const ast::SelectionSet*>& sets, const Variables& variables);
  void Collect(const ast::SelectionSet& set, Collecting* into);
  bool Applies(const ast::Name& condition, const NamedType& type) const;
  void Bind(PlannedField* field, const NamedType& type) const;

  const Schema& schema_;
  const ResolverTable& resolvers_;
  const ast::Document& document_;
  const ast::Operation& operation_;
  std::unordered_map<std::string_view, const ast::Fragment*> fragments_;
  std::mutex mutex_;
  std::deque<SelectionPlan> plans_;  // guarded by mutex_; its elements never move
  std::atomic<const SelectionPlan*> root_{nullptr};
};

}  // namespace souk::graphql
