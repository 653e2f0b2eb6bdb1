#pragma once

#include <cstdint>
#include <string_view>

#include "libs/graphql/arena.hpp"

namespace souk::graphql {

enum class ValueKind : std::uint8_t { kNull, kBoolean, kInt, kFloat, kString, kEnum, kList, kObject };

struct Member;

/// A value at run time: what variables hold, what arguments are coerced to, what defaults are. A view: texts and elements lie
/// in some arena or document that outlives it. 16 bytes, copied freely.
class Value {
 public:
  Value() = default;
  static Value Boolean(bool value) { return Value(ValueKind::kBoolean, value); }
  static Value Int(std::int64_t value) { return Value(ValueKind::kInt, value); }
  static Value Float(double value) { Value out(ValueKind::kFloat, 0); out.float_ = value; return out; }
  static Value String(std::string_view text) { return Value(ValueKind::kString, text); }
  static Value Enum(std::string_view name) { return Value(ValueKind::kEnum, name); }
  static Value Items(List<Value> items) { Value out(ValueKind::kList, 0); out.items_ = items.items; out.count_ = items.count; return out; }
  static Value Members(List<Member> members) {
    Value out(ValueKind::kObject, 0);
    out.members_ = members.items;
    out.count_ = members.count;
    return out;
  }

  ValueKind kind() const { return kind_; }
  bool IsNull() const { return kind_ == ValueKind::kNull; }
  bool IsList() const { return kind_ == ValueKind::kList; }
  bool IsObject() const { return kind_ == ValueKind::kObject; }
  bool IsText() const { return kind_ == ValueKind::kString || kind_ == ValueKind::kEnum; }

  // Of another kind these give the neutral value: false, 0, "" or an empty list.
  bool AsBoolean() const { return kind_ == ValueKind::kBoolean && int_ != 0; }
  std::int64_t AsInt() const { return kind_ == ValueKind::kInt ? int_ : 0; }
  double AsFloat() const {
    return kind_ == ValueKind::kFloat ? float_ : kind_ == ValueKind::kInt ? static_cast<double>(int_) : 0.0;
  }
  std::string_view AsText() const { return IsText() ? std::string_view(text_, count_) : std::string_view(); }
  List<Value> AsList() const { return IsList() ? List<Value>{items_, count_} : List<Value>{}; }
  List<Member> AsObject() const { return IsObject() ? List<Member>{members_, count_} : List<Member>{}; }
  /// The member of that name; null when there is none or this is no object.
  const Value* Find(std::string_view name) const;

 private:
  Value(ValueKind kind, std::int64_t value) : kind_(kind), int_(value) {}
  Value(ValueKind kind, std::string_view text) : kind_(kind), count_(static_cast<std::uint32_t>(text.size())), text_(text.data()) {}

  ValueKind kind_ = ValueKind::kNull;
  std::uint32_t count_ = 0;
  union {
    std::int64_t int_ = 0;
    double float_;
    const char* text_;
    const Value* items_;
    const Member* members_;
  };
};

struct Member {
  std::string_view name;
  Value value;
};

inline const Value* Value::Find(std::string_view name) const {
  for (const Member& member : AsObject()) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

}  // namespace souk::graphql
