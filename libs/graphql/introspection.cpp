#include "libs/graphql/introspection.hpp"

#include "libs/graphql/coerce.hpp"

namespace souk::graphql::internal {
namespace {

/// A __Type is a Type: named types are wrapped as they are met, once for each schema.
const Type* Wrapped(const NamedType* named) { return &named->self; }

Object Of(const void* data) { return {data, 0, nullptr}; }

void Optional(Slot slot, const std::optional<std::string_view>& text) {
  if (text) {
    slot.StaticString(*text);
  } else {
    slot.Null();
  }
}

/// Sets the slot to a list of those elements that `wanted` takes.
template <class T, class F, class G>
void Each(Slot slot, const std::vector<T>& all, F wanted, G object) {
  std::vector<const void*> chosen;
  for (const T& one : all) {
    if (wanted(one)) chosen.push_back(object(one));
  }
  slot.List(chosen.size());
  for (std::size_t i = 0; i < chosen.size(); ++i) slot.Item(i).Set(Of(chosen[i]));
}

/// The elements themselves, without the deprecated ones unless the client asked for them.
template <class T>
void Current(Batch& batch, Slot slot, const std::vector<T>& all) {
  const bool deprecated = batch.Argument("includeDeprecated").AsBoolean();
  Each(slot, all, [&](const T& one) { return deprecated || !one.deprecation; }, [](const T& one) -> const void* { return &one; });
}

void Types(Slot slot, const std::vector<const NamedType*>& types) {
  Each(slot, types, [](const NamedType*) { return true; }, [](const NamedType* type) -> const void* { return Wrapped(type); });
}

/// A resolver that looks at one parent at a time.
template <class T, class F>
Resolver One(F resolve) {
  return [resolve](Batch& batch) {
    for (std::size_t i = 0; i < batch.size(); ++i) resolve(batch, batch.Parent(i).As<T>(), batch[i]);
  };
}

std::string_view KindName(const Type& type) {
  if (type.IsNonNull()) return "NON_NULL";
  if (type.IsList()) return "LIST";
  switch (type.named->kind) {
    case TypeKind::kScalar: return "SCALAR";
    case TypeKind::kObject: return "OBJECT";
    case TypeKind::kInterface: return "INTERFACE";
    case TypeKind::kUnion: return "UNION";
    case TypeKind::kEnum: return "ENUM";
    case TypeKind::kInputObject: return "INPUT_OBJECT";
  }
  return {};
}

bool HasFields(const NamedType& type) { return type.kind == TypeKind::kObject || type.kind == TypeKind::kInterface; }

void ResolveNamed(Batch& batch, const NamedType& type, std::string_view field, Slot slot) {
  if (field == "name") return slot.StaticString(type.name);
  if (field == "description") return Optional(slot, type.description);
  if (field == "specifiedByURL") return Optional(slot, type.specified_by);
  if (field == "fields" && HasFields(type)) return Current(batch, slot, type.fields);
  if (field == "interfaces" && HasFields(type)) return Types(slot, type.interfaces);
  if (field == "possibleTypes" && type.IsAbstract()) return Types(slot, type.possible);
  if (field == "enumValues" && type.kind == TypeKind::kEnum) return Current(batch, slot, type.values);
  if (field == "inputFields" && type.kind == TypeKind::kInputObject) return Current(batch, slot, type.inputs);
  if (field == "isOneOf" && type.kind == TypeKind::kInputObject) return slot.Boolean(type.one_of);
  slot.Null();
}

void ResolveType(Batch& batch, const Type& type, Slot slot) {
  const std::string_view field = batch.field().name;
  if (field == "kind") return slot.StaticString(KindName(type));
  if (type.kind == Type::Kind::kNamed) return ResolveNamed(batch, *type.named, field, slot);
  if (field == "ofType") return slot.Set(Of(type.inner->kind == Type::Kind::kNamed ? Wrapped(type.inner->named) : type.inner));
  slot.Null();
}

void ResolveSchema(Batch& batch, const Schema& schema, Slot slot) {
  const std::string_view field = batch.field().name;
  const auto root = [&](ast::OperationType type) {
    const NamedType* named = schema.Root(type);
    if (named != nullptr) slot.Set(Of(Wrapped(named)));
  };
  if (field == "description") return Optional(slot, schema.description());
  if (field == "types") return Types(slot, schema.types());
  if (field == "queryType") return root(ast::OperationType::kQuery);
  if (field == "mutationType") return root(ast::OperationType::kMutation);
  if (field == "subscriptionType") return root(ast::OperationType::kSubscription);
  Each(slot, schema.directives(), [](const DirectiveType&) { return true; }, [](const DirectiveType& d) -> const void* { return &d; });
}

void ResolveDirective(Batch& batch, const DirectiveType& directive, Slot slot) {
  const std::string_view field = batch.field().name;
  if (field == "name") return slot.StaticString(directive.name);
  if (field == "description") return Optional(slot, directive.description);
  if (field == "isRepeatable") return slot.Boolean(directive.repeatable);
  if (field == "args") return Current(batch, slot, directive.arguments);
  slot.List(directive.locations.size());
  for (std::size_t i = 0; i < directive.locations.size(); ++i) slot.Item(i).StaticString(directive.locations[i]);
}

/// What fields, arguments, input fields and enum values have in common. True when it was one of these.
template <class T>
bool ResolveElement(Batch& batch, const T& element, Slot slot) {
  const std::string_view field = batch.field().name;
  if (field == "name") slot.StaticString(element.name);
  else if (field == "description") Optional(slot, element.description);
  else if (field == "isDeprecated") slot.Boolean(element.deprecation.has_value());
  else if (field == "deprecationReason") Optional(slot, element.deprecation);
  else return false;
  return true;
}

void SetType(Slot slot, const Type* type) { slot.Set(Of(type->kind == Type::Kind::kNamed ? Wrapped(type->named) : type)); }

void ResolveField(Batch& batch, const Field& field, Slot slot) {
  if (ResolveElement(batch, field, slot)) return;
  if (batch.field().name == "args") return Current(batch, slot, field.arguments);
  SetType(slot, field.type);
}

void ResolveInput(Batch& batch, const InputField& input, Slot slot) {
  if (ResolveElement(batch, input, slot)) return;
  if (batch.field().name == "type") return SetType(slot, input.type);
  if (!input.default_value) return slot.Null();
  slot.String(PrintDefault(*input.default_value, *input.type));
}

}  // namespace

const Resolvers& IntrospectionResolvers() {
  static const Resolvers resolvers = [] {
    Resolvers all;
    all.Field("", "__schema", [](Batch& batch) {
      for (std::size_t i = 0; i < batch.size(); ++i) batch[i].Set(Of(&batch.schema()));
    });
    all.Field("", "__type", [](Batch& batch) {
      const NamedType* type = batch.schema().FindType(batch.Argument("name").AsText());
      for (std::size_t i = 0; type != nullptr && i < batch.size(); ++i) batch[i].Set(Of(Wrapped(type)));
    });
    all.Type("__Schema", One<Schema>(ResolveSchema));
    all.Type("__Type", One<Type>(ResolveType));
    all.Type("__Directive", One<DirectiveType>(ResolveDirective));
    all.Type("__Field", One<Field>(ResolveField));
    all.Type("__InputValue", One<InputField>(ResolveInput));
    all.Type("__EnumValue", One<EnumValue>([](Batch& batch, const EnumValue& value, Slot slot) { ResolveElement(batch, value, slot); }));
    return all;
  }();
  return resolvers;
}

}  // namespace souk::graphql::internal
