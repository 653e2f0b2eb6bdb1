#include "libs/rpc/json_scan.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <vector>

namespace souk::rpc::internal {
namespace {

Error Bad(std::string where, std::string what) {
  if (where.empty()) where = "body";
  Error error = MalformedField(std::move(where), std::move(what));
  error.reason = "MALFORMED_JSON";
  return error;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

/// "order_id" -> "orderId", protobuf's own rule.
std::string Camel(std::string_view name) {
  std::string out;
  bool upper = false;
  for (const char c : name) {
    if (c == '_') {
      upper = true;
      continue;
    }
    out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    upper = false;
  }
  return out;
}

/// A strict recursive-descent reader that keeps nothing but names.
class Scanner {
 public:
  Scanner(std::string_view text, int depth_max) : text_(text), depth_max_(depth_max) {}

  Result<void> Run() {
    SOUK_RETURN_IF_ERROR(Value("", 0));
    Space();
    if (at_ < text_.size()) return Bad("", "has bytes after the JSON value");
    return {};
  }

 private:
  char Peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void Space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n' || text_[at_] == '\r' || text_[at_] == '\t')) {
      ++at_;
    }
  }
  bool Eat(char c) {
    Space();
    if (Peek() != c) return false;
    ++at_;
    return true;
  }

  Result<void> Value(const std::string& path, int depth) {
    Space();
    if (depth > depth_max_) return Bad("", "is nested too deeply");
    const char c = Peek();
    if (c == '{') return Object(path, depth);
    if (c == '[') return Array(path, depth);
    if (c == '"') return Text(path, nullptr);
    if (c == '-' || IsDigit(c)) return Number(path);
    for (const std::string_view word : {"true", "false", "null"}) {
      if (text_.substr(at_, word.size()) != word) continue;
      at_ += word.size();
      return {};
    }
    return Bad(path, "isn't valid JSON");
  }

  Result<void> Object(const std::string& path, int depth) {
    ++at_;
    std::vector<std::string> names;
    if (Eat('}')) return {};
    while (true) {
      Space();
      if (Peek() != '"') return Bad(path, "wants a name in double quotes");
      std::string name;
      SOUK_RETURN_IF_ERROR(Text(path, &name));
      names.push_back(Camel(name));
      if (!Eat(':')) return Bad(path, "wants a colon after a name");
      SOUK_RETURN_IF_ERROR(Value(path.empty() ? name : path + '.' + name, depth + 1));
      if (Eat('}')) break;
      if (!Eat(',')) return Bad(path, "wants a comma or a closing brace");
    }
    std::sort(names.begin(), names.end());
    const auto twice = std::adjacent_find(names.begin(), names.end());
    if (twice != names.end()) return Bad(path.empty() ? *twice : path + '.' + *twice, "is given twice");
    return {};
  }

  Result<void> Array(const std::string& path, int depth) {
    ++at_;
    if (Eat(']')) return {};
    for (int i = 0;; ++i) {
      SOUK_RETURN_IF_ERROR(Value(path + '[' + std::to_string(i) + ']', depth + 1));
      if (Eat(']')) return {};
      if (!Eat(',')) return Bad(path, "wants a comma or a closing bracket");
    }
  }

  Result<void> Text(const std::string& path, std::string* out) {
    ++at_;
    while (at_ < text_.size()) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') {
        ++at_;
        return {};
      }
      if (c < 0x20) return Bad(path, "has a control character in a string");
      if (c == '\\') {
        if (!Escape()) return Bad(path, "has a bad escape in a string");
        if (out != nullptr) *out += '?';
        continue;
      }
      const std::size_t size = Utf8Size();
      if (size == 0) return Bad(path, "isn't valid UTF-8");
      if (out != nullptr) out->append(text_.substr(at_, size));
      at_ += size;
    }
    return Bad(path, "ends inside a string");
  }

  bool Escape() {
    ++at_;
    const char c = Peek();
    ++at_;
    if (c != 'u') return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos && c != '\0';
    unsigned unit = 0;
    if (!CodeUnit(&unit) || (unit >= 0xdc00 && unit <= 0xdfff)) return false;
    if (unit < 0xd800 || unit > 0xdbff) return true;
    // The first half of a pair: nothing but the other half may follow.
    if (text_.substr(at_, 2) != "\\u") return false;
    at_ += 2;
    return CodeUnit(&unit) && unit >= 0xdc00 && unit <= 0xdfff;
  }

  bool CodeUnit(unsigned* unit) {
    const auto parsed = std::from_chars(text_.data() + at_, text_.data() + std::min(at_ + 4, text_.size()), *unit, 16);
    if (parsed.ec != std::errc() || parsed.ptr != text_.data() + at_ + 4) return false;
    at_ += 4;
    return true;
  }

  /// Bytes of the code point here; 0 when it isn't one.
  std::size_t Utf8Size() const {
    const auto byte = [this](std::size_t i) {
      return at_ + i < text_.size() ? static_cast<unsigned char>(text_[at_ + i]) : 0u;
    };
    const unsigned first = byte(0);
    const auto tail = [&](std::size_t i) { return (byte(i) & 0xc0u) == 0x80u; };
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return tail(1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
      if (!tail(1) || !tail(2)) return 0;
      if ((first == 0xe0 && byte(1) < 0xa0) || (first == 0xed && byte(1) > 0x9f)) return 0;
      return 3;
    }
    if (first < 0xf0 || first > 0xf4 || !tail(1) || !tail(2) || !tail(3)) return 0;
    if ((first == 0xf0 && byte(1) < 0x90) || (first == 0xf4 && byte(1) > 0x8f)) return 0;
    return 4;
  }

  Result<void> Number(const std::string& path) {
    const std::size_t from = at_;
    if (Peek() == '-') ++at_;
    if (Peek() == '0') ++at_;
    else if (!Digits()) return Bad(path, "isn't a valid number");
    if (Peek() == '.') {
      ++at_;
      if (!Digits()) return Bad(path, "isn't a valid number");
    }
    if (Peek() == 'e' || Peek() == 'E') {
      ++at_;
      if (Peek() == '+' || Peek() == '-') ++at_;
      if (!Digits()) return Bad(path, "isn't a valid number");
    }
    double value = 0;
    if (std::from_chars(text_.data() + from, text_.data() + at_, value).ec != std::errc()) return Bad(path, "is a number that can't be held");
    return {};
  }

  bool Digits() {
    const std::size_t from = at_;
    while (IsDigit(Peek())) ++at_;
    return at_ > from;
  }

  std::string_view text_;
  int depth_max_;
  std::size_t at_ = 0;
};

}  // namespace

Result<void> ScanJson(std::string_view json, int depth_max) { return Scanner(json, depth_max).Run(); }

}  // namespace souk::rpc::internal
