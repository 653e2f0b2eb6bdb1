#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "libs/graphql/ast.hpp"
#include "libs/graphql/error.hpp"
#include "libs/graphql/lexer.hpp"
#include "libs/graphql/parser.hpp"

namespace souk::graphql::internal {

/// A recursive descent parser. The first failure is kept; after it the current token is kFailed, which matches nothing, so
/// that every function runs out by itself without a check after each step.
class ParserState {
 public:
  ParserState(ast::Document* document, const ParseLimits& limits);

  void ParseDocument();
  bool failed() const { return error_.has_value(); }
  const std::optional<GraphQLError>& error() const { return error_; }

 private:
  // parser.cpp: tokens
  bool Peek(TokenKind kind) const { return token_.kind == kind; }
  bool PeekKeyword(std::string_view word) const { return Peek(TokenKind::kName) && token_.text == word; }
  void Advance();
  Token LookAhead();
  Token Expect(TokenKind kind);
  bool Skip(TokenKind kind);
  void ExpectKeyword(std::string_view word);
  bool SkipKeyword(std::string_view word);
  void Fail(std::uint32_t offset, std::string message);
  void Unexpected(const Token& token);
  void FailLimit(GraphQLError error);
  bool Enter();
  void Leave() { --nesting_; }

  template <class T, class F>
  List<T> Many(TokenKind open, F item, TokenKind close);
  template <class T, class F>
  List<T> OptionalMany(TokenKind open, F item, TokenKind close);
  template <class T, class F>
  List<T> Any(TokenKind open, F item, TokenKind close);
  template <class T, class F>
  List<T> Delimited(TokenKind delimiter, F item);
  template <class T>
  List<T> Keep(std::size_t from);
  template <class T>
  std::vector<T>& Scratch() { return std::get<std::vector<T>>(scratch_); }

  // parser.cpp: executable definitions
  ast::Definition ParseDefinition();
  ast::Definition ParseOperation();
  ast::Definition ParseFragmentDefinition();
  ast::OperationType ParseOperationType();
  ast::VariableDefinition ParseVariableDefinition();
  ast::SelectionSet* ParseSelectionSet();
  ast::Selection ParseSelection();
  ast::Selection ParseSpread();
  ast::Name ParseName();
  ast::Name ParseFragmentName();
  List<ast::Argument> ParseArguments(bool is_const);
  List<ast::Directive> ParseDirectives(bool is_const);
  ast::Value ParseVariable();
  ast::Value ParseValue(bool is_const);
  ast::Value ParseWord();
  ast::Value ParseList(bool is_const);
  ast::Value ParseObject(bool is_const);
  const ast::Type* ParseType();

  // parser_sdl.cpp: the type system
  bool ParseTypeSystem(const Token& keyword, ast::Definition* definition);
  ast::Definition ParseExtension();
  void ParseTypeSystemBody(ast::DefinitionKind kind, ast::TypeSystemDefinition* node);
  void ParseDirectiveDefinition(ast::TypeSystemDefinition* node);
  void CheckExtension(const ast::TypeSystemDefinition& node);
  const ast::Value* ParseDescription();
  ast::FieldDefinition ParseFieldDefinition();
  ast::InputValueDefinition ParseInputValue();
  ast::EnumValueDefinition ParseEnumValue();
  ast::RootOperation ParseRootOperation();
  ast::Name ParseDirectiveLocation();

  ast::Document* document_;
  Arena* arena_;
  ParseLimits limits_;
  Lexer lexer_;
  Token token_;
  std::uint32_t nesting_ = 0;
  std::optional<GraphQLError> error_;
  // Elements of lists that are not complete yet, one stack for each kind: lists end in the arena in one piece.
  std::tuple<std::vector<ast::Definition>, std::vector<ast::Selection>, std::vector<ast::Argument>, std::vector<ast::Directive>,
             std::vector<ast::Value>, std::vector<ast::ObjectField>, std::vector<ast::VariableDefinition>, std::vector<ast::Name>,
             std::vector<ast::FieldDefinition>, std::vector<ast::InputValueDefinition>, std::vector<ast::EnumValueDefinition>,
             std::vector<ast::RootOperation>>
      scratch_;
};

template <class T>
List<T> ParserState::Keep(std::size_t from) {
  std::vector<T>& stack = Scratch<T>();
  const std::size_t count = stack.size() - from;
  T* items = arena_->NewArray<T>(count);
  for (std::size_t i = 0; i < count; ++i) items[i] = stack[from + i];
  stack.resize(from);
  return {items, static_cast<std::uint32_t>(count)};
}

template <class T, class F>
List<T> ParserState::Many(TokenKind open, F item, TokenKind close) {
  Expect(open);
  const std::size_t from = Scratch<T>().size();
  do {
    T one = item();
    Scratch<T>().push_back(one);
  } while (!Skip(close) && !failed());
  return Keep<T>(from);
}

template <class T, class F>
List<T> ParserState::OptionalMany(TokenKind open, F item, TokenKind close) {
  return Peek(open) ? Many<T>(open, item, close) : List<T>{};
}

template <class T, class F>
List<T> ParserState::Any(TokenKind open, F item, TokenKind close) {
  Expect(open);
  const std::size_t from = Scratch<T>().size();
  while (!Skip(close) && !failed()) {
    T one = item();
    Scratch<T>().push_back(one);
  }
  return Keep<T>(from);
}

template <class T, class F>
List<T> ParserState::Delimited(TokenKind delimiter, F item) {
  Skip(delimiter);
  const std::size_t from = Scratch<T>().size();
  do {
    T one = item();
    Scratch<T>().push_back(one);
  } while (Skip(delimiter) && !failed());
  return Keep<T>(from);
}

}  // namespace souk::graphql::internal
