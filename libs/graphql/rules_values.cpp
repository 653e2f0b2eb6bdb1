#include <algorithm>
#include <unordered_map>

#include "libs/graphql/coerce.hpp"
#include "libs/graphql/printer.hpp"
#include "libs/graphql/rules.hpp"

// Values and directives (specification, 5.6 and 5.7).
namespace souk::graphql::internal {
namespace {

class ValueCheck {
 public:
  ValueCheck(const TypedDocument& doc, Findings* findings) : doc_(doc), findings_(findings) {}

  void Check(const ast::Value& node, const Type* type) {
    if (type == nullptr) return;
    switch (node.kind) {
      case ast::ValueKind::kVariable: break;
      case ast::ValueKind::kNull:
        if (type->IsNonNull()) Mismatch(node, *type);
        break;
      case ast::ValueKind::kList:
        if (!type->Nullable().IsList()) return CheckLeaf(node, type->Nullable());
        for (const ast::Value& item : node.items) Check(item, type->Nullable().inner);
        break;
      case ast::ValueKind::kObject:
        if (type->named->kind != TypeKind::kInputObject) return CheckLeaf(node, *type);
        CheckObject(node, *type->named);
        break;
      default: CheckLeaf(node, *type);
    }
  }

 private:
  void Add(std::string message, const ast::Value& node) { findings_->Add("ValuesOfCorrectType", std::move(message), {node.offset}); }

  void Mismatch(const ast::Value& node, const Type& type) {
    Add("Expected value of type " + Quoted(ToString(type)) + ", found " + Print(node) + ".", node);
  }

  void CheckLeaf(const ast::Value& node, const Type& type) {
    // What lies in a custom scalar is its parser's business once variables are known.
    const NamedType& named = *type.named;
    if (named.IsLeaf() && named.kind == TypeKind::kScalar && named.built_in == BuiltIn::kNone && !named.parser) return;
    if (!named.IsLeaf() || !CoerceLeaf(node, named, nullptr, &doc_.arena)) Mismatch(node, type);
  }

  void CheckObject(const ast::Value& node, const NamedType& type) {
    std::unordered_map<std::string_view, const ast::Value*> given;
    for (const ast::ObjectField& field : node.fields) given[field.name.text] = &field.value;
    for (const InputField& field : type.inputs) {
      if (!field.IsRequired() || given.count(field.name) > 0) continue;
      Add("Field \"" + std::string(type.name) + "." + std::string(field.name) + "\" of required type " + Quoted(ToString(*field.type)) +
              " was not provided.",
          node);
    }
    if (type.one_of) {
      if (given.size() != 1) {
        Add("OneOf Input Object " + Quoted(type.name) + " must specify exactly one key.", node);
      } else if (given.begin()->second->kind == ast::ValueKind::kNull) {
        Add("Field \"" + std::string(type.name) + "." + std::string(given.begin()->first) + "\" must be non-null.", node);
      }
    }
    for (const ast::ObjectField& field : node.fields) {
      const InputField* definition = type.FindInput(field.name.text);
      if (definition == nullptr) {
        findings_->Add("ValuesOfCorrectType", "Field " + Quoted(field.name.text) + " is not defined by type " + Quoted(type.name) + ".",
                       {field.name.offset});
      } else {
        Check(field.value, definition->type);
      }
    }
  }

  const TypedDocument& doc_;
  Findings* findings_;
};

}  // namespace

void ValuesOfCorrectType(const TypedDocument& doc, Findings* findings) {
  ValueCheck check(doc, findings);
  for (const TypedDocument::ValueUse& use : doc.values) check.Check(*use.node, use.type);
}

void UniqueInputFieldNames(const TypedDocument& doc, Findings* findings) {
  for (const ast::Value* object : doc.object_values) {
    std::unordered_map<std::string_view, std::uint32_t> known;
    for (const ast::ObjectField& field : object->fields) {
      const auto [first, is_new] = known.emplace(field.name.text, field.name.offset);
      if (is_new) continue;
      findings->Add("UniqueInputFieldNames", "There can be only one input field named " + Quoted(field.name.text) + ".",
                    {first->second, field.name.offset});
    }
  }
}

void KnownDirectives(const TypedDocument& doc, Findings* findings) {
  for (const TypedDocument::DirectiveUse& use : doc.directives) {
    const std::string name = "irective \"@" + std::string(use.node->name.text) + "\"";
    if (use.type == nullptr) {
      findings->Add("KnownDirectives", "Unknown d" + name + ".", {use.node->offset});
    } else if (const auto& known = use.type->locations; std::find(known.begin(), known.end(), use.location) == known.end()) {
      findings->Add("KnownDirectives", "D" + name + " may not be used on " + std::string(use.location) + ".", {use.node->offset});
    }
  }
}

void UniqueDirectivesPerLocation(const TypedDocument& doc, Findings* findings) {
  for (const List<ast::Directive>* list : doc.directive_lists) {
    std::unordered_map<std::string_view, std::uint32_t> known;
    for (const ast::Directive& node : *list) {
      const DirectiveType* type = doc.schema.FindDirective(node.name.text);
      if (type == nullptr || type->repeatable) continue;
      const auto [first, is_new] = known.emplace(node.name.text, node.offset);
      if (is_new) continue;
      findings->Add("UniqueDirectivesPerLocation", "The directive \"@" + std::string(type->name) + "\" can only be used once at this location.",
                    {first->second, node.offset});
    }
  }
}

}  // namespace souk::graphql::internal
