#include "libs/graphql/json.hpp"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <unordered_map>
#include <utility>
#include <vector>

#include "libs/graphql/utf8.hpp"

namespace souk::graphql {
namespace {

/// Digits and exponent as ECMAScript's Number::toString lays them out: `digits` times ten to the (exponent - digits + 1).
void AppendDigits(std::string_view digits, int exponent, std::string* out) {
  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1;
  const auto zeros = [out](int n) { out->append(static_cast<std::size_t>(n), '0'); };
  if (count <= point && point <= 21) {
    out->append(digits);
    zeros(point - count);
  } else if (0 < point && point <= 21) {
    out->append(digits.substr(0, static_cast<std::size_t>(point)));
    *out += '.';
    out->append(digits.substr(static_cast<std::size_t>(point)));
  } else if (-6 < point && point <= 0) {
    *out += "0.";
    zeros(-point);
    out->append(digits);
  } else {
    *out += digits[0];
    if (count > 1) {
      *out += '.';
      out->append(digits.substr(1));
    }
    *out += exponent < 0 ? "e-" : "e+";
    *out += std::to_string(std::abs(exponent));
  }
}

class JsonParser {
 public:
  JsonParser(std::string_view text, Arena* arena, int depth_max) : text_(text), arena_(arena), depth_left_(depth_max) {}

  std::optional<Value> Parse() {
    Value value;
    if (!ParseValue(&value)) return std::nullopt;
    SkipBlanks();
    if (at_ != text_.size()) return std::nullopt;
    return value;
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void SkipBlanks() {
    while (Peek() == ' ' || Peek() == '\n' || Peek() == '\t' || Peek() == '\r') ++at_;
  }
  bool Skip(char c) {
    SkipBlanks();
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  bool SkipWord(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }

  bool ParseValue(Value* out) {
    SkipBlanks();
    switch (Peek()) {
      case '{': return ParseObject(out);
      case '[': return ParseArray(out);
      case '"': {
        std::string_view text;
        if (!ParseString(&text)) return false;
        *out = Value::String(text);
        return true;
      }
      case 't': *out = Value::Boolean(true); return SkipWord("true");
      case 'f': *out = Value::Boolean(false); return SkipWord("false");
      case 'n': *out = Value(); return SkipWord("null");
      default: return ParseNumber(out);
    }
  }

  bool ParseArray(Value* out) {
    if (--depth_left_ < 0) return false;
    ++at_;
    const std::size_t from = values_.size();
    if (!Skip(']')) {
      do {
        Value value;
        if (!ParseValue(&value)) return false;
        values_.push_back(value);
      } while (Skip(','));
      if (!Skip(']')) return false;
    }
    const std::size_t count = values_.size() - from;
    auto* items = arena_->NewArray<Value>(count);
    for (std::size_t i = 0; i < count; ++i) items[i] = values_[from + i];
    values_.resize(from);
    *out = Value::Items({items, static_cast<std::uint32_t>(count)});
    ++depth_left_;
    return true;
  }

  bool ParseObject(Value* out) {
    if (--depth_left_ < 0) return false;
    ++at_;
    const std::size_t from = members_.size();
    if (!Skip('}')) {
      do {
        Member member;
        SkipBlanks();
        if (Peek() != '"' || !ParseString(&member.name) || !Skip(':') || !ParseValue(&member.value)) return false;
        members_.push_back(member);
      } while (Skip(','));
      if (!Skip('}')) return false;
    }
    DropRepeated(from);
    const std::size_t count = members_.size() - from;
    auto* items = arena_->NewArray<Member>(count);
    for (std::size_t i = 0; i < count; ++i) items[i] = members_[from + i];
    members_.resize(from);
    *out = Value::Members({items, static_cast<std::uint32_t>(count)});
    ++depth_left_;
    return true;
  }

  void DropRepeated(std::size_t from) {
    std::unordered_map<std::string_view, std::size_t> seen;
    std::size_t kept = from;
    for (std::size_t i = from; i < members_.size(); ++i) {
      const auto [entry, is_new] = seen.emplace(members_[i].name, kept);
      if (is_new) {
        members_[kept++] = members_[i];
      } else {
        members_[entry->second].value = members_[i].value;
      }
    }
    members_.resize(kept);
  }

  bool ParseNumber(Value* out) {
    const std::size_t start = at_;
    const auto digits = [this] {
      const std::size_t from = at_;
      while (Peek() >= '0' && Peek() <= '9') ++at_;
      return at_ > from;
    };
    if (Peek() == '-') ++at_;
    const bool zero = Peek() == '0';
    if (!digits()) return false;
    const std::size_t first = text_[start] == '-' ? start + 1 : start;
    if (zero && at_ - first > 1) return false;
    bool integral = true;
    if (Peek() == '.') {
      integral = false;
      ++at_;
      if (!digits()) return false;
    }
    if (Peek() == 'e' || Peek() == 'E') {
      integral = false;
      ++at_;
      if (Peek() == '+' || Peek() == '-') ++at_;
      if (!digits()) return false;
    }
    const char* begin = text_.data() + start;
    const char* end = text_.data() + at_;
    std::int64_t whole = 0;
    if (integral && std::from_chars(begin, end, whole).ec == std::errc()) {
      *out = whole == 0 && *begin == '-' ? Value::Float(-0.0) : Value::Int(whole);
      return true;
    }
    double number = 0;
    // Out of range: strtod gives infinity or zero, where from_chars gives nothing.
    if (std::from_chars(begin, end, number).ec != std::errc()) number = std::strtod(std::string(begin, end).c_str(), nullptr);
    *out = Value::Float(number);
    return true;
  }

  bool ParseString(std::string_view* out) {
    const std::size_t start = ++at_;
    std::string value;
    std::size_t chunk = start;
    bool escaped = false;
    while (at_ < text_.size()) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') {
        *out = text_.substr(chunk, at_ - chunk);
        if (escaped) *out = arena_->Copy(value.append(*out));
        ++at_;
        return true;
      }
      if (c < 0x20) return false;
      if (c == '\\') {
        value.append(text_.substr(chunk, at_ - chunk));
        escaped = true;
        if (!ParseEscape(&value)) return false;
        chunk = at_;
        continue;
      }
      const int length = internal::Utf8Length(text_, at_);
      if (length == 0) return false;
      at_ += static_cast<std::size_t>(length);
    }
    return false;
  }

