#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libs/graphql/ast.hpp"
#include "libs/graphql/error.hpp"
#include "libs/graphql/parser.hpp"
#include "libs/graphql/value.hpp"

namespace souk::graphql {

enum class TypeKind : std::uint8_t { kScalar, kObject, kInterface, kUnion, kEnum, kInputObject };
enum class BuiltIn : std::uint8_t { kNone, kInt, kFloat, kString, kBoolean, kId };

struct NamedType;

/// A type as a field or an argument has it: a named type, or a list or non-null of one.
struct Type {
  enum class Kind : std::uint8_t { kNamed, kList, kNonNull };
  Kind kind = Kind::kNamed;
  const NamedType* named = nullptr;  ///< innermost; always set
  const Type* inner = nullptr;       ///< of a list or non-null

  bool IsNonNull() const { return kind == Kind::kNonNull; }
  bool IsList() const { return kind == Kind::kList; }
  /// Without the outer non-null.
  const Type& Nullable() const { return IsNonNull() ? *inner : *this; }
};

bool operator==(const Type& a, const Type& b);
/// "[Product!]!".
std::string ToString(const Type& type);

/// An argument or a field of an input object.
struct InputField {
  std::string_view name;
  std::optional<std::string_view> description;
  const Type* type = nullptr;
  std::optional<Value> default_value;
  std::optional<std::string_view> deprecation;
  const ast::InputValueDefinition* node = nullptr;

  bool IsRequired() const { return type->IsNonNull() && !default_value; }
};

struct Field {
  std::string_view name;
  std::optional<std::string_view> description;
  std::vector<InputField> arguments;
  const Type* type = nullptr;
  std::optional<std::string_view> deprecation;
  const NamedType* parent = nullptr;
  std::uint32_t index = 0;  ///< in its type
  const ast::FieldDefinition* node = nullptr;

  const InputField* FindArgument(std::string_view argument) const;
};

struct EnumValue {
  std::string_view name;
  std::optional<std::string_view> description;
  std::optional<std::string_view> deprecation;
};

/// Turns what a client sent (a variable, or a literal without its types) into what resolvers get; nothing when it is not acceptable.
using ScalarParser = std::function<std::optional<Value>(const Value& input, Arena* arena)>;

struct NamedType {
  TypeKind kind = TypeKind::kScalar;
  std::string_view name;
  std::optional<std::string_view> description;
  std::uint32_t index = 0;  ///< in the schema
  std::vector<Field> fields;
  std::vector<InputField> inputs;
  std::vector<EnumValue> values;
  std::vector<const NamedType*> interfaces;
  std::vector<const NamedType*> possible;  ///< the object types of an interface or a union, in the schema's order
  std::vector<bool> subtypes;              ///< by index: objects and interfaces below this abstract type
  std::optional<std::string_view> specified_by;
  bool one_of = false;
  BuiltIn built_in = BuiltIn::kNone;
  ScalarParser parser;  ///< custom scalars; empty accepts anything
  std::vector<const ast::Directive*> directives;
  std::uint32_t offset = 0;

  bool IsLeaf() const { return kind == TypeKind::kScalar || kind == TypeKind::kEnum; }
  bool IsInput() const { return IsLeaf() || kind == TypeKind::kInputObject; }
  bool IsOutput() const { return kind != TypeKind::kInputObject; }
  bool IsComposite() const { return IsAbstract() || kind == TypeKind::kObject; }
  bool IsAbstract() const { return kind == TypeKind::kInterface || kind == TypeKind::kUnion; }
  bool HasSubtype(const NamedType& type) const { return type.index < subtypes.size() && subtypes[type.index]; }
  const Field* FindField(std::string_view field) const;
  const InputField* FindInput(std::string_view field) const;
  bool HasValue(std::string_view value) const;

  std::unordered_map<std::string_view, std::uint32_t> field_index;  ///< of `fields`; filled by the schema
  Type self;                                                        ///< this type, unwrapped
};

struct DirectiveType {
  std::string_view name;
  std::optional<std::string_view> description;
  std::vector<InputField> arguments;
  std::vector<std::string_view> locations;
  bool repeatable = false;
};

struct SchemaOptions {
  std::map<std::string, ScalarParser, std::less<>> scalars;  ///< parsers of custom scalars, by the scalar's name
};

class Schema;
struct BuiltSchema {
  std::shared_ptr<const Schema> schema;  ///< set when there is no error
  std::vector<GraphQLError> errors;
};

/// The type system (specification, 3): immutable, safe to read from any thread.
class Schema {
 public:
  /// Builds it from SDL; extensions of types defined in the same text are merged. All that is wrong with the text is told at once.
  static BuiltSchema Build(std::string sdl, const SchemaOptions& options = {});

  const NamedType* FindType(std::string_view name) const;
  const DirectiveType* FindDirective(std::string_view name) const;
  /// The root type; null when the schema has no such operation.
  const NamedType* Root(ast::OperationType type) const { return roots_[static_cast<std::size_t>(type)]; }
  /// The field of a composite type, the introspection fields included; null when there is none.
  const Field* FindField(const NamedType& parent, std::string_view name) const;
  /// The type that an AST type names, kept in `arena` where the schema has none; null when the named type is unknown.
  const Type* Resolve(const ast::Type& node, Arena* arena) const;

  const std::vector<const NamedType*>& types() const { return ordered_; }
  const std::vector<DirectiveType>& directives() const { return directives_; }
  std::optional<std::string_view> description() const { return description_; }
  const Field& typename_field() const { return meta_.fields[0]; }
  const Field& schema_field() const { return meta_.fields[1]; }
  const Field& type_field() const { return meta_.fields[2]; }

 private:
  friend class SchemaBuilder;
  Schema() = default;

  std::vector<DocumentPtr> documents_;
  Arena arena_;
  std::vector<std::unique_ptr<NamedType>> types_;
  std::vector<const NamedType*> ordered_;
  std::unordered_map<std::string_view, NamedType*> by_name_;
  std::vector<DirectiveType> directives_;
  std::optional<std::string_view> description_;
  const NamedType* roots_[3] = {nullptr, nullptr, nullptr};
  NamedType meta_;  // the holder of __typename, __schema and __type
};

/// Is every value of `sub` a value of `super`? (specification, IsSubType)
bool IsSubtype(const Type& sub, const Type& super);
/// Can some object be of both composite types?
bool Overlap(const NamedType& a, const NamedType& b);

}  // namespace souk::graphql
