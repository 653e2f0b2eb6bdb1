#include "libs/base/hash.hpp"
#include "libs/base/time.hpp"
#include "libs/sql/connection.hpp"

namespace souk::sql {
namespace {

std::string HexBytes(std::string_view value) {
  return "\\x" + ToHex(reinterpret_cast<const std::uint8_t*>(value.data()), value.size());
}

}  // namespace

void Array::Separate() {
  if (size_++ > 0) text_.push_back(',');
}

void Array::Add(std::int64_t value) {
  Separate();
  text_ += std::to_string(value);
}

void Array::Add(bool value) {
  Separate();
  text_.push_back(value ? 't' : 'f');
}

void Array::Add(const Uuid& value) {
  Separate();
  text_ += value.ToString();
}

void Array::Add(std::string_view value) {
  Separate();
  text_.push_back('"');
  for (const char c : value) {
    if (c == '"' || c == '\\') text_.push_back('\\');
    text_.push_back(c);
  }
  text_.push_back('"');
}

void Array::Add(SystemTime value) {
  Separate();
  text_ += FormatTime(value);
}

void Array::AddBytes(std::string_view value) {
  Separate();
  text_ += "\"\\";  // the array's own escape of the backslash that starts a hex bytea
  text_ += HexBytes(value);
  text_.push_back('"');
}

void Array::AddNull() {
  Separate();
  text_ += "NULL";
}

Param::Param(SystemTime value) : text_(FormatTime(value)) {}

Param Param::Bytes(std::string_view value) {
  Param param;
  param.text_ = HexBytes(value);
  return param;
}

}  // namespace souk::sql
