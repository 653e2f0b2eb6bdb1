#include <algorithm>
#include <cmath>

#include "libs/graphql/coerce.hpp"
#include "libs/graphql/json.hpp"
#include "libs/graphql/printer.hpp"

namespace souk::graphql {
namespace {

constexpr std::size_t kErrorsMax = 50;
constexpr std::size_t kInspectedItemsMax = 10;
constexpr int kInspectedDepthMax = 2;

std::string InspectAt(const Value& value, int depth) {
  std::string out;
  if (value.IsList()) {
    const List<Value> items = value.AsList();
    if (items.empty()) return "[]";
    if (depth >= kInspectedDepthMax) return "[Array]";
    for (std::size_t i = 0; i < std::min(items.size(), kInspectedItemsMax); ++i) {
      out += (i > 0 ? ", " : "") + InspectAt(items[i], depth + 1);
    }
    const std::size_t left = items.size() - std::min(items.size(), kInspectedItemsMax);
    if (left == 1) out += ", ... 1 more item";
    if (left > 1) out += ", ... " + std::to_string(left) + " more items";
    return "[" + out + "]";
  }
  if (value.IsObject()) {
    if (value.AsObject().empty()) return "{}";
    if (depth >= kInspectedDepthMax) return "[Object]";
    for (const Member& member : value.AsObject()) {
      out += (out.empty() ? "" : ", ") + std::string(member.name) + ": " + InspectAt(member.value, depth + 1);
    }
    return "{ " + out + " }";
  }
  if (value.kind() == ValueKind::kFloat && !std::isfinite(value.AsFloat())) return value.AsFloat() > 0 ? "Infinity" : "-Infinity";
  AppendJson(value, &out);
  return out;
}

bool IsWhole(const Value& value) {
  if (value.kind() == ValueKind::kInt) return true;
  return value.kind() == ValueKind::kFloat && std::isfinite(value.AsFloat()) && std::trunc(value.AsFloat()) == value.AsFloat();
}

/// Coerces one variable (specification, 3 "Input Coercion" of each kind of type), telling every error in it.
class VariableCoercion {
 public:
  VariableCoercion(std::string_view name, Location at, Arena* arena, std::vector<GraphQLError>* errors)
      : name_(name), at_(at), arena_(arena), errors_(errors), path_(name) {}

  Value Coerce(const Value& input, const Type& type) {
    if (errors_->size() > kErrorsMax) return {};
    if (type.IsNonNull()) {
      if (!input.IsNull()) return Coerce(input, *type.inner);
      return Fail(input, "Expected non-nullable type \"" + ToString(type) + "\" not to be null.");
    }
    if (input.IsNull()) return {};
    if (type.IsList()) return CoerceItems(input, type);
    if (type.named->kind == TypeKind::kInputObject) return CoerceObject(input, *type.named);
    if (type.named->kind == TypeKind::kEnum) return CoerceEnum(input, *type.named);
    return CoerceScalar(input, *type.named);
  }

 private:
  Value Fail(const Value& input, const std::string& message) {
    if (errors_->size() > kErrorsMax) return {};
    if (errors_->size() == kErrorsMax) {
      errors_->push_back({"Too many errors processing variables, error limit reached. Execution aborted.", {}, {}, {}, {}});
      return {};
    }
    std::string text = "Variable \"$" + std::string(name_) + "\" got invalid value " + Inspect(input);
    if (path_.size() > name_.size()) text += " at \"" + path_ + "\"";
    errors_->push_back({text + "; " + message, {at_}, {}, {}, {}});
    return {};
  }

  Value CoerceBelow(const std::string& step, const Value& input, const Type& type) {
    const std::size_t length = path_.size();
    path_ += step;
    const Value value = Coerce(input, type);
    path_.resize(length);
    return value;
  }

  Value CoerceItems(const Value& input, const Type& type) {
    const bool is_list = input.IsList();
    const List<Value> given = input.AsList();
    const std::uint32_t count = is_list ? given.count : 1;
    auto* items = arena_->NewArray<Value>(count);
    for (std::uint32_t i = 0; i < count; ++i) {
      items[i] = is_list ? CoerceBelow("[" + std::to_string(i) + "]", given[i], *type.inner) : Coerce(input, *type.inner);
    }
    return Value::Items({items, count});
  }

  Value CoerceObject(const Value& input, const NamedType& type) {
    if (!input.IsObject()) return Fail(input, "Expected type \"" + std::string(type.name) + "\" to be an object.");
    auto* members = arena_->NewArray<Member>(type.inputs.size());
    std::uint32_t count = 0;
    for (const InputField& field : type.inputs) {
      const Value* given = input.Find(field.name);
      if (given != nullptr) {
        members[count++] = {field.name, CoerceBelow("." + std::string(field.name), *given, *field.type)};
      } else if (field.default_value) {
        members[count++] = {field.name, *field.default_value};
      } else if (field.type->IsNonNull()) {
        Fail(input, "Field \"" + std::string(field.name) + "\" of required type \"" + ToString(*field.type) + "\" was not provided.");
      }
    }
    for (const Member& member : input.AsObject()) {
      if (type.FindInput(member.name) == nullptr) {
        Fail(input, "Field \"" + std::string(member.name) + "\" is not defined by type \"" + std::string(type.name) + "\".");
      }
    }
    if (type.one_of) CheckOneOf(input, type, members, count);
    return Value::Members({members, count});
  }

