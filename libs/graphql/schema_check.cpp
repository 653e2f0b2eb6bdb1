#include <algorithm>

#include "libs/graphql/schema_builder.hpp"

// What makes a type system valid (specification, 3, "Type Validation" of each kind of type).
namespace souk::graphql {
namespace {

std::string Quote(const NamedType& type) { return "\"" + std::string(type.name) + "\""; }
std::string Quote(const NamedType& type, const Field& field) { return "\"" + std::string(type.name) + "." + std::string(field.name) + "\""; }
std::uint32_t OffsetOf(const Field& field) { return field.node == nullptr ? 0 : field.node->offset; }

}  // namespace

void SchemaBuilder::Check() {
  const NamedType* query = schema_->Root(ast::OperationType::kQuery);
  if (query == nullptr) Fail("Query root type must be provided.", 0);
  for (const NamedType* root : schema_->roots_) {
    if (root != nullptr && root->kind != TypeKind::kObject) Fail("Root type " + Quote(*root) + " must be an Object type.", root->offset);
  }
  for (const NamedType* type : defined_) {
    CheckName(type->name, type->offset);
    switch (type->kind) {
      case TypeKind::kObject:
      case TypeKind::kInterface: CheckComposite(*type); break;
      case TypeKind::kUnion: CheckUnion(*type); break;
      case TypeKind::kInputObject: CheckInputObject(*type); break;
      case TypeKind::kEnum:
        if (type->values.empty()) Fail("Enum type " + Quote(*type) + " must define one or more values.", type->offset);
        break;
      case TypeKind::kScalar: break;
    }
  }
  for (const DirectiveType& directive : schema_->directives_) CheckInputs(directive.arguments, "@" + std::string(directive.name));
  for (const ast::Definition* definition : own_) CheckDirectives(*definition->type_system);
}

void SchemaBuilder::CheckName(std::string_view name, std::uint32_t offset) {
  if (name.starts_with("__")) Fail("Name \"" + std::string(name) + "\" must not begin with \"__\", which is reserved.", offset);
}

void SchemaBuilder::CheckComposite(const NamedType& type) {
  if (type.fields.empty()) Fail("Type " + Quote(type) + " must define one or more fields.", type.offset);
  for (const Field& field : type.fields) {
    CheckName(field.name, OffsetOf(field));
    if (!field.type->named->IsOutput()) Fail("The type of " + Quote(type, field) + " must be an output type.", OffsetOf(field));
    CheckInputs(field.arguments, std::string(type.name) + "." + std::string(field.name));
  }
  for (const NamedType* interface : type.interfaces) {
    if (interface == &type) {
      Fail("Type " + Quote(type) + " cannot implement itself.", type.offset);
    } else {
      CheckImplements(type, *interface);
    }
  }
}

void SchemaBuilder::CheckImplements(const NamedType& type, const NamedType& interface) {
  for (const NamedType* above : interface.interfaces) {
    if (std::find(type.interfaces.begin(), type.interfaces.end(), above) == type.interfaces.end()) {
      Fail("Type " + Quote(type) + " must implement " + Quote(*above) + " because it is implemented by " + Quote(interface) + ".", type.offset);
    }
  }
  for (const Field& wanted : interface.fields) {
    if (const Field* own = type.FindField(wanted.name)) {
      CheckField(type, *own, wanted);
    } else {
      Fail("Interface field " + Quote(interface, wanted) + " expected but " + Quote(type) + " does not provide it.", type.offset);
    }
  }
}

void SchemaBuilder::CheckField(const NamedType& type, const Field& own, const Field& wanted) {
  if (!IsSubtype(*own.type, *wanted.type)) {
    Fail("Interface field " + Quote(*wanted.parent, wanted) + " expects type " + ToString(*wanted.type) + " but " + Quote(type, own) + " is " +
             ToString(*own.type) + ".",
         OffsetOf(own));
  }
  for (const InputField& argument : wanted.arguments) {
    const InputField* given = own.FindArgument(argument.name);
    if (given == nullptr || !(*given->type == *argument.type)) {
      Fail("Interface field argument " + Quote(*wanted.parent, wanted) + "(" + std::string(argument.name) + ":) expects type " +
               ToString(*argument.type) + " of " + Quote(type, own) + ".",
           OffsetOf(own));
    }
  }
  for (const InputField& argument : own.arguments) {
    if (argument.IsRequired() && wanted.FindArgument(argument.name) == nullptr) {
      Fail(Quote(type, own) + " must not require the argument \"" + std::string(argument.name) + "\", which the interface does not have.",
           OffsetOf(own));
    }
  }
}

void SchemaBuilder::CheckInputs(const std::vector<InputField>& inputs, const std::string& where) {
  for (const InputField& input : inputs) {
    const std::uint32_t offset = input.node == nullptr ? 0 : input.node->offset;
    CheckName(input.name, offset);
    if (!input.type->named->IsInput()) Fail("The type of \"" + std::string(input.name) + "\" of " + where + " must be an input type.", offset);
    if (input.IsRequired() && input.deprecation) Fail("Required \"" + std::string(input.name) + "\" of " + where + " cannot be deprecated.", offset);
  }
}

void SchemaBuilder::CheckUnion(const NamedType& type) {
  if (type.possible.empty()) Fail("Union type " + Quote(type) + " must define one or more member types.", type.offset);
  for (std::size_t i = 1; i < type.possible.size(); ++i) {
    const auto end = type.possible.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find(type.possible.begin(), end, type.possible[i]) != end) {
      Fail("Union type " + Quote(type) + " can only include type " + Quote(*type.possible[i]) + " once.", type.offset);
    }
  }
}

