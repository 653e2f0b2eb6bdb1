#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libs/graphql/arena.hpp"

/// The syntax tree. Nodes lie in their Document's arena and point into its text; `offset` is the byte where a node starts.
namespace souk::graphql::ast {

struct Name {
  std::string_view text;
  std::uint32_t offset = 0;
  bool empty() const { return text.empty(); }
};

enum class ValueKind : std::uint8_t { kVariable, kInt, kFloat, kString, kBoolean, kNull, kEnum, kList, kObject };

struct ObjectField;

struct Value {
  ValueKind kind = ValueKind::kNull;
  bool block = false;     ///< a string written as """…"""
  std::uint32_t offset = 0;
  std::string_view text;  ///< variable's name without $, number as written, string's value, true/false, enum's name
  List<Value> items;
  List<ObjectField> fields;
};

struct ObjectField {
  Name name;
  Value value;
};

struct Argument {
  Name name;
  Value value;
};

struct Directive {
  std::uint32_t offset = 0;
  Name name;
  List<Argument> arguments;
};

enum class TypeKind : std::uint8_t { kNamed, kList, kNonNull };

struct Type {
  TypeKind kind = TypeKind::kNamed;
  std::uint32_t offset = 0;
  Name name;                    ///< of a named type
  const Type* inner = nullptr;  ///< of a list or non-null type
};

struct Selection;

struct SelectionSet {
  std::uint32_t offset = 0;
  List<Selection> selections;
};

enum class SelectionKind : std::uint8_t { kField, kFragmentSpread, kInlineFragment };

struct Selection {
  SelectionKind kind = SelectionKind::kField;
  std::uint32_t offset = 0;
  Name alias;           ///< field only; empty when there is none
  Name name;            ///< field or fragment
  Name type_condition;  ///< inline fragment only; empty when there is none
  List<Argument> arguments;
  List<Directive> directives;
  const SelectionSet* selection_set = nullptr;

  std::string_view ResponseName() const { return alias.empty() ? name.text : alias.text; }
};

struct VariableDefinition {
  std::uint32_t offset = 0;
  const Value* description = nullptr;
  Value variable;
  const Type* type = nullptr;
  const Value* default_value = nullptr;
  List<Directive> directives;
};

enum class OperationType : std::uint8_t { kQuery, kMutation, kSubscription };

/// "query", "mutation", "subscription".
std::string_view ToString(OperationType type);

struct Operation {
  std::uint32_t offset = 0;
  const Value* description = nullptr;
  OperationType type = OperationType::kQuery;
  Name name;  ///< empty when anonymous
  List<VariableDefinition> variables;
  List<Directive> directives;
  const SelectionSet* selection_set = nullptr;
};

struct Fragment {
  std::uint32_t offset = 0;
  const Value* description = nullptr;
  Name name;
  Name type_condition;
  List<Directive> directives;
  const SelectionSet* selection_set = nullptr;
};

struct InputValueDefinition {
  std::uint32_t offset = 0;
  const Value* description = nullptr;
  Name name;
  const Type* type = nullptr;
  const Value* default_value = nullptr;
  List<Directive> directives;
};

struct FieldDefinition {
  std::uint32_t offset = 0;
  const Value* description = nullptr;
  Name name;
  List<InputValueDefinition> arguments;
  const Type* type = nullptr;
  List<Directive> directives;
};

struct EnumValueDefinition {
  std::uint32_t offset = 0;
  const Value* description = nullptr;
  Name name;
  List<Directive> directives;
};

struct RootOperation {
  std::uint32_t offset = 0;
  OperationType operation = OperationType::kQuery;
  Name type;
};

enum class DefinitionKind : std::uint8_t {
  kOperation, kFragment, kSchema, kScalar, kObject, kInterface, kUnion, kEnum, kInputObject, kDirective
};

/// A definition of the type system, or an extension of one: only the members of its kind are filled.
struct TypeSystemDefinition {
  const Value* description = nullptr;
  Name name;
  List<Name> interfaces;
  List<Directive> directives;
  List<FieldDefinition> fields;
  List<Name> members;                       ///< of a union
  List<EnumValueDefinition> values;         ///< of an enum
  List<InputValueDefinition> inputs;        ///< of an input object; arguments of a directive
  List<Name> locations;                     ///< of a directive
  bool repeatable = false;                  ///< directive
  List<RootOperation> operations;           ///< of a schema
};

struct Definition {
  DefinitionKind kind = DefinitionKind::kOperation;
  bool extension = false;
  std::uint32_t offset = 0;
  const Operation* operation = nullptr;
  const Fragment* fragment = nullptr;
  const TypeSystemDefinition* type_system = nullptr;
};

/// A parsed text and what it says. Immutable once parsed; everything in it lives as long as it does.
struct Document {
  std::string source;
  Arena arena;
  List<Definition> definitions;
  std::uint32_t tokens = 0;

  /// Bytes that it keeps, for caches.
  std::size_t bytes() const { return sizeof(Document) + source.capacity() + arena.bytes(); }
};

}  // namespace souk::graphql::ast
