#include "libs/graphql/printer.hpp"

#include <vector>

#include "libs/graphql/block_string.hpp"
#include "libs/graphql/utf8.hpp"

// Each function gives the text of one node at no indentation; whoever puts it into a block indents it.
namespace souk::graphql {
namespace {

constexpr std::size_t kLineMax = 80;

using internal::PrintBlockString;
using internal::PrintString;

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

std::string Wrap(std::string_view start, const std::string& text, std::string_view end = {}) {
  return text.empty() ? "" : std::string(start) + text + std::string(end);
}

std::string Indent(const std::string& text) {
  std::string out = text.empty() ? "" : "  ";
  for (const char c : text) {
    out += c;
    if (c == '\n') out += "  ";
  }
  return out;
}

std::string Block(const std::vector<std::string>& lines) { return Wrap("{\n", Indent(Join(lines, "\n")), "\n}"); }

bool AnyMultiline(const std::vector<std::string>& parts) {
  for (const std::string& part : parts) {
    if (part.find('\n') != std::string::npos) return true;
  }
  return false;
}

template <class T, class F>
std::vector<std::string> Each(const List<T>& list, F print) {
  std::vector<std::string> parts;
  parts.reserve(list.size());
  for (const T& item : list) parts.push_back(print(item));
  return parts;
}

std::string PrintName(const ast::Name& name) { return std::string(name.text); }

std::string PrintArgument(const ast::Argument& argument) { return PrintName(argument.name) + ": " + Print(argument.value); }

std::string PrintDirectives(const List<ast::Directive>& directives) {
  return Join(Each(directives,
                   [](const ast::Directive& node) {
                     return "@" + PrintName(node.name) + Wrap("(", Join(Each(node.arguments, PrintArgument), ", "), ")");
                   }),
              " ");
}

std::string PrintDescription(const ast::Value* description) {
  return description == nullptr ? "" : Wrap("", Print(*description), "\n");
}

std::string PrintSelectionSet(const ast::SelectionSet* set);

std::string PrintField(const ast::Selection& node) {
  const std::string prefix = Wrap("", PrintName(node.alias), ": ") + PrintName(node.name);
  const std::vector<std::string> arguments = Each(node.arguments, PrintArgument);
  const std::string line = Wrap("(", Join(arguments, ", "), ")");
  const bool wraps = internal::Utf16Length(prefix) + internal::Utf16Length(line) > kLineMax;
  return prefix + (wraps ? Wrap("(\n", Indent(Join(arguments, "\n")), "\n)") : line) + Wrap(" ", PrintDirectives(node.directives)) +
         Wrap(" ", PrintSelectionSet(node.selection_set));
}

std::string PrintSelection(const ast::Selection& node) {
  switch (node.kind) {
    case ast::SelectionKind::kField: return PrintField(node);
    case ast::SelectionKind::kFragmentSpread: return "..." + PrintName(node.name) + Wrap(" ", PrintDirectives(node.directives));
    case ast::SelectionKind::kInlineFragment: break;
  }
  return Join({"...", Wrap("on ", PrintName(node.type_condition)), PrintDirectives(node.directives), PrintSelectionSet(node.selection_set)},
              " ");
}

std::string PrintSelectionSet(const ast::SelectionSet* set) {
  return set == nullptr ? "" : Block(Each(set->selections, PrintSelection));
}

std::string PrintVariable(const ast::VariableDefinition& node) {
  return PrintDescription(node.description) + Print(node.variable) + ": " + Print(*node.type) +
         (node.default_value == nullptr ? "" : " = " + Print(*node.default_value)) + Wrap(" ", PrintDirectives(node.directives));
}

std::string PrintOperation(const ast::Operation& node) {
  const std::vector<std::string> variables = Each(node.variables, PrintVariable);
  const std::string definitions =
      AnyMultiline(variables) ? Wrap("(\n", Join(variables, "\n"), "\n)") : Wrap("(", Join(variables, ", "), ")");
  const std::string prefix =
      PrintDescription(node.description) +
      Join({std::string(ToString(node.type)), PrintName(node.name) + definitions, PrintDirectives(node.directives)}, " ");
  return (prefix == "query" ? "" : prefix + " ") + PrintSelectionSet(node.selection_set);
}

std::string PrintFragment(const ast::Fragment& node) {
  return PrintDescription(node.description) + "fragment " + PrintName(node.name) + " on " + PrintName(node.type_condition) + " " +
         Wrap("", PrintDirectives(node.directives), " ") + PrintSelectionSet(node.selection_set);
}

// ---- The type system

std::string PrintInput(const ast::InputValueDefinition& node) {
  return PrintDescription(node.description) + PrintName(node.name) + ": " + Print(*node.type) +
         (node.default_value == nullptr ? "" : " = " + Print(*node.default_value)) + Wrap(" ", PrintDirectives(node.directives));
}

std::string PrintInputs(const List<ast::InputValueDefinition>& inputs) {
  const std::vector<std::string> parts = Each(inputs, PrintInput);
  return AnyMultiline(parts) ? Wrap("(\n", Indent(Join(parts, "\n")), "\n)") : Wrap("(", Join(parts, ", "), ")");
}

std::string PrintFieldDefinition(const ast::FieldDefinition& node) {
  return PrintDescription(node.description) + PrintName(node.name) + PrintInputs(node.arguments) + ": " + Print(*node.type) +
         Wrap(" ", PrintDirectives(node.directives));
}

std::string PrintEnumValue(const ast::EnumValueDefinition& node) {
  return PrintDescription(node.description) + Join({PrintName(node.name), PrintDirectives(node.directives)}, " ");
}

std::string PrintRootOperation(const ast::RootOperation& node) {
  return std::string(ToString(node.operation)) + ": " + PrintName(node.type);
}

std::string_view Keyword(ast::DefinitionKind kind) {
  switch (kind) {
    case ast::DefinitionKind::kSchema: return "schema";
    case ast::DefinitionKind::kScalar: return "scalar";
    case ast::DefinitionKind::kObject: return "type";
    case ast::DefinitionKind::kInterface: return "interface";
    case ast::DefinitionKind::kUnion: return "union";
    case ast::DefinitionKind::kEnum: return "enum";
    case ast::DefinitionKind::kInputObject: return "input";
    case ast::DefinitionKind::kDirective: return "directive";
    case ast::DefinitionKind::kOperation:
    case ast::DefinitionKind::kFragment: break;
  }
  return {};
}

std::string PrintTypeSystem(const ast::Definition& definition) {
  const ast::TypeSystemDefinition& node = *definition.type_system;
  const std::string description = PrintDescription(node.description);
  const std::string directives = PrintDirectives(node.directives);
  if (definition.kind == ast::DefinitionKind::kDirective) {
    return description + "directive @" + PrintName(node.name) + PrintInputs(node.inputs) + Wrap(" ", directives) +
           (node.repeatable ? " repeatable" : "") + " on " + Join(Each(node.locations, PrintName), " | ");
  }
  return description + Join({definition.extension ? "extend" : "", std::string(Keyword(definition.kind)), PrintName(node.name),
                             Wrap("implements ", Join(Each(node.interfaces, PrintName), " & ")), directives,
                             Wrap("= ", Join(Each(node.members, PrintName), " | ")), Block(Each(node.fields, PrintFieldDefinition)),
                             Block(Each(node.values, PrintEnumValue)), Block(Each(node.inputs, PrintInput)),
                             Block(Each(node.operations, PrintRootOperation))},
                            " ");
}

}  // namespace

std::string Print(const ast::Value& value) {
  switch (value.kind) {
    case ast::ValueKind::kVariable: return "$" + std::string(value.text);
    case ast::ValueKind::kString: return value.block ? PrintBlockString(value.text) : PrintString(value.text);
    case ast::ValueKind::kList:
      return "[" + Join(Each(value.items, [](const ast::Value& item) { return Print(item); }), ", ") + "]";
    case ast::ValueKind::kObject:
      return "{" + Join(Each(value.fields, [](const ast::ObjectField& f) { return PrintName(f.name) + ": " + Print(f.value); }), ", ") +
             "}";
    default: return std::string(value.text);
  }
}

std::string Print(const ast::Type& type) {
  switch (type.kind) {
    case ast::TypeKind::kNamed: return PrintName(type.name);
    case ast::TypeKind::kList: return "[" + Print(*type.inner) + "]";
    case ast::TypeKind::kNonNull: return Print(*type.inner) + "!";
  }
  return {};
}

std::string Print(const ast::Definition& definition) {
  if (definition.operation != nullptr) return PrintOperation(*definition.operation);
  if (definition.fragment != nullptr) return PrintFragment(*definition.fragment);
  return PrintTypeSystem(definition);
}

std::string Print(const ast::Document& document) {
  return Join(Each(document.definitions, [](const ast::Definition& definition) { return Print(definition); }), "\n\n");
}

}  // namespace souk::graphql
