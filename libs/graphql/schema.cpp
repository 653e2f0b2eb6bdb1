#include "libs/graphql/schema.hpp"

#include <algorithm>

namespace souk::graphql {
namespace {

template <class T>
const T* FindNamed(const std::vector<T>& all, std::string_view name) {
  for (const T& one : all) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

}  // namespace

bool operator==(const Type& a, const Type& b) {
  if (&a == &b) return true;
  if (a.kind != b.kind || a.named != b.named) return false;
  return a.kind == Type::Kind::kNamed || *a.inner == *b.inner;
}

std::string ToString(const Type& type) {
  switch (type.kind) {
    case Type::Kind::kNamed: return std::string(type.named->name);
    case Type::Kind::kList: return "[" + ToString(*type.inner) + "]";
    case Type::Kind::kNonNull: return ToString(*type.inner) + "!";
  }
  return {};
}

const InputField* Field::FindArgument(std::string_view argument) const { return FindNamed(arguments, argument); }

const Field* NamedType::FindField(std::string_view field) const {
  const auto found = field_index.find(field);
  return found == field_index.end() ? nullptr : &fields[found->second];
}

const InputField* NamedType::FindInput(std::string_view field) const { return FindNamed(inputs, field); }
bool NamedType::HasValue(std::string_view value) const { return FindNamed(values, value) != nullptr; }

const NamedType* Schema::FindType(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

const DirectiveType* Schema::FindDirective(std::string_view name) const { return FindNamed(directives_, name); }

const Field* Schema::FindField(const NamedType& parent, std::string_view name) const {
  if (name.starts_with("__") && parent.IsComposite()) {
    if (name == "__typename") return &typename_field();
    if (&parent == Root(ast::OperationType::kQuery)) {
      if (name == "__schema") return &schema_field();
      if (name == "__type") return &type_field();
    }
  }
  return parent.FindField(name);
}

const Type* Schema::Resolve(const ast::Type& node, Arena* arena) const {
  Type* type = arena->New<Type>();
  if (node.kind == ast::TypeKind::kNamed) {
    type->named = FindType(node.name.text);
    return type->named == nullptr ? nullptr : type;
  }
  type->kind = node.kind == ast::TypeKind::kList ? Type::Kind::kList : Type::Kind::kNonNull;
  type->inner = Resolve(*node.inner, arena);
  if (type->inner == nullptr) return nullptr;
  type->named = type->inner->named;
  return type;
}

bool IsSubtype(const Type& sub, const Type& super) {
  if (super.IsNonNull()) return sub.IsNonNull() && IsSubtype(*sub.inner, *super.inner);
  if (sub.IsNonNull()) return IsSubtype(*sub.inner, super);
  if (super.IsList() || sub.IsList()) return super.IsList() && sub.IsList() && IsSubtype(*sub.inner, *super.inner);
  return sub.named == super.named || (super.named->IsAbstract() && super.named->HasSubtype(*sub.named));
}

bool Overlap(const NamedType& a, const NamedType& b) {
  if (&a == &b) return true;
  if (a.IsAbstract() && b.IsAbstract()) {
    return std::any_of(a.possible.begin(), a.possible.end(), [&](const NamedType* type) { return b.HasSubtype(*type); });
  }
  if (a.IsAbstract()) return a.HasSubtype(b);
  return b.IsAbstract() && b.HasSubtype(a);
}

}  // namespace souk::graphql
