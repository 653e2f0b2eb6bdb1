#include <charconv>
#include <cstdlib>

#include "libs/graphql/block_string.hpp"
#include "libs/graphql/coerce.hpp"
#include "libs/graphql/json.hpp"
#include "libs/graphql/printer.hpp"

namespace souk::graphql {
namespace {

Value Number(const ast::Value& node) {
  std::int64_t whole = 0;
  const char* end = node.text.data() + node.text.size();
  if (node.kind == ast::ValueKind::kInt && std::from_chars(node.text.data(), end, whole).ec == std::errc()) return Value::Int(whole);
  return Value::Float(std::strtod(std::string(node.text).c_str(), nullptr));
}

bool IsMissing(const ast::Value& node, const Variables* variables) {
  return node.kind == ast::ValueKind::kVariable && (variables == nullptr || variables->Find(node.text) == nullptr);
}

/// A literal for a custom scalar, which has no type to go by.
std::optional<Value> Untyped(const ast::Value& node, const Variables* variables, Arena* arena) {
  switch (node.kind) {
    case ast::ValueKind::kVariable: {
      const Value* value = variables == nullptr ? nullptr : variables->Find(node.text);
      return value == nullptr ? std::nullopt : std::optional<Value>(*value);
    }
    case ast::ValueKind::kInt:
    case ast::ValueKind::kFloat: return Number(node);
    case ast::ValueKind::kString: return Value::String(node.text);
    case ast::ValueKind::kEnum: return Value::String(node.text);
    case ast::ValueKind::kBoolean: return Value::Boolean(node.text == "true");
    case ast::ValueKind::kNull: return Value();
    case ast::ValueKind::kList: {
      auto* items = arena->NewArray<Value>(node.items.size());
      for (std::size_t i = 0; i < node.items.size(); ++i) items[i] = Untyped(node.items[i], variables, arena).value_or(Value());
      return Value::Items({items, node.items.count});
    }
    case ast::ValueKind::kObject: {
      auto* members = arena->NewArray<Member>(node.fields.size());
      std::uint32_t count = 0;
      for (const ast::ObjectField& field : node.fields) {
        const std::optional<Value> value = Untyped(field.value, variables, arena);
        if (value) members[count++] = {field.name.text, *value};
      }
      return Value::Members({members, count});
    }
  }
  return std::nullopt;
}

std::optional<Value> CoerceInt(const ast::Value& node) {
  if (node.kind != ast::ValueKind::kInt) return std::nullopt;
  std::int32_t value = 0;
  const char* end = node.text.data() + node.text.size();
  if (std::from_chars(node.text.data(), end, value).ec != std::errc()) return std::nullopt;
  return Value::Int(value);
}

const ast::Value* FindField(const ast::Value& node, std::string_view name) {
  const ast::Value* found = nullptr;
  for (const ast::ObjectField& field : node.fields) {
    if (field.name.text == name) found = &field.value;
  }
  return found;
}

std::optional<Value> CoerceObject(const ast::Value& node, const NamedType& type, const Variables* variables, Arena* arena) {
  if (node.kind != ast::ValueKind::kObject) return std::nullopt;
  auto* members = arena->NewArray<Member>(type.inputs.size());
  std::uint32_t count = 0;
  for (const InputField& field : type.inputs) {
    const ast::Value* given = FindField(node, field.name);
    if (given == nullptr || IsMissing(*given, variables)) {
      if (field.default_value) {
        members[count++] = {field.name, *field.default_value};
      } else if (field.type->IsNonNull()) {
        return std::nullopt;
      }
      continue;
    }
    const std::optional<Value> value = CoerceLiteral(*given, *field.type, variables, arena);
    if (!value) return std::nullopt;
    members[count++] = {field.name, *value};
  }
  if (type.one_of && (count != 1 || members[0].value.IsNull())) return std::nullopt;
  return Value::Members({members, count});
}

std::optional<Value> CoerceList(const ast::Value& node, const Type& type, const Variables* variables, Arena* arena) {
  const bool is_list = node.kind == ast::ValueKind::kList;
  const std::uint32_t count = is_list ? node.items.count : 1;
  auto* items = arena->NewArray<Value>(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const ast::Value& item = is_list ? node.items[i] : node;
    if (is_list && IsMissing(item, variables)) {
      if (type.inner->IsNonNull()) return std::nullopt;
      continue;
    }
    const std::optional<Value> value = CoerceLiteral(item, *type.inner, variables, arena);
    if (!value) return std::nullopt;
    items[i] = *value;
  }
  return Value::Items({items, count});
}

bool IsInteger(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.empty() || (text[0] == '0' && text.size() > 1)) return false;
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

const Value* Variables::Find(std::string_view name) const {
  for (const Member& member : values_) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

std::optional<Value> CoerceLeaf(const ast::Value& node, const NamedType& type, const Variables* variables, Arena* arena) {
  if (type.kind == TypeKind::kEnum) {
    if (node.kind != ast::ValueKind::kEnum || !type.HasValue(node.text)) return std::nullopt;
    return Value::Enum(node.text);
  }
  const bool is_number = node.kind == ast::ValueKind::kInt || node.kind == ast::ValueKind::kFloat;
  switch (type.built_in) {
    case BuiltIn::kInt: return CoerceInt(node);
    case BuiltIn::kFloat: return is_number ? std::optional(Value::Float(Number(node).AsFloat())) : std::nullopt;
    case BuiltIn::kString: return node.kind == ast::ValueKind::kString ? std::optional(Value::String(node.text)) : std::nullopt;
    case BuiltIn::kBoolean:
      return node.kind == ast::ValueKind::kBoolean ? std::optional(Value::Boolean(node.text == "true")) : std::nullopt;
    case BuiltIn::kId:
      if (node.kind != ast::ValueKind::kString && node.kind != ast::ValueKind::kInt) return std::nullopt;
      return Value::String(node.text);
    case BuiltIn::kNone: break;
  }
  std::optional<Value> value = Untyped(node, variables, arena);
  if (!value || !type.parser) return value;
  return type.parser(*value, arena);
}

std::optional<Value> CoerceLiteral(const ast::Value& node, const Type& type, const Variables* variables, Arena* arena) {
  if (node.kind == ast::ValueKind::kVariable) {
    const Value* value = variables == nullptr ? nullptr : variables->Find(node.text);
    if (value == nullptr || (value->IsNull() && type.IsNonNull())) return std::nullopt;
    return *value;
  }
  if (type.IsNonNull()) {
    if (node.kind == ast::ValueKind::kNull) return std::nullopt;
    return CoerceLiteral(node, *type.inner, variables, arena);
  }
  if (node.kind == ast::ValueKind::kNull) return Value();
  if (type.IsList()) return CoerceList(node, type, variables, arena);
  if (type.named->kind == TypeKind::kInputObject) return CoerceObject(node, *type.named, variables, arena);
  return CoerceLeaf(node, *type.named, variables, arena);
}

std::optional<GraphQLError> CoerceArguments(const std::vector<InputField>& definitions, const List<ast::Argument>& nodes,
                                            std::uint32_t offset, const ast::Document& document, const Variables& variables,
                                            Arena* arena, List<Member>* out) {
  const auto error = [&](std::string message, std::uint32_t at) {
    return GraphQLError{std::move(message), {LocationAt(document.source, at)}, {}, {}, {}};
  };
  auto* members = arena->NewArray<Member>(definitions.size());
  std::uint32_t count = 0;
  for (const InputField& definition : definitions) {
    const std::string start = "Argument \"";
    const ast::Argument* node = nullptr;
    for (const ast::Argument& candidate : nodes) {
      if (candidate.name.text == definition.name) node = &candidate;
    }
    const bool missing = node != nullptr && IsMissing(node->value, &variables);
    if (node == nullptr || missing) {
      if (definition.default_value) {
        members[count++] = {definition.name, *definition.default_value};
      } else if (definition.type->IsNonNull()) {
        const std::string named = start + std::string(definition.name) + "\" of required type \"" + ToString(*definition.type) + "\" was ";
        if (!missing) return error(named + "not provided.", offset);
        return error(named + "provided the variable \"$" + std::string(node->value.text) + "\" which was not provided a runtime value.",
                     node->value.offset);
      }
      continue;
    }
    const bool is_null = node->value.kind == ast::ValueKind::kNull ||
                         (node->value.kind == ast::ValueKind::kVariable && variables.Find(node->value.text)->IsNull());
    if (is_null && definition.type->IsNonNull()) {
      return error(start + std::string(definition.name) + "\" of non-null type \"" + ToString(*definition.type) + "\" must not be null.",
                   node->value.offset);
    }
    const std::optional<Value> value = CoerceLiteral(node->value, *definition.type, &variables, arena);
    if (!value) {
      return error(start + std::string(definition.name) + "\" has invalid value " + Print(node->value) + ".", node->value.offset);
    }
    members[count++] = {definition.name, *value};
  }
  *out = {members, count};
  return std::nullopt;
}

std::string PrintDefault(const Value& value, const Type& type) {
  const Type& nullable = type.Nullable();
  if (value.IsNull()) return "null";
  if (nullable.IsList()) {
    if (!value.IsList()) return PrintDefault(value, *nullable.inner);
    std::string out = "[";
    for (const Value& item : value.AsList()) out += (out.size() > 1 ? ", " : "") + PrintDefault(item, *nullable.inner);
    return out + "]";
  }
  if (value.IsObject()) {
    std::string out = "{";
    for (const InputField& field : nullable.named->inputs) {
      if (const Value* member = value.Find(field.name)) {
        out += (out.size() > 1 ? ", " : "") + std::string(field.name) + ": " + PrintDefault(*member, *field.type);
      }
    }
    return out + "}";
  }
  if (value.kind() == ValueKind::kEnum) return std::string(value.AsText());
  if (value.kind() == ValueKind::kString) {
    const bool bare = nullable.named->built_in == BuiltIn::kId && IsInteger(value.AsText());
    return bare ? std::string(value.AsText()) : internal::PrintString(value.AsText());
  }
  std::string out;
  AppendJson(value, &out);
  return out;
}

}  // namespace souk::graphql
