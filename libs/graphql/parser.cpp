#include "libs/graphql/parser.hpp"

#include <utility>

#include "libs/graphql/parser_state.hpp"

namespace souk::graphql {
namespace ast {

std::string_view ToString(OperationType type) {
  switch (type) {
    case OperationType::kQuery: return "query";
    case OperationType::kMutation: return "mutation";
    case OperationType::kSubscription: return "subscription";
  }
  return {};
}

}  // namespace ast

Parsed Parse(std::string source, const ParseLimits& limits) {
  if (source.size() > limits.bytes_max) return {nullptr, LimitError("bytes", "bytes of query text", limits.bytes_max)};
  auto document = std::make_shared<ast::Document>();
  document->source = std::move(source);
  internal::ParserState parser(document.get(), limits);
  parser.ParseDocument();
  if (parser.failed()) return {nullptr, parser.error()};
  return {std::move(document), std::nullopt};
}

namespace internal {

using ast::Definition;
using ast::DefinitionKind;
using ast::Name;
using ast::Selection;
using ast::SelectionKind;
using ast::Value;
using ast::ValueKind;

ParserState::ParserState(ast::Document* document, const ParseLimits& limits)
    : document_(document), arena_(&document->arena), limits_(limits), lexer_(document->source, arena_) {}

// ---- Tokens

void ParserState::Fail(std::uint32_t offset, std::string message) {
  if (failed()) return;
  error_ = GraphQLError{"Syntax Error: " + message, {LocationAt(document_->source, offset)}, {}, {}, {}};
  token_ = {TokenKind::kFailed, offset, offset, {}};
}

void ParserState::FailLimit(GraphQLError error) {
  if (failed()) return;
  error_ = std::move(error);
  token_ = {TokenKind::kFailed, token_.start, token_.start, {}};
}

void ParserState::Unexpected(const Token& token) { Fail(token.start, "Unexpected " + Describe(token) + "."); }

void ParserState::Advance() {
  token_ = lexer_.Next(token_.end);
  if (lexer_.failed()) return Fail(lexer_.error_offset(), lexer_.error());
  if (token_.kind != TokenKind::kEnd && ++document_->tokens > limits_.tokens_max) {
    FailLimit(LimitError("tokens", "tokens", limits_.tokens_max));
  }
}

Token ParserState::LookAhead() {
  if (Peek(TokenKind::kEnd) || failed()) return token_;
  const Token next = lexer_.Next(token_.end);
  if (lexer_.failed()) Fail(lexer_.error_offset(), lexer_.error());
  return next;
}

Token ParserState::Expect(TokenKind kind) {
  const Token token = token_;
  if (token.kind == kind) {
    Advance();
  } else {
    Fail(token.start, "Expected " + Describe(kind) + ", found " + Describe(token) + ".");
  }
  return token;
}

bool ParserState::Skip(TokenKind kind) {
  if (!Peek(kind)) return false;
  Advance();
  return true;
}

void ParserState::ExpectKeyword(std::string_view word) {
  if (!SkipKeyword(word)) Fail(token_.start, "Expected \"" + std::string(word) + "\", found " + Describe(token_) + ".");
}

bool ParserState::SkipKeyword(std::string_view word) {
  if (!PeekKeyword(word)) return false;
  Advance();
  return true;
}

bool ParserState::Enter() {
  if (++nesting_ > limits_.nesting_max) FailLimit(LimitError("nesting", "levels of nesting", limits_.nesting_max));
  return !failed();
}

// ---- Executable definitions

void ParserState::ParseDocument() {
  document_->definitions = Many<Definition>(TokenKind::kStart, [this] { return ParseDefinition(); }, TokenKind::kEnd);
}

Definition ParserState::ParseDefinition() {
  if (Peek(TokenKind::kBraceL)) return ParseOperation();
  const bool described = Peek(TokenKind::kString) || Peek(TokenKind::kBlockString);
  const Token keyword = described ? LookAhead() : token_;
  if (failed()) return {};
  if (described && keyword.kind == TokenKind::kBraceL) {
    Fail(token_.start, "Unexpected description, descriptions are not supported on shorthand queries.");
    return {};
  }
  if (keyword.kind == TokenKind::kName) {
    Definition definition;
    if (ParseTypeSystem(keyword, &definition)) return definition;
    if (keyword.text == "query" || keyword.text == "mutation" || keyword.text == "subscription") return ParseOperation();
    if (keyword.text == "fragment") return ParseFragmentDefinition();
    if (described) {
      Fail(token_.start, "Unexpected description, only GraphQL definitions support descriptions.");
      return {};
    }
    if (keyword.text == "extend") return ParseExtension();
  }
  Unexpected(keyword);
  return {};
}

Definition ParserState::ParseOperation() {
  auto* node = arena_->New<ast::Operation>();
  node->offset = token_.start;
  if (!Peek(TokenKind::kBraceL)) {
    node->description = ParseDescription();
    node->type = ParseOperationType();
    if (Peek(TokenKind::kName)) node->name = ParseName();
    node->variables = OptionalMany<ast::VariableDefinition>(
        TokenKind::kParenL, [this] { return ParseVariableDefinition(); }, TokenKind::kParenR);
    node->directives = ParseDirectives(false);
  }
  node->selection_set = ParseSelectionSet();
  return {DefinitionKind::kOperation, false, node->offset, node, nullptr, nullptr};
}

ast::OperationType ParserState::ParseOperationType() {
  const Token token = Expect(TokenKind::kName);
  if (token.text == "mutation") return ast::OperationType::kMutation;
  if (token.text == "subscription") return ast::OperationType::kSubscription;
  if (token.text != "query") Unexpected(token);
  return ast::OperationType::kQuery;
}

Definition ParserState::ParseFragmentDefinition() {
  auto* node = arena_->New<ast::Fragment>();
  node->offset = token_.start;
  node->description = ParseDescription();
  ExpectKeyword("fragment");
  node->name = ParseFragmentName();
  ExpectKeyword("on");
  node->type_condition = ParseName();
  node->directives = ParseDirectives(false);
  node->selection_set = ParseSelectionSet();
  return {DefinitionKind::kFragment, false, node->offset, nullptr, node, nullptr};
}

ast::VariableDefinition ParserState::ParseVariableDefinition() {
  ast::VariableDefinition node;
  node.offset = token_.start;
  node.description = ParseDescription();
  node.variable = ParseVariable();
  Expect(TokenKind::kColon);
  node.type = ParseType();
  if (Skip(TokenKind::kEquals)) node.default_value = arena_->New<Value>(ParseValue(true));
  node.directives = ParseDirectives(true);
  return node;
}

ast::SelectionSet* ParserState::ParseSelectionSet() {
  auto* node = arena_->New<ast::SelectionSet>();
  node->offset = token_.start;
  if (!Enter()) return node;
  node->selections = Many<Selection>(TokenKind::kBraceL, [this] { return ParseSelection(); }, TokenKind::kBraceR);
  Leave();
  return node;
}

Selection ParserState::ParseSelection() {
  if (Peek(TokenKind::kSpread)) return ParseSpread();
  Selection node;
  node.offset = token_.start;
  node.name = ParseName();
  if (Skip(TokenKind::kColon)) {
    node.alias = node.name;
    node.name = ParseName();
  }
  node.arguments = ParseArguments(false);
  node.directives = ParseDirectives(false);
  if (Peek(TokenKind::kBraceL)) node.selection_set = ParseSelectionSet();
  return node;
}

Selection ParserState::ParseSpread() {
  Selection node;
  node.offset = token_.start;
  Expect(TokenKind::kSpread);
  const bool has_condition = SkipKeyword("on");
  if (!has_condition && Peek(TokenKind::kName)) {
    node.kind = SelectionKind::kFragmentSpread;
    node.name = ParseFragmentName();
    node.directives = ParseDirectives(false);
    return node;
  }
  node.kind = SelectionKind::kInlineFragment;
  if (has_condition) node.type_condition = ParseName();
  node.directives = ParseDirectives(false);
  node.selection_set = ParseSelectionSet();
  return node;
}

Name ParserState::ParseName() {
  const Token token = Expect(TokenKind::kName);
  return {token.text, token.start};
}

Name ParserState::ParseFragmentName() {
  if (token_.text == "on") Unexpected(token_);
  return ParseName();
}

List<ast::Argument> ParserState::ParseArguments(bool is_const) {
  const auto argument = [&] {
    ast::Argument node;
    node.name = ParseName();
    Expect(TokenKind::kColon);
    node.value = ParseValue(is_const);
    return node;
  };
  return OptionalMany<ast::Argument>(TokenKind::kParenL, argument, TokenKind::kParenR);
}

List<ast::Directive> ParserState::ParseDirectives(bool is_const) {
  const std::size_t from = Scratch<ast::Directive>().size();
  while (Peek(TokenKind::kAt)) {
    ast::Directive node;
    node.offset = token_.start;
    Expect(TokenKind::kAt);
    node.name = ParseName();
    node.arguments = ParseArguments(is_const);
    Scratch<ast::Directive>().push_back(node);
  }
  return Keep<ast::Directive>(from);
}

// ---- Values and types

Value ParserState::ParseVariable() {
  Value node;
  node.kind = ValueKind::kVariable;
  node.offset = Expect(TokenKind::kDollar).start;
  node.text = ParseName().text;
  return node;
}

Value ParserState::ParseValue(bool is_const) {
  Value node;
  node.offset = token_.start;
  node.text = token_.text;
  switch (token_.kind) {
    case TokenKind::kBracketL: return ParseList(is_const);
    case TokenKind::kBraceL: return ParseObject(is_const);
    case TokenKind::kName: return ParseWord();
    case TokenKind::kInt: node.kind = ValueKind::kInt; break;
    case TokenKind::kFloat: node.kind = ValueKind::kFloat; break;
    case TokenKind::kString:
    case TokenKind::kBlockString:
      node.kind = ValueKind::kString;
      node.block = Peek(TokenKind::kBlockString);
      break;
    case TokenKind::kDollar: {
      if (!is_const) return ParseVariable();
      const Token dollar = Expect(TokenKind::kDollar);
      if (Peek(TokenKind::kName)) {
        Fail(dollar.start, "Unexpected variable \"$" + std::string(token_.text) + "\" in constant value.");
      } else {
        Unexpected(dollar);
      }
      return node;
    }
    default: Unexpected(token_); return node;
  }
  Advance();
  return node;
}

Value ParserState::ParseWord() {
  Value node;
  const Token token = Expect(TokenKind::kName);
  node.offset = token.start;
  node.text = token.text;
  node.kind = ValueKind::kEnum;
  if (token.text == "true" || token.text == "false") node.kind = ValueKind::kBoolean;
  if (token.text == "null") node.kind = ValueKind::kNull;
  return node;
}

Value ParserState::ParseList(bool is_const) {
  Value node;
  node.kind = ValueKind::kList;
  node.offset = token_.start;
  if (!Enter()) return node;
  node.items = Any<Value>(TokenKind::kBracketL, [&] { return ParseValue(is_const); }, TokenKind::kBracketR);
  Leave();
  return node;
}

Value ParserState::ParseObject(bool is_const) {
  Value node;
  node.kind = ValueKind::kObject;
  node.offset = token_.start;
  if (!Enter()) return node;
  const auto field = [&] {
    ast::ObjectField one;
    one.name = ParseName();
    Expect(TokenKind::kColon);
    one.value = ParseValue(is_const);
    return one;
  };
  node.fields = Any<ast::ObjectField>(TokenKind::kBraceL, field, TokenKind::kBraceR);
  Leave();
  return node;
}

const ast::Type* ParserState::ParseType() {
  auto* type = arena_->New<ast::Type>();
  type->offset = token_.start;
  if (Peek(TokenKind::kBracketL)) {
    if (!Enter()) return type;
    Advance();
    type->kind = ast::TypeKind::kList;
    type->inner = ParseType();
    Expect(TokenKind::kBracketR);
    Leave();
  } else {
    type->name = ParseName();
  }
  if (!Skip(TokenKind::kBang)) return type;
  auto* outer = arena_->New<ast::Type>();
  outer->kind = ast::TypeKind::kNonNull;
  outer->offset = type->offset;
  outer->inner = type;
  return outer;
}

}  // namespace internal
}  // namespace souk::graphql
