#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libs/graphql/schema.hpp"

namespace souk::graphql {

/// The variables of one request after coercion, in the order of their definitions. Those without a value are absent.
class Variables {
 public:
  void Add(std::string_view name, const Value& value) { values_.push_back({name, value}); }
  const Value* Find(std::string_view name) const;

 private:
  std::vector<Member> values_;
};

/// The value of a literal at a place of that type; nothing when it does not fit, or when it needs a variable that has no value.
/// The document must outlive the result. (specification, 3.12)
std::optional<Value> CoerceLiteral(const ast::Value& node, const Type& type, const Variables* variables, Arena* arena);
/// The same for a scalar or an enum.
std::optional<Value> CoerceLeaf(const ast::Value& node, const NamedType& type, const Variables* variables, Arena* arena);

/// CoerceVariableValues (specification, 6.1.2). `input` is the request's JSON object or null. Gives every error, at most 50.
std::vector<GraphQLError> CoerceVariables(const Schema& schema, const ast::Document& document, const ast::Operation& operation,
                                          const Value& input, Arena* arena, Variables* out);

/// CoerceArgumentValues (specification, 6.4.1): members in the order of the definitions. An error says where.
std::optional<GraphQLError> CoerceArguments(const std::vector<InputField>& definitions, const List<ast::Argument>& nodes,
                                            std::uint32_t offset, const ast::Document& document, const Variables& variables,
                                            Arena* arena, List<Member>* out);

/// How a value looks in messages.
std::string Inspect(const Value& value);
/// A default value as SDL writes it.
std::string PrintDefault(const Value& value, const Type& type);

}  // namespace souk::graphql
