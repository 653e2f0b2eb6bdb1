#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "libs/rpc/http_rule.hpp"
#include "libs/rpc/rest.hpp"
#include "libs/rpc/rest_binding.hpp"

namespace souk::rpc {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using Json = nlohmann::ordered_json;

Json ScalarSchema(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32: return {{"type", "integer"}, {"format", "int32"}};
    case FieldDescriptor::CPPTYPE_UINT32: return {{"type", "integer"}, {"minimum", 0}};
    case FieldDescriptor::CPPTYPE_INT64: return {{"type", "string"}, {"format", "int64"}};
    case FieldDescriptor::CPPTYPE_UINT64: return {{"type", "string"}, {"format", "uint64"}};
    case FieldDescriptor::CPPTYPE_BOOL: return {{"type", "boolean"}};
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT: return {{"type", "number"}};
    case FieldDescriptor::CPPTYPE_ENUM: {
      Json names = Json::array();
      for (int i = 0; i < field.enum_type()->value_count(); ++i) names.push_back(field.enum_type()->value(i)->name());
      return {{"type", "string"}, {"enum", names}};
    }
    default: {
      Json schema = {{"type", "string"}};
      if (field.type() == FieldDescriptor::TYPE_BYTES) schema["contentEncoding"] = "base64";
      return schema;
    }
  }
}

/// Collects the schema of each message once, under its full name.
class Schemas {
 public:
  Json Reference(const Descriptor& type) {
    if (type.full_name() == "google.protobuf.Timestamp") return {{"type", "string"}, {"format", "date-time"}};
    if (type.full_name() == "google.protobuf.Duration") return {{"type", "string"}, {"examples", {"1.5s"}}};
    if (!all_.contains(type.full_name())) {
      all_[type.full_name()] = Json::object();  // first the name: messages may hold themselves
      Json properties = Json::object();
      for (int i = 0; i < type.field_count(); ++i) properties[type.field(i)->json_name()] = Field(*type.field(i));
      all_[type.full_name()] = {{"type", "object"}, {"properties", properties}, {"additionalProperties", false}};
    }
    return {{"$ref", "#/components/schemas/" + type.full_name()}};
  }

  Json Field(const FieldDescriptor& field) {
    if (field.is_map()) {
      return {{"type", "object"}, {"additionalProperties", Single(*field.message_type()->map_value())}};
    }
    if (field.is_repeated()) return {{"type", "array"}, {"items", Single(field)}};
    return Single(field);
  }

  Json TakeAll() { return std::move(all_); }

 private:
  Json Single(const FieldDescriptor& field) {
    return field.message_type() != nullptr ? Reference(*field.message_type()) : ScalarSchema(field);
  }
  Json all_ = Json::object();
};

Json ProblemSchema() {
  const Json text = {{"type", "string"}};
  const Json field = {{"type", "object"}, {"properties", {{"field", text}, {"description", text}}}};
  return {{"type", "object"},
          {"properties",
           {{"type", text}, {"title", text}, {"status", {{"type", "integer"}}}, {"detail", text}, {"code", text},
            {"reason", text}, {"errors", {{"type", "array"}, {"items", field}}}, {"requestId", text}}}};
}

Json Parameter(const char* in, const std::string& name, bool required, Json schema) {
  return {{"name", name}, {"in", in}, {"required", required}, {"schema", std::move(schema)}};
}

Json Parameters(const Method& method, const souk::common::v1::HttpRule& rule, Schemas* schemas) {
  Json out = Json::array();
  const Descriptor& type = *method.request_prototype->GetDescriptor();
  const auto in_path = internal::PathParameters(rule.path());
  for (const std::string& name : in_path) {
    out.push_back(Parameter("path", name, true, schemas->Field(*internal::FindField(type, name))));
  }
  if (rule.idempotent_key_required()) {
    out.push_back(Parameter("header", "Idempotency-Key", true,
                            {{"type", "string"}, {"minLength", 1}, {"maxLength", 255}, {"pattern", "^[ -~]+$"}}));
  }
  if (rule.body() == "*") return out;
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const bool taken = std::find(in_path.begin(), in_path.end(), field.name()) != in_path.end();
    if (taken || field.name() == rule.body() || field.message_type() != nullptr) continue;
    out.push_back(Parameter("query", field.json_name(), false, schemas->Field(field)));
  }
  return out;
}

Json Operation(const Method& method, const souk::common::v1::HttpRule& rule, Schemas* schemas) {
  const std::string& service = method.descriptor->service()->name();
  const Json answer = schemas->Reference(*method.response_prototype->GetDescriptor());
  const char* answer_type = method.server_stream ? "text/event-stream" : "application/json";
  const std::string status = std::to_string(rule.success_status() == 0 ? 200 : rule.success_status());
  const Json problem = {{"$ref", "#/components/schemas/Problem"}};
  Json operation = {{"operationId", service + "_" + method.descriptor->name()},
                    {"tags", {service}},
                    {"parameters", Parameters(method, rule, schemas)}};
  if (!rule.body().empty()) {
    const Descriptor* type = method.request_prototype->GetDescriptor();
    if (rule.body() != "*") type = internal::FindField(*type, rule.body())->message_type();
    operation["requestBody"] = {{"required", true},
                                {"content", {{"application/json", {{"schema", schemas->Reference(*type)}}}}}};
  }
  operation["responses"] = {
      {status, {{"description", "Success"}, {"content", {{answer_type, {{"schema", answer}}}}}}},
      {"default", {{"description", "A problem"}, {"content", {{"application/problem+json", {{"schema", problem}}}}}}}};
  return operation;
}

std::string LowerCase(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return text;
}

}  // namespace

std::string OpenApi(const MethodTable& table, std::string_view title) {
  Schemas schemas;
  Json paths = Json::object();
  for (const auto& [name, method] : table.methods()) {
    const auto* rule = internal::FindHttpRule(method);
    if (rule == nullptr) continue;
    paths[rule->path()][LowerCase(rule->method())] = Operation(method, *rule, &schemas);
  }
  Json components = schemas.TakeAll();
  components["Problem"] = ProblemSchema();
  const Json document = {{"openapi", "3.1.0"},
                         {"info", {{"title", title}, {"version", "1"}}},
                         {"paths", paths},
                         {"components", {{"schemas", components}}}};
  return document.dump(2);
}

}  // namespace souk::rpc
