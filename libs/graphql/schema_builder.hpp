#pragma once

#include <string>
#include <unordered_set>
#include <vector>

#include "libs/graphql/schema.hpp"

namespace souk::graphql {

/// Makes a Schema of type system documents: first the names, then what is in them, then the checks of specification 3.
class SchemaBuilder {
 public:
  explicit SchemaBuilder(const SchemaOptions& options) : options_(options), schema_(new Schema()) {}

  /// `standard` documents define what every schema has; what `text` defines again is its own.
  void Add(DocumentPtr document, bool standard);
  BuiltSchema Finish();

 private:
  // schema_builder.cpp
  void Declare(const ast::Definition& definition, bool standard);
  void Extend(const ast::Definition& definition);
  void Fill(NamedType* type, const ast::Definition& definition);
  void FillFields(NamedType* type, const ast::TypeSystemDefinition& node);
  void FillScalar(NamedType* type, const ast::TypeSystemDefinition& node);
  void FillDirective(const ast::Definition& definition);
  void SetRoots(const ast::TypeSystemDefinition& node);
  InputField MakeInput(const ast::InputValueDefinition& node);
  const Type* MakeType(const ast::Type& node);
  NamedType* Find(const ast::Name& name);
  std::optional<std::string_view> Deprecation(const List<ast::Directive>& directives);
  void CoerceDefaults();
  void CoerceDefault(InputField* input);
  void LinkSubtypes();
  void Order();
  void Collect(const NamedType* type);
  void TakeMeta();

  // schema_check.cpp
  void Check();
  void CheckName(std::string_view name, std::uint32_t offset);
  void CheckComposite(const NamedType& type);
  void CheckImplements(const NamedType& type, const NamedType& interface);
  void CheckField(const NamedType& type, const Field& own, const Field& wanted);
  void CheckInputs(const std::vector<InputField>& inputs, const std::string& where);
  void CheckUnion(const NamedType& type);
  void CheckInputObject(const NamedType& type);
  void CheckDirectives(const List<ast::Directive>& directives);
  void CheckDirectives(const ast::TypeSystemDefinition& node);
  bool ReachesItself(const NamedType& start, const NamedType& type, std::unordered_set<const NamedType*>* seen);

  void Fail(std::string message, std::uint32_t offset);
  void Twice(std::string_view what, const ast::Name& name);

  const SchemaOptions& options_;
  std::shared_ptr<Schema> schema_;
  std::vector<GraphQLError> errors_;
  std::vector<const ast::Definition*> own_;        // definitions of the schema's text, in order
  std::vector<const ast::Definition*> standard_;   // and of the standard one
  std::vector<const NamedType*> defined_;          // types of the text, in order
  std::unordered_set<const NamedType*> collected_;
  const ast::Document* document_ = nullptr;
  bool explicit_roots_ = false;
};

}  // namespace souk::graphql
