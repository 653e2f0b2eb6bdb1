#include "libs/graphql/lexer.hpp"

#include <cstdio>
#include <vector>

#include "libs/graphql/block_string.hpp"
#include "libs/graphql/utf8.hpp"

namespace souk::graphql::internal {
namespace {

bool IsDigit(unsigned char c) { return c >= '0' && c <= '9'; }
bool IsNameStart(unsigned char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
int HexDigit(unsigned char c) {
  if (IsDigit(c)) return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}
bool IsScalarValue(std::int64_t point) { return (point >= 0 && point <= 0xD7FF) || (point >= 0xE000 && point <= 0x10FFFF); }

TokenKind Punctuator(unsigned char c) {
  switch (c) {
    case '!': return TokenKind::kBang;
    case '$': return TokenKind::kDollar;
    case '&': return TokenKind::kAmp;
    case '(': return TokenKind::kParenL;
    case ')': return TokenKind::kParenR;
    case ':': return TokenKind::kColon;
    case '=': return TokenKind::kEquals;
    case '@': return TokenKind::kAt;
    case '[': return TokenKind::kBracketL;
    case ']': return TokenKind::kBracketR;
    case '{': return TokenKind::kBraceL;
    case '|': return TokenKind::kPipe;
    case '}': return TokenKind::kBraceR;
    default: return TokenKind::kFailed;
  }
}

}  // namespace

std::string Describe(TokenKind kind) {
  static constexpr const char* kNames[] = {
      "<SOF>", "<EOF>", "", "\"!\"", "\"$\"", "\"&\"", "\"(\"", "\")\"", "\"...\"", "\":\"", "\"=\"", "\"@\"",
      "\"[\"", "\"]\"", "\"{\"", "\"|\"", "\"}\"", "Name", "Int", "Float", "String", "BlockString"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string Describe(const Token& token) {
  std::string text = Describe(token.kind);
  if (token.kind >= TokenKind::kName) text += " \"" + std::string(token.text) + "\"";
  return text;
}

Token Lexer::Fail(std::size_t offset, std::string message) {
  if (!failed()) {
    error_ = std::move(message);
    error_offset_ = static_cast<std::uint32_t>(offset);
  }
  return Make(TokenKind::kFailed, offset, offset);
}

Token Lexer::Make(TokenKind kind, std::size_t start, std::size_t end) const {
  return {kind, static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(end), {}};
}

std::string Lexer::CodePointAt(std::size_t i) const {
  if (AtEnd(i)) return "<EOF>";
  if (At(i) == '"') return "'\"'";
  if (At(i) >= 0x20 && At(i) <= 0x7E) return '"' + std::string(1, source_[i]) + '"';
  const bool valid = Utf8Length(source_, i) > 0;
  char text[16];
  std::snprintf(text, sizeof text, valid ? "U+%04X" : "byte %02X", valid ? Utf8Decode(source_, i) : At(i));
  return text;
}

Token Lexer::Next(std::uint32_t from) {
  if (failed()) return Make(TokenKind::kFailed, error_offset_, error_offset_);
  std::size_t i = from;
  while (i < source_.size()) {
    const unsigned char c = At(i);
    if (c == ' ' || c == ',' || c == '\t' || c == '\n' || c == '\r') {
      ++i;
    } else if (c == '#') {
      while (i < source_.size() && At(i) != '\n' && At(i) != '\r') {
        const int length = Utf8Length(source_, i);
        if (length == 0) return Fail(i, "Invalid character: " + CodePointAt(i) + ".");
        i += static_cast<std::size_t>(length);
      }
    } else if (c == 0xEF && At(i + 1) == 0xBB && At(i + 2) == 0xBF) {
      i += 3;  // byte order mark
    } else if (IsNameStart(c)) {
      return ReadName(i);
    } else if (const TokenKind kind = Punctuator(c); kind != TokenKind::kFailed) {
      return Make(kind, i, i + 1);
    } else if (c == '.' && At(i + 1) == '.' && At(i + 2) == '.') {
      return Make(TokenKind::kSpread, i, i + 3);
    } else if (c == '"') {
      return At(i + 1) == '"' && At(i + 2) == '"' ? ReadBlockString(i) : ReadString(i);
    } else if (IsDigit(c) || c == '-') {
      return ReadNumber(i);
    } else if (c == '\'') {
      return Fail(i, "Unexpected single quote character ('), did you mean to use a double quote (\")?");
    } else {
      return Fail(i, (Utf8Length(source_, i) > 0 ? "Unexpected character: " : "Invalid character: ") + CodePointAt(i) + ".");
    }
  }
  return Make(TokenKind::kEnd, source_.size(), source_.size());
}

Token Lexer::ReadName(std::size_t start) const {
  std::size_t end = start + 1;
  while (IsNameStart(At(end)) || IsDigit(At(end))) ++end;
  Token token = Make(TokenKind::kName, start, end);
  token.text = source_.substr(start, end - start);
  return token;
}

bool Lexer::ReadDigits(std::size_t* position) {
  if (!IsDigit(At(*position))) {
    Fail(*position, "Invalid number, expected digit but got: " + CodePointAt(*position) + ".");
    return false;
  }
  while (IsDigit(At(*position))) ++*position;
  return true;
}

Token Lexer::ReadNumber(std::size_t start) {
  std::size_t i = start;
  bool is_float = false;
  if (At(i) == '-') ++i;
  if (At(i) == '0') {
    ++i;
    if (IsDigit(At(i))) return Fail(i, "Invalid number, unexpected digit after 0: " + CodePointAt(i) + ".");
  } else if (!ReadDigits(&i)) {
    return Make(TokenKind::kFailed, i, i);
  }
  if (At(i) == '.') {
    is_float = true;
    ++i;
    if (!ReadDigits(&i)) return Make(TokenKind::kFailed, i, i);
  }
  if (At(i) == 'e' || At(i) == 'E') {
    is_float = true;
    ++i;
    if (At(i) == '+' || At(i) == '-') ++i;
    if (!ReadDigits(&i)) return Make(TokenKind::kFailed, i, i);
  }
  if (At(i) == '.' || IsNameStart(At(i))) return Fail(i, "Invalid number, expected digit but got: " + CodePointAt(i) + ".");
  Token token = Make(is_float ? TokenKind::kFloat : TokenKind::kInt, start, i);
  token.text = source_.substr(start, i - start);
  return token;
}

Token Lexer::ReadString(std::size_t start) {
  std::size_t i = start + 1;
  std::size_t chunk = i;
  std::string value;
  bool escaped = false;
  while (i < source_.size()) {
    const unsigned char c = At(i);
    if (c == '"') {
      Token token = Make(TokenKind::kString, start, i + 1);
      token.text = source_.substr(chunk, i - chunk);
      if (escaped) token.text = arena_->Copy(value.append(token.text));
      return token;
    }
    if (c == '\n' || c == '\r') break;
    if (c == '\\') {
      value.append(source_.substr(chunk, i - chunk));
      escaped = true;
      if (!ReadEscape(&i, &value)) return Make(TokenKind::kFailed, i, i);
      chunk = i;
      continue;
    }
    const int length = Utf8Length(source_, i);
    if (length == 0) return Fail(i, "Invalid character within String: " + CodePointAt(i) + ".");
    i += static_cast<std::size_t>(length);
  }
  return Fail(i, "Unterminated string.");
}

bool Lexer::ReadEscape(std::size_t* position, std::string* value) {
  const std::size_t i = *position;
  switch (At(i + 1)) {
    case '"': *value += '"'; break;
    case '\\': *value += '\\'; break;
    case '/': *value += '/'; break;
    case 'b': *value += '\b'; break;
    case 'f': *value += '\f'; break;
    case 'n': *value += '\n'; break;
    case 'r': *value += '\r'; break;
    case 't': *value += '\t'; break;
    case 'u': return ReadUnicodeEscape(position, value);
    default: {
      const int length = AtEnd(i + 1) ? 0 : Utf8Length(source_, i + 1);
      Fail(i, "Invalid character escape sequence: \"" + std::string(source_.substr(i, 1 + static_cast<std::size_t>(length))) + "\".");
      return false;
    }
  }
  *position = i + 2;
  return true;
}

int Lexer::ReadHex4(std::size_t position) const {
  int code = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const int digit = HexDigit(At(position + i));
    if (digit < 0) return -1;
    code = code * 16 + digit;
  }
  return code;
}

// \uXXXX, a pair of surrogates \uXXXX\uXXXX, or \u{X…}
bool Lexer::ReadUnicodeEscape(std::size_t* position, std::string* value) {
  const std::size_t i = *position;
  std::size_t size = 6;
  if (At(i + 2) == '{') {
    std::int64_t point = 0;
    for (size = 3; size < 12;) {
      const unsigned char c = At(i + size++);
      if (c == '}') {
        if (size < 5 || !IsScalarValue(point)) break;
        AppendUtf8(static_cast<std::uint32_t>(point), value);
        *position = i + size;
        return true;
      }
      const int digit = HexDigit(c);
      if (digit < 0) break;
      point = point * 16 + digit;
    }
  } else {
    const int code = ReadHex4(i + 2);
    if (IsScalarValue(code)) {
      AppendUtf8(static_cast<std::uint32_t>(code), value);
      *position = i + 6;
      return true;
    }
    if (code >= 0xD800 && code <= 0xDBFF && At(i + 6) == '\\' && At(i + 7) == 'u') {
      const int low = ReadHex4(i + 8);
      if (low >= 0xDC00 && low <= 0xDFFF) {
        AppendUtf8(static_cast<std::uint32_t>(0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00)), value);
        *position = i + 12;
        return true;
      }
    }
  }
  // Cut between characters, as the message must stay UTF-8.
  std::size_t end = i;
  for (std::size_t units = 0; units < size && end < source_.size(); ++units) {
    const int length = Utf8Length(source_, end);
    if (length == 0) break;
    end += static_cast<std::size_t>(length);
  }
  Fail(i, "Invalid Unicode escape sequence: \"" + std::string(source_.substr(i, end - i)) + "\".");
  return false;
}

Token Lexer::ReadBlockString(std::size_t start) {
  std::size_t i = start + 3;
  std::size_t chunk = i;
  std::string line;
  std::vector<std::string> lines;
  const auto take = [&] { line.append(source_.substr(chunk, i - chunk)); };
  while (i < source_.size()) {
    const unsigned char c = At(i);
    if (c == '"' && At(i + 1) == '"' && At(i + 2) == '"') {
      take();
      lines.push_back(std::move(line));
      Token token = Make(TokenKind::kBlockString, start, i + 3);
      token.text = arena_->Copy(DedentBlockString(lines));
      return token;
    }
    if (c == '\\' && source_.substr(i + 1, 3) == "\"\"\"") {
      take();
      chunk = i + 1;
      i += 4;
    } else if (c == '\n' || c == '\r') {
      take();
      lines.push_back(std::move(line));
      line.clear();
      i += c == '\r' && At(i + 1) == '\n' ? 2 : 1;
      chunk = i;
    } else {
      const int length = Utf8Length(source_, i);
      if (length == 0) return Fail(i, "Invalid character within String: " + CodePointAt(i) + ".");
      i += static_cast<std::size_t>(length);
    }
  }
  return Fail(i, "Unterminated string.");
}

}  // namespace souk::graphql::internal
