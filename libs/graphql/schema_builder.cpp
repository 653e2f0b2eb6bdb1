#include "libs/graphql/schema_builder.hpp"

#include <algorithm>

#include "libs/graphql/coerce.hpp"
#include "libs/graphql/introspection_sdl.hpp"

namespace souk::graphql {
namespace {

TypeKind KindOf(ast::DefinitionKind kind) {
  switch (kind) {
    case ast::DefinitionKind::kObject: return TypeKind::kObject;
    case ast::DefinitionKind::kInterface: return TypeKind::kInterface;
    case ast::DefinitionKind::kUnion: return TypeKind::kUnion;
    case ast::DefinitionKind::kEnum: return TypeKind::kEnum;
    case ast::DefinitionKind::kInputObject: return TypeKind::kInputObject;
    default: return TypeKind::kScalar;
  }
}

BuiltIn BuiltInNamed(std::string_view name) {
  if (name == "Int") return BuiltIn::kInt;
  if (name == "Float") return BuiltIn::kFloat;
  if (name == "String") return BuiltIn::kString;
  if (name == "Boolean") return BuiltIn::kBoolean;
  if (name == "ID") return BuiltIn::kId;
  return BuiltIn::kNone;
}

std::optional<std::string_view> Text(const ast::Value* description) {
  return description == nullptr ? std::nullopt : std::optional(description->text);
}

const ast::Directive* FindDirective(const List<ast::Directive>& directives, std::string_view name) {
  for (const ast::Directive& directive : directives) {
    if (directive.name.text == name) return &directive;
  }
  return nullptr;
}

std::optional<std::string_view> StringArgument(const ast::Directive& directive, std::string_view name) {
  for (const ast::Argument& argument : directive.arguments) {
    if (argument.name.text == name && argument.value.kind == ast::ValueKind::kString) return argument.value.text;
  }
  return std::nullopt;
}

}  // namespace

BuiltSchema Schema::Build(std::string sdl, const SchemaOptions& options) {
  static const DocumentPtr standard = Parse(internal::kIntrospectionSdl, ParseLimits::Trusted()).document;
  Parsed parsed = Parse(std::move(sdl), ParseLimits::Trusted());
  if (!parsed.ok()) return {nullptr, {*parsed.error}};
  SchemaBuilder builder(options);
  builder.Add(standard, true);
  builder.Add(parsed.document, false);
  return builder.Finish();
}

void SchemaBuilder::Fail(std::string message, std::uint32_t offset) {
  errors_.push_back({std::move(message), {LocationAt(document_->source, offset)}, {}, {}, {}});
}

void SchemaBuilder::Twice(std::string_view what, const ast::Name& name) {
  Fail(std::string(what) + " \"" + std::string(name.text) + "\" can only be defined once.", name.offset);
}

void SchemaBuilder::Add(DocumentPtr document, bool standard) {
  schema_->documents_.push_back(document);
  document_ = document.get();
  for (const ast::Definition& definition : document->definitions) {
    (standard ? standard_ : own_).push_back(&definition);
    if (definition.type_system == nullptr) {
      Fail("A schema holds type definitions only.", definition.offset);
    } else if (!definition.extension) {
      Declare(definition, standard);
    }
  }
}

BuiltSchema SchemaBuilder::Finish() {
  for (const ast::Definition* definition : standard_) {
    if (definition->kind != ast::DefinitionKind::kDirective) Fill(Find(definition->type_system->name), *definition);
  }
  for (const ast::Definition* definition : own_) {
    if (definition->type_system == nullptr) continue;
    if (definition->extension) {
      Extend(*definition);
    } else if (definition->kind == ast::DefinitionKind::kDirective) {
      FillDirective(*definition);
    } else if (definition->kind == ast::DefinitionKind::kSchema) {
      schema_->description_ = Text(definition->type_system->description);
      explicit_roots_ = true;
      SetRoots(*definition->type_system);
    } else if (NamedType* type = Find(definition->type_system->name)) {
      Fill(type, *definition);
    }
  }
  for (const ast::Definition* definition : standard_) {
    const bool known = schema_->FindDirective(definition->type_system->name.text) != nullptr;
    if (definition->kind == ast::DefinitionKind::kDirective && !known) FillDirective(*definition);
  }
  if (!explicit_roots_) {
    const char* const names[] = {"Query", "Mutation", "Subscription"};
    for (std::size_t i = 0; i < 3; ++i) schema_->roots_[i] = schema_->FindType(names[i]);
  }
  if (errors_.empty()) {
    for (const auto& type : schema_->types_) {
      for (const Field& field : type->fields) type->field_index.emplace(field.name, field.index);
    }
    TakeMeta();
    Order();
    LinkSubtypes();
    CoerceDefaults();
    Check();
  }
  if (!errors_.empty()) return {nullptr, std::move(errors_)};
  return {std::move(schema_), {}};
}

void SchemaBuilder::Declare(const ast::Definition& definition, bool standard) {
  if (definition.kind == ast::DefinitionKind::kSchema || definition.kind == ast::DefinitionKind::kDirective) return;
  const ast::Name& name = definition.type_system->name;
  if (NamedType* known = Find(name); known != nullptr) {
    // A schema may repeat a standard scalar; the standard one stays.
    if (known->built_in == BuiltIn::kNone) Fail("There can be only one type named \"" + std::string(name.text) + "\".", name.offset);
    return;
  }
  auto type = std::make_unique<NamedType>();
  type->kind = KindOf(definition.kind);
  type->name = name.text;
  type->offset = definition.offset;
  type->self.named = type.get();
  if (standard) type->built_in = BuiltInNamed(name.text);
  if (!standard) defined_.push_back(type.get());
  schema_->by_name_.emplace(name.text, type.get());
  schema_->types_.push_back(std::move(type));
}

NamedType* SchemaBuilder::Find(const ast::Name& name) {
  const auto found = schema_->by_name_.find(name.text);
  return found == schema_->by_name_.end() ? nullptr : found->second;
}

void SchemaBuilder::Extend(const ast::Definition& definition) {
  const ast::TypeSystemDefinition& node = *definition.type_system;
  if (definition.kind == ast::DefinitionKind::kSchema) return SetRoots(node);
  NamedType* type = Find(node.name);
  if (type == nullptr || type->kind != KindOf(definition.kind)) {
    return Fail("Cannot extend type \"" + std::string(node.name.text) + "\": no such type of that kind.", node.name.offset);
  }
  const std::optional<std::string_view> description = type->description;
  Fill(type, definition);
  type->description = description;
}

void SchemaBuilder::SetRoots(const ast::TypeSystemDefinition& node) {
  for (const ast::RootOperation& root : node.operations) {
    const NamedType*& slot = schema_->roots_[static_cast<std::size_t>(root.operation)];
    if (slot != nullptr) Fail("There can be only one " + std::string(ToString(root.operation)) + " type in schema.", root.offset);
    slot = Find(root.type);
    if (slot == nullptr) Fail("Unknown type \"" + std::string(root.type.text) + "\".", root.type.offset);
  }
}

void SchemaBuilder::Fill(NamedType* type, const ast::Definition& definition) {
  const ast::TypeSystemDefinition& node = *definition.type_system;
  type->description = Text(node.description);
  for (const ast::Directive& directive : node.directives) type->directives.push_back(&directive);
  switch (type->kind) {
    case TypeKind::kScalar: FillScalar(type, node); break;
    case TypeKind::kObject:
    case TypeKind::kInterface: FillFields(type, node); break;
    case TypeKind::kUnion:
      for (const ast::Name& name : node.members) {
        const NamedType* member = Find(name);
        if (member == nullptr || member->kind != TypeKind::kObject) {
          Fail("Union type " + std::string(type->name) + " can only include Object types, not \"" + std::string(name.text) + "\".", name.offset);
        } else {
          type->possible.push_back(member);
        }
      }
      break;
    case TypeKind::kEnum:
      for (const ast::EnumValueDefinition& value : node.values) {
        if (type->HasValue(value.name.text)) Twice("Enum value", value.name);
        type->values.push_back({value.name.text, Text(value.description), Deprecation(value.directives)});
      }
      break;
    case TypeKind::kInputObject:
      type->one_of = type->one_of || FindDirective(node.directives, "oneOf") != nullptr;
      for (const ast::InputValueDefinition& input : node.inputs) {
        if (type->FindInput(input.name.text) != nullptr) Twice("Field", input.name);
        type->inputs.push_back(MakeInput(input));
      }
      break;
  }
}

void SchemaBuilder::FillScalar(NamedType* type, const ast::TypeSystemDefinition& node) {
  if (const ast::Directive* specified = FindDirective(node.directives, "specifiedBy")) type->specified_by = StringArgument(*specified, "url");
  const auto parser = options_.scalars.find(type->name);
  if (parser != options_.scalars.end()) type->parser = parser->second;
}

void SchemaBuilder::FillFields(NamedType* type, const ast::TypeSystemDefinition& node) {
  for (const ast::Name& name : node.interfaces) {
    const NamedType* interface = Find(name);
    if (interface == nullptr || interface->kind != TypeKind::kInterface) {
      Fail("Type " + std::string(type->name) + " must only implement Interface types, not \"" + std::string(name.text) + "\".", name.offset);
    } else {
      type->interfaces.push_back(interface);
    }
  }
  for (const ast::FieldDefinition& field_node : node.fields) {
    const bool known = std::any_of(type->fields.begin(), type->fields.end(), [&](const Field& f) { return f.name == field_node.name.text; });
    if (known) Twice("Field", field_node.name);
    Field field;
    field.name = field_node.name.text;
    field.description = Text(field_node.description);
    field.type = MakeType(*field_node.type);
    field.deprecation = Deprecation(field_node.directives);
    field.parent = type;
    field.index = static_cast<std::uint32_t>(type->fields.size());
    field.node = &field_node;
    for (const ast::InputValueDefinition& argument : field_node.arguments) {
      if (field.FindArgument(argument.name.text) != nullptr) Twice("Argument", argument.name);
      field.arguments.push_back(MakeInput(argument));
    }
    type->fields.push_back(std::move(field));
  }
}

void SchemaBuilder::FillDirective(const ast::Definition& definition) {
  const ast::TypeSystemDefinition& node = *definition.type_system;
  if (schema_->FindDirective(node.name.text) != nullptr) {
    return Fail("There can be only one directive named \"@" + std::string(node.name.text) + "\".", node.name.offset);
  }
  DirectiveType directive{node.name.text, Text(node.description), {}, {}, node.repeatable};
  for (const ast::InputValueDefinition& argument : node.inputs) directive.arguments.push_back(MakeInput(argument));
  for (const ast::Name& location : node.locations) directive.locations.push_back(location.text);
  schema_->directives_.push_back(std::move(directive));
}

InputField SchemaBuilder::MakeInput(const ast::InputValueDefinition& node) {
  InputField input;
  input.name = node.name.text;
  input.description = Text(node.description);
  input.type = MakeType(*node.type);
  input.deprecation = Deprecation(node.directives);
  input.node = &node;
  return input;
}

const Type* SchemaBuilder::MakeType(const ast::Type& node) {
  if (const Type* type = schema_->Resolve(node, &schema_->arena_)) return type;
  const ast::Type* named = &node;
  while (named->inner != nullptr) named = named->inner;
  Fail("Unknown type \"" + std::string(named->name.text) + "\".", named->offset);
  return nullptr;
}

std::optional<std::string_view> SchemaBuilder::Deprecation(const List<ast::Directive>& directives) {
  const ast::Directive* directive = FindDirective(directives, "deprecated");
  if (directive == nullptr) return std::nullopt;
  return StringArgument(*directive, "reason").value_or("No longer supported");
}

void SchemaBuilder::CoerceDefaults() {
  for (const auto& type : schema_->types_) {
    for (InputField& input : type->inputs) CoerceDefault(&input);
  }
  // Defaults of input objects may lean on each other; arguments come after all of them.
  for (const auto& type : schema_->types_) {
    for (Field& field : type->fields) {
      for (InputField& argument : field.arguments) CoerceDefault(&argument);
    }
  }
  for (DirectiveType& directive : schema_->directives_) {
    for (InputField& argument : directive.arguments) CoerceDefault(&argument);
  }
}

void SchemaBuilder::CoerceDefault(InputField* input) {
  if (input->node == nullptr || input->node->default_value == nullptr || !input->type->named->IsInput()) return;
  input->default_value = CoerceLiteral(*input->node->default_value, *input->type, nullptr, &schema_->arena_);
  if (!input->default_value) {
    Fail("The default value of \"" + std::string(input->name) + "\" does not fit its type " + ToString(*input->type) + ".", input->node->offset);
  }
}

void SchemaBuilder::TakeMeta() {
  NamedType* meta = Find({"__Meta", 0});
  schema_->meta_.fields = std::move(meta->fields);
  schema_->by_name_.erase("__Meta");
}

/// The order in which introspection lists types: as defined, each followed by what it leads to and nobody else defined.
void SchemaBuilder::Order() {
  // A defined type keeps its own place: marking all of them first keeps others from pulling them forward.
  collected_.insert(defined_.begin(), defined_.end());
  for (const NamedType* type : defined_) {
    collected_.erase(type);
    Collect(type);
  }
  for (const NamedType* root : schema_->roots_) Collect(root);
  for (const DirectiveType& directive : schema_->directives_) {
    for (const InputField& argument : directive.arguments) Collect(argument.type->named);
  }
  Collect(schema_->FindType("__Schema"));
  for (std::size_t i = 0; i < schema_->ordered_.size(); ++i) {
    schema_->by_name_.at(schema_->ordered_[i]->name)->index = static_cast<std::uint32_t>(i);
  }
  // A standard scalar that nothing uses is no type of this schema.
  std::erase_if(schema_->by_name_, [this](const auto& entry) { return collected_.count(entry.second) == 0; });
}

void SchemaBuilder::Collect(const NamedType* type) {
  if (type == nullptr || !collected_.insert(type).second) return;
  schema_->ordered_.push_back(type);
  if (type->kind == TypeKind::kUnion) {
    for (const NamedType* member : type->possible) Collect(member);
  }
  for (const NamedType* interface : type->interfaces) Collect(interface);
  for (const Field& field : type->fields) {
    Collect(field.type->named);
    for (const InputField& argument : field.arguments) Collect(argument.type->named);
  }
  for (const InputField& input : type->inputs) Collect(input.type->named);
}

void SchemaBuilder::LinkSubtypes() {
  const std::size_t count = schema_->ordered_.size();
  for (const NamedType* ordered : schema_->ordered_) {
    NamedType* type = schema_->by_name_.at(ordered->name);
    if (type->IsAbstract()) type->subtypes.resize(count);
    for (const NamedType* member : type->possible) type->subtypes[member->index] = true;
  }
  for (const NamedType* type : schema_->ordered_) {
    for (const NamedType* implemented : type->interfaces) {
      NamedType* interface = schema_->by_name_.at(implemented->name);
      interface->subtypes[type->index] = true;
      if (type->kind == TypeKind::kObject) interface->possible.push_back(type);
    }
  }
}

}  // namespace souk::graphql
