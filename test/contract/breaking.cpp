#include "test/contract/breaking.hpp"

#include <map>

namespace souk::contract {
namespace {

using google::protobuf::DescriptorProto;
using google::protobuf::EnumDescriptorProto;
using google::protobuf::FieldDescriptorProto;
using google::protobuf::FileDescriptorSet;
using google::protobuf::ServiceDescriptorProto;

struct Contracts {
  std::map<std::string, const DescriptorProto*> messages;
  std::map<std::string, const EnumDescriptorProto*> enums;
  std::map<std::string, const ServiceDescriptorProto*> services;
};

void CollectMessage(const std::string& scope, const DescriptorProto& message, Contracts& contracts) {
  const std::string name = scope + "." + message.name();
  contracts.messages[name] = &message;
  for (const auto& nested : message.nested_type()) CollectMessage(name, nested, contracts);
  for (const auto& nested : message.enum_type()) contracts.enums[name + "." + nested.name()] = &nested;
}

Contracts Collect(const FileDescriptorSet& set) {
  Contracts contracts;
  for (const auto& file : set.file()) {
    if (file.package().rfind("souk.", 0) != 0) continue;
    for (const auto& message : file.message_type()) CollectMessage(file.package(), message, contracts);
    for (const auto& value : file.enum_type()) contracts.enums[file.package() + "." + value.name()] = &value;
    for (const auto& service : file.service()) contracts.services[file.package() + "." + service.name()] = &service;
  }
  return contracts;
}

bool Reserves(const DescriptorProto& message, const FieldDescriptorProto& field) {
  bool number = false;
  for (const auto& range : message.reserved_range()) number = number || (field.number() >= range.start() && field.number() < range.end());
  bool name = false;
  for (const auto& reserved : message.reserved_name()) name = name || reserved == field.name();
  return number && name;
}

void CompareField(const std::string& where, const FieldDescriptorProto& before, const FieldDescriptorProto& after, std::vector<std::string>& breaks) {
  const std::string field = where + "." + before.name();
  if (before.name() != after.name()) breaks.push_back(field + " was renamed to " + after.name() + ": JSON readers lose it");
  if (before.type() != after.type() || before.type_name() != after.type_name()) breaks.push_back(field + " has another type");
  if (before.label() != after.label()) breaks.push_back(field + " has another cardinality");
  if (before.has_oneof_index() != after.has_oneof_index()) breaks.push_back(field + " moved into or out of a oneof");
}

void CompareMessage(const std::string& name, const DescriptorProto& before, const DescriptorProto& after, std::vector<std::string>& breaks) {
  std::map<int, const FieldDescriptorProto*> by_number;
  for (const auto& field : after.field()) by_number[field.number()] = &field;
  for (const auto& field : before.field()) {
    const auto found = by_number.find(field.number());
    if (found != by_number.end()) {
      CompareField(name, field, *found->second, breaks);
    } else if (!Reserves(after, field)) {
      breaks.push_back(name + "." + field.name() + " is gone: reserve its number and its name");
    }
  }
}

void CompareEnum(const std::string& name, const EnumDescriptorProto& before, const EnumDescriptorProto& after, std::vector<std::string>& breaks) {
  std::map<int, std::string> by_number;
  for (const auto& value : after.value()) by_number[value.number()] = value.name();
  for (const auto& value : before.value()) {
    const auto found = by_number.find(value.number());
    if (found == by_number.end() || found->second != value.name()) breaks.push_back(name + "." + value.name() + " is gone or has another number");
  }
}

void CompareService(const std::string& name, const ServiceDescriptorProto& before, const ServiceDescriptorProto& after, std::vector<std::string>& breaks) {
  for (const auto& method : before.method()) {
    const google::protobuf::MethodDescriptorProto* found = nullptr;
    for (const auto& candidate : after.method()) {
      if (candidate.name() == method.name()) found = &candidate;
    }
    if (found == nullptr) {
      breaks.push_back(name + "/" + method.name() + " is gone");
    } else if (found->input_type() != method.input_type() || found->output_type() != method.output_type() ||
               found->server_streaming() != method.server_streaming() || found->client_streaming() != method.client_streaming()) {
      breaks.push_back(name + "/" + method.name() + " has another signature");
    } else if (found->options().SerializeAsString() != method.options().SerializeAsString()) {
      breaks.push_back(name + "/" + method.name() + " has another HTTP route");
    }
  }
}

template <class Map, class Compare>
void CompareAll(const Map& before, const Map& after, Compare compare, std::vector<std::string>& breaks) {
  for (const auto& [name, old] : before) {
    const auto found = after.find(name);
    if (found == after.end()) {
      breaks.push_back(name + " is gone");
    } else {
      compare(name, *old, *found->second, breaks);
    }
  }
}

}  // namespace

std::vector<std::string> BreakingChanges(const FileDescriptorSet& before, const FileDescriptorSet& after) {
  const Contracts old = Collect(before);
  const Contracts now = Collect(after);
  std::vector<std::string> breaks;
  CompareAll(old.messages, now.messages, CompareMessage, breaks);
  CompareAll(old.enums, now.enums, CompareEnum, breaks);
  CompareAll(old.services, now.services, CompareService, breaks);
  return breaks;
}

}  // namespace souk::contract
