#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libs/graphql/arena.hpp"

namespace souk::graphql::internal {

enum class TokenKind : std::uint8_t {
  kStart, kEnd, kFailed,
  kBang, kDollar, kAmp, kParenL, kParenR, kSpread, kColon, kEquals, kAt, kBracketL, kBracketR, kBraceL, kPipe, kBraceR,
  kName, kInt, kFloat, kString, kBlockString
};

struct Token {
  TokenKind kind = TokenKind::kStart;
  std::uint32_t start = 0;
  std::uint32_t end = 0;
  std::string_view text;  ///< a name, a number as written, a string's value
};

/// As messages name it: `"{"`, `Name "id"`, `<EOF>`.
std::string Describe(const Token& token);
std::string Describe(TokenKind kind);

/// The lexical grammar (specification, 2.1). After a failure `error()` says why and where, and every further token is kFailed.
class Lexer {
 public:
  Lexer(std::string_view source, Arena* arena) : source_(source), arena_(arena) {}

  /// The first token at or after `from`.
  Token Next(std::uint32_t from);

  bool failed() const { return !error_.empty(); }
  const std::string& error() const { return error_; }
  std::uint32_t error_offset() const { return error_offset_; }

 private:
  unsigned char At(std::size_t i) const { return i < source_.size() ? static_cast<unsigned char>(source_[i]) : 0; }
  bool AtEnd(std::size_t i) const { return i >= source_.size(); }
  Token Fail(std::size_t offset, std::string message);
  Token Make(TokenKind kind, std::size_t start, std::size_t end) const;
  std::string CodePointAt(std::size_t i) const;
  Token ReadName(std::size_t start) const;
  Token ReadNumber(std::size_t start);
  bool ReadDigits(std::size_t* position);
  Token ReadString(std::size_t start);
  Token ReadBlockString(std::size_t start);
  bool ReadEscape(std::size_t* position, std::string* value);
  bool ReadUnicodeEscape(std::size_t* position, std::string* value);
  int ReadHex4(std::size_t position) const;

  std::string_view source_;
  Arena* arena_;
  std::string error_;
  std::uint32_t error_offset_ = 0;
};

}  // namespace souk::graphql::internal