  void CheckOneOf(const Value& input, const NamedType& type, const Member* members, std::uint32_t count) {
    if (count != 1) Fail(input, "Exactly one key must be specified for OneOf type \"" + std::string(type.name) + "\".");
    if (count == 0 || !members[0].value.IsNull()) return;
    const Value* given = input.Find(members[0].name);
    if (given == nullptr || !given->IsNull()) return;  // an error of its own was told
    const std::size_t length = path_.size();
    path_ += "." + std::string(members[0].name);
    Fail(Value(), "Field \"" + std::string(members[0].name) + "\" must be non-null.");
    path_.resize(length);
  }

  Value CoerceEnum(const Value& input, const NamedType& type) {
    const std::string name(type.name);
    if (input.kind() != ValueKind::kString) return Fail(input, "Enum \"" + name + "\" cannot represent non-string value: " + Inspect(input) + ".");
    if (type.HasValue(input.AsText())) return Value::Enum(input.AsText());
    return Fail(input, "Value \"" + std::string(input.AsText()) + "\" does not exist in \"" + name + "\" enum.");
  }

  Value CoerceScalar(const Value& input, const NamedType& type) {
    switch (type.built_in) {
      case BuiltIn::kInt:
        if (!IsWhole(input)) return Fail(input, "Int cannot represent non-integer value: " + Inspect(input));
        if (input.AsFloat() > 2147483647.0 || input.AsFloat() < -2147483648.0) {
          return Fail(input, "Int cannot represent non 32-bit signed integer value: " + Inspect(input));
        }
        return Value::Int(static_cast<std::int64_t>(input.AsFloat()));
      case BuiltIn::kFloat:
        if (input.kind() != ValueKind::kInt && (input.kind() != ValueKind::kFloat || !std::isfinite(input.AsFloat()))) {
          return Fail(input, "Float cannot represent non numeric value: " + Inspect(input));
        }
        return Value::Float(input.AsFloat());
      case BuiltIn::kString:
        return input.kind() == ValueKind::kString ? input : Fail(input, "String cannot represent a non string value: " + Inspect(input));
      case BuiltIn::kBoolean:
        return input.kind() == ValueKind::kBoolean ? input : Fail(input, "Boolean cannot represent a non boolean value: " + Inspect(input));
      case BuiltIn::kId:
        if (input.kind() == ValueKind::kString) return input;
        if (IsWhole(input)) return Value::String(arena_->Copy(Inspect(input)));
        return Fail(input, "ID cannot represent value: " + Inspect(input));
      case BuiltIn::kNone: break;
    }
    if (!type.parser) return input;
    const std::optional<Value> parsed = type.parser(input, arena_);
    return parsed ? *parsed : Fail(input, "Expected type \"" + std::string(type.name) + "\".");
  }

  std::string_view name_;
  Location at_;
  Arena* arena_;
  std::vector<GraphQLError>* errors_;
  std::string path_;
};

}  // namespace

std::string Inspect(const Value& value) { return InspectAt(value, 0); }

std::vector<GraphQLError> CoerceVariables(const Schema& schema, const ast::Document& document, const ast::Operation& operation,
                                          const Value& input, Arena* arena, Variables* out) {
  std::vector<GraphQLError> errors;
  for (const ast::VariableDefinition& definition : operation.variables) {
    if (errors.size() > kErrorsMax) break;
    const std::string_view name = definition.variable.text;
    const std::string start = "Variable \"$" + std::string(name) + "\" ";
    const Type* type = schema.Resolve(*definition.type, arena);
    const auto fail = [&](const std::string& message, std::uint32_t offset) {
      errors.push_back({start + message, {LocationAt(document.source, offset)}, {}, {}, {}});
    };
    if (type == nullptr || !type->named->IsInput()) {
      fail("expected value of type \"" + Print(*definition.type) + "\" which cannot be used as an input type.", definition.type->offset);
      continue;
    }
    const Value* given = input.Find(name);
    if (given == nullptr) {
      if (definition.default_value != nullptr) {
        const std::optional<Value> value = CoerceLiteral(*definition.default_value, *type, nullptr, arena);
        if (value) out->Add(name, *value);
      } else if (type->IsNonNull()) {
        fail("of required type \"" + ToString(*type) + "\" was not provided.", definition.offset);
      }
      continue;
    }
    if (given->IsNull() && type->IsNonNull()) {
      fail("of non-null type \"" + ToString(*type) + "\" must not be null.", definition.offset);
      continue;
    }
    VariableCoercion coercion(name, LocationAt(document.source, definition.offset), arena, &errors);
    out->Add(name, coercion.Coerce(*given, *type));
  }
  return errors;
}

}  // namespace souk::graphql
