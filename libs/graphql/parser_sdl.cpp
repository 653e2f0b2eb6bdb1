#include <algorithm>
#include <array>

#include "libs/graphql/parser_state.hpp"

// The type system's part of the grammar (specification, 3).
namespace souk::graphql::internal {

using ast::Definition;
using ast::DefinitionKind;
using ast::Name;
using ast::TypeSystemDefinition;

namespace {

constexpr std::array<std::pair<std::string_view, DefinitionKind>, 8> kKeywords = {{
    {"schema", DefinitionKind::kSchema},
    {"scalar", DefinitionKind::kScalar},
    {"type", DefinitionKind::kObject},
    {"interface", DefinitionKind::kInterface},
    {"union", DefinitionKind::kUnion},
    {"enum", DefinitionKind::kEnum},
    {"input", DefinitionKind::kInputObject},
    {"directive", DefinitionKind::kDirective},
}};

constexpr std::array<std::string_view, 19> kDirectiveLocations = {
    "QUERY", "MUTATION", "SUBSCRIPTION", "FIELD", "FRAGMENT_DEFINITION", "FRAGMENT_SPREAD", "INLINE_FRAGMENT",
    "VARIABLE_DEFINITION", "SCHEMA", "SCALAR", "OBJECT", "FIELD_DEFINITION", "ARGUMENT_DEFINITION", "INTERFACE", "UNION", "ENUM",
    "ENUM_VALUE", "INPUT_OBJECT", "INPUT_FIELD_DEFINITION"};

const std::pair<std::string_view, DefinitionKind>* FindKeyword(std::string_view word) {
  const auto* found = std::find_if(kKeywords.begin(), kKeywords.end(), [&](const auto& entry) { return entry.first == word; });
  return found == kKeywords.end() ? nullptr : found;
}

}  // namespace

bool ParserState::ParseTypeSystem(const Token& keyword, Definition* definition) {
  const auto* entry = FindKeyword(keyword.text);
  if (entry == nullptr) return false;
  auto* node = arena_->New<TypeSystemDefinition>();
  *definition = {entry->second, false, token_.start, nullptr, nullptr, node};
  node->description = ParseDescription();
  ExpectKeyword(entry->first);
  ParseTypeSystemBody(entry->second, node);
  return true;
}

Definition ParserState::ParseExtension() {
  const Token keyword = LookAhead();
  const auto* entry = keyword.kind == TokenKind::kName ? FindKeyword(keyword.text) : nullptr;
  if (entry == nullptr || entry->second == DefinitionKind::kDirective) {
    Unexpected(keyword);
    return {};
  }
  auto* node = arena_->New<TypeSystemDefinition>();
  const Definition definition{entry->second, true, token_.start, nullptr, nullptr, node};
  ExpectKeyword("extend");
  ExpectKeyword(entry->first);
  if (entry->second == DefinitionKind::kSchema) {
    node->directives = ParseDirectives(true);
    node->operations = OptionalMany<ast::RootOperation>(
        TokenKind::kBraceL, [this] { return ParseRootOperation(); }, TokenKind::kBraceR);
  } else {
    ParseTypeSystemBody(entry->second, node);
  }
  CheckExtension(*node);
  return definition;
}

/// An extension must extend something.
void ParserState::CheckExtension(const TypeSystemDefinition& node) {
  const bool empty = node.directives.empty() && node.interfaces.empty() && node.fields.empty() && node.members.empty() &&
                     node.values.empty() && node.inputs.empty() && node.operations.empty();
  if (empty) Unexpected(token_);
}

void ParserState::ParseTypeSystemBody(DefinitionKind kind, TypeSystemDefinition* node) {
  if (kind == DefinitionKind::kDirective) return ParseDirectiveDefinition(node);
  if (kind == DefinitionKind::kSchema) {
    node->directives = ParseDirectives(true);
    node->operations = Many<ast::RootOperation>(TokenKind::kBraceL, [this] { return ParseRootOperation(); }, TokenKind::kBraceR);
    return;
  }
  node->name = ParseName();
  const bool has_fields = kind == DefinitionKind::kObject || kind == DefinitionKind::kInterface;
  if (has_fields && SkipKeyword("implements")) {
    node->interfaces = Delimited<Name>(TokenKind::kAmp, [this] { return ParseName(); });
  }
  node->directives = ParseDirectives(true);
  if (has_fields) {
    node->fields = OptionalMany<ast::FieldDefinition>(
        TokenKind::kBraceL, [this] { return ParseFieldDefinition(); }, TokenKind::kBraceR);
  } else if (kind == DefinitionKind::kUnion && Skip(TokenKind::kEquals)) {
    node->members = Delimited<Name>(TokenKind::kPipe, [this] { return ParseName(); });
  } else if (kind == DefinitionKind::kEnum) {
    node->values = OptionalMany<ast::EnumValueDefinition>(
        TokenKind::kBraceL, [this] { return ParseEnumValue(); }, TokenKind::kBraceR);
  } else if (kind == DefinitionKind::kInputObject) {
    node->inputs = OptionalMany<ast::InputValueDefinition>(
        TokenKind::kBraceL, [this] { return ParseInputValue(); }, TokenKind::kBraceR);
  }
}

void ParserState::ParseDirectiveDefinition(TypeSystemDefinition* node) {
  Expect(TokenKind::kAt);
  node->name = ParseName();
  node->inputs = OptionalMany<ast::InputValueDefinition>(
      TokenKind::kParenL, [this] { return ParseInputValue(); }, TokenKind::kParenR);
  node->repeatable = SkipKeyword("repeatable");
  ExpectKeyword("on");
  node->locations = Delimited<Name>(TokenKind::kPipe, [this] { return ParseDirectiveLocation(); });
}

const ast::Value* ParserState::ParseDescription() {
  if (!Peek(TokenKind::kString) && !Peek(TokenKind::kBlockString)) return nullptr;
  return arena_->New<ast::Value>(ParseValue(true));
}

ast::FieldDefinition ParserState::ParseFieldDefinition() {
  ast::FieldDefinition node;
  node.offset = token_.start;
  node.description = ParseDescription();
  node.name = ParseName();
  node.arguments = OptionalMany<ast::InputValueDefinition>(
      TokenKind::kParenL, [this] { return ParseInputValue(); }, TokenKind::kParenR);
  Expect(TokenKind::kColon);
  node.type = ParseType();
  node.directives = ParseDirectives(true);
  return node;
}

ast::InputValueDefinition ParserState::ParseInputValue() {
  ast::InputValueDefinition node;
  node.offset = token_.start;
  node.description = ParseDescription();
  node.name = ParseName();
  Expect(TokenKind::kColon);
  node.type = ParseType();
  if (Skip(TokenKind::kEquals)) node.default_value = arena_->New<ast::Value>(ParseValue(true));
  node.directives = ParseDirectives(true);
  return node;
}

ast::EnumValueDefinition ParserState::ParseEnumValue() {
  ast::EnumValueDefinition node;
  node.offset = token_.start;
  node.description = ParseDescription();
  if (PeekKeyword("true") || PeekKeyword("false") || PeekKeyword("null")) {
    Fail(token_.start, Describe(token_) + " is reserved and cannot be used for an enum value.");
  }
  node.name = ParseName();
  node.directives = ParseDirectives(true);
  return node;
}

ast::RootOperation ParserState::ParseRootOperation() {
  ast::RootOperation node;
  node.offset = token_.start;
  node.operation = ParseOperationType();
  Expect(TokenKind::kColon);
  node.type = ParseName();
  return node;
}

Name ParserState::ParseDirectiveLocation() {
  const Token start = token_;
  const Name name = ParseName();
  if (!failed() && std::find(kDirectiveLocations.begin(), kDirectiveLocations.end(), name.text) == kDirectiveLocations.end()) {
    Unexpected(start);
  }
  return name;
}

}  // namespace souk::graphql::internal
