#include "libs/graphql/block_string.hpp"

#include <cstdio>
#include <optional>

#include "libs/graphql/utf8.hpp"

namespace souk::graphql::internal {
namespace {

constexpr std::size_t kLineMax = 70;

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

std::size_t LeadingBlanks(std::string_view line) {
  std::size_t count = 0;
  while (count < line.size() && IsBlank(line[count])) ++count;
  return count;
}

std::string EscapeTripleQuotes(std::string_view value) {
  std::string escaped;
  for (std::size_t i = 0; i < value.size();) {
    if (value.substr(i, 3) == "\"\"\"") {
      escaped += "\\\"\"\"";
      i += 3;
    } else {
      escaped += value[i++];
    }
  }
  return escaped;
}

}  // namespace

std::string DedentBlockString(const std::vector<std::string>& lines) {
  std::size_t common = std::string::npos;
  std::optional<std::size_t> first;
  std::size_t last = 0;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::size_t indent = LeadingBlanks(lines[i]);
    if (indent == lines[i].size()) continue;
    if (!first) first = i;
    last = i;
    if (i != 0 && indent < common) common = indent;
  }
  std::string text;
  if (!first) return text;
  for (std::size_t i = *first; i <= last; ++i) {
    if (i != *first) text += '\n';
    if (i == 0 || common == std::string::npos) {
      text += lines[i];
    } else if (common < lines[i].size()) {
      text += lines[i].substr(common);
    }
  }
  return text;
}

std::string PrintBlockString(std::string_view value) {
  const std::string escaped = EscapeTripleQuotes(value);
  bool single_line = true;
  bool indented = true;  // every line but the first is empty or starts with a blank
  for (std::size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '\n' && escaped[i] != '\r') continue;
    single_line = false;
    if (escaped[i] == '\r' && i + 1 < escaped.size() && escaped[i + 1] == '\n') ++i;
    const bool empty = i + 1 == escaped.size() || escaped[i + 1] == '\n' || escaped[i + 1] == '\r';
    if (!empty && !IsBlank(escaped[i + 1])) indented = false;
  }
  const bool leading_line = !single_line && indented;
  const bool triple_quotes_last = escaped.ends_with("\\\"\"\"");
  const bool trailing_line = (value.ends_with('"') && !triple_quotes_last) || value.ends_with('\\');
  const bool several_lines =
      !single_line || Utf16Length(value) > kLineMax || trailing_line || leading_line || triple_quotes_last;
  const bool starts_blank = single_line && !value.empty() && IsBlank(value[0]);
  std::string out = "\"\"\"";
  if ((several_lines && !starts_blank) || leading_line) out += '\n';
  out += escaped;
  if (several_lines || trailing_line) out += '\n';
  return out + "\"\"\"";
}

std::string PrintString(std::string_view value) {
  std::string out = "\"";
  const auto escape = [&out](unsigned point) {
    char text[8];
    std::snprintf(text, sizeof text, "\\u%04X", point);
    out += text;
  };
  for (std::size_t i = 0; i < value.size(); ++i) {
    const auto byte = static_cast<unsigned char>(value[i]);
    switch (byte) {
      case '\b': out += "\\b"; break;
      case '\t': out += "\\t"; break;
      case '\n': out += "\\n"; break;
      case '\f': out += "\\f"; break;
      case '\r': out += "\\r"; break;
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      default:
        if (byte < 0x20 || byte == 0x7F) {
          escape(byte);
        } else if (byte == 0xC2 && i + 1 < value.size() && static_cast<unsigned char>(value[i + 1]) < 0xA0) {
          escape(static_cast<unsigned char>(value[++i]));  // U+0080 to U+009F
        } else {
          out += value[i];
        }
    }
  }
  return out + '"';
}

}  // namespace souk::graphql::internal