void SchemaBuilder::CheckInputObject(const NamedType& type) {
  if (type.inputs.empty()) Fail("Input Object type " + Quote(type) + " must define one or more fields.", type.offset);
  CheckInputs(type.inputs, std::string(type.name));
  for (const InputField& input : type.inputs) {
    if (type.one_of && (input.type->IsNonNull() || input.default_value)) {
      Fail("OneOf input field \"" + std::string(type.name) + "." + std::string(input.name) +
               "\" must be nullable and have no default value.",
           input.node->offset);
    }
  }
  std::unordered_set<const NamedType*> seen;
  if (ReachesItself(type, type, &seen)) Fail("Cannot reference Input Object " + Quote(type) + " within itself through non-null fields.", type.offset);
}

bool SchemaBuilder::ReachesItself(const NamedType& start, const NamedType& type, std::unordered_set<const NamedType*>* seen) {
  for (const InputField& input : type.inputs) {
    if (!input.type->IsNonNull() || input.type->inner->IsList()) continue;
    const NamedType& next = *input.type->named;
    if (&next == &start) return true;
    if (seen->insert(&next).second && ReachesItself(start, next, seen)) return true;
  }
  return false;
}

void SchemaBuilder::CheckDirectives(const ast::TypeSystemDefinition& node) {
  CheckDirectives(node.directives);
  for (const ast::FieldDefinition& field : node.fields) {
    CheckDirectives(field.directives);
    for (const ast::InputValueDefinition& argument : field.arguments) CheckDirectives(argument.directives);
  }
  for (const ast::InputValueDefinition& input : node.inputs) CheckDirectives(input.directives);
  for (const ast::EnumValueDefinition& value : node.values) CheckDirectives(value.directives);
}

void SchemaBuilder::CheckDirectives(const List<ast::Directive>& directives) {
  for (const ast::Directive& directive : directives) {
    const DirectiveType* type = schema_->FindDirective(directive.name.text);
    if (type == nullptr) {
      Fail("Unknown directive \"@" + std::string(directive.name.text) + "\".", directive.offset);
      continue;
    }
    for (const ast::Argument& argument : directive.arguments) {
      const bool known = std::any_of(type->arguments.begin(), type->arguments.end(),
                                     [&](const InputField& a) { return a.name == argument.name.text; });
      if (!known) {
        Fail("Unknown argument \"" + std::string(argument.name.text) + "\" on directive \"@" + std::string(type->name) + "\".", argument.name.offset);
      }
    }
  }
}

}  // namespace souk::graphql