  bool ParseEscape(std::string* value) {
    static constexpr std::string_view kNames = "\"\\/bfnrt";
    static constexpr std::string_view kMeant = "\"\\/\b\f\n\r\t";
    ++at_;
    if (Peek() != 'u') {
      const std::size_t found = at_ < text_.size() ? kNames.find(Peek()) : std::string_view::npos;
      if (found == std::string_view::npos) return false;
      *value += kMeant[found];
      ++at_;
      return true;
    }
    ++at_;
    std::uint32_t code = 0;
    if (!ParseHex(&code)) return false;
    if (code >= 0xD800 && code <= 0xDBFF && SkipWord("\\u")) {
      std::uint32_t low = 0;
      if (!ParseHex(&low) || low < 0xDC00 || low > 0xDFFF) return false;
      code = 0x10000 + (code - 0xD800) * 0x400 + (low - 0xDC00);
    }
    if (code >= 0xD800 && code <= 0xDFFF) return false;
    internal::AppendUtf8(code, value);
    return true;
  }

  bool ParseHex(std::uint32_t* code) {
    if (text_.size() - at_ < 4) return false;
    const char* begin = text_.data() + at_;
    const auto result = std::from_chars(begin, begin + 4, *code, 16);
    at_ += 4;
    return result.ec == std::errc() && result.ptr == begin + 4;
  }

  std::string_view text_;
  Arena* arena_;
  int depth_left_;
  std::size_t at_ = 0;
  std::vector<Value> values_;    // elements of arrays that are still open
  std::vector<Member> members_;  // members of objects that are still open
};

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  *out += '"';
  std::size_t chunk = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out->append(text.substr(chunk, i - chunk));
    chunk = i + 1;
    switch (c) {
      case '"': *out += "\\\""; break;
      case '\\': *out += "\\\\"; break;
      case '\b': *out += "\\b"; break;
      case '\t': *out += "\\t"; break;
      case '\n': *out += "\\n"; break;
      case '\f': *out += "\\f"; break;
      case '\r': *out += "\\r"; break;
      default: {
        char code[8];
        std::snprintf(code, sizeof code, "\\u%04x", c);
        *out += code;
      }
    }
  }
  out->append(text.substr(chunk));
  *out += '"';
}

void AppendJsonNumber(std::int64_t number, std::string* out) {
  char text[24];
  const auto result = std::to_chars(text, text + sizeof text, number);
  out->append(text, result.ptr);
}

void AppendJsonNumber(double number, std::string* out) {
  if (!std::isfinite(number)) {
    *out += "null";
    return;
  }
  if (number == 0) {
    *out += '0';
    return;
  }
  char text[40];
  const auto result = std::to_chars(text, text + sizeof text, number, std::chars_format::scientific);
  std::string_view shown(text, static_cast<std::size_t>(result.ptr - text));
  if (shown[0] == '-') {
    *out += '-';
    shown.remove_prefix(1);
  }
  const std::size_t e = shown.find('e');
  const bool negative = shown[e + 1] == '-';
  int exponent = 0;
  std::from_chars(shown.data() + e + 2, result.ptr, exponent);
  if (negative) exponent = -exponent;
  std::string digits(shown.substr(0, 1));
  if (e > 2) digits += shown.substr(2, e - 2);
  AppendDigits(digits, exponent, out);
}

void AppendJson(const Value& value, std::string* out) {
  switch (value.kind()) {
    case ValueKind::kNull: *out += "null"; break;
    case ValueKind::kBoolean: *out += value.AsBoolean() ? "true" : "false"; break;
    case ValueKind::kInt: AppendJsonNumber(value.AsInt(), out); break;
    case ValueKind::kFloat: AppendJsonNumber(value.AsFloat(), out); break;
    case ValueKind::kString:
    case ValueKind::kEnum: AppendJsonString(value.AsText(), out); break;
    case ValueKind::kList: {
      *out += '[';
      bool first = true;
      for (const Value& item : value.AsList()) {
        if (!std::exchange(first, false)) *out += ',';
        AppendJson(item, out);
      }
      *out += ']';
      break;
    }
    case ValueKind::kObject: {
      *out += '{';
      bool first = true;
      for (const Member& member : value.AsObject()) {
        if (!std::exchange(first, false)) *out += ',';
        AppendJsonString(member.name, out);
        *out += ':';
        AppendJson(member.value, out);
      }
      *out += '}';
      break;
    }
  }
}

std::optional<Value> ParseJson(std::string_view text, Arena* arena, int depth_max) {
  return JsonParser(text, arena, depth_max).Parse();
}

}  // namespace souk::graphql
