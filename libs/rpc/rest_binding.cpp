#include "libs/rpc/rest_binding.hpp"

#include <google/protobuf/descriptor.h>

#include <charconv>

namespace souk::rpc::internal {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const FieldDescriptor* FindOne(const Descriptor& type, const std::string& name) {
  const FieldDescriptor* field = type.FindFieldByName(name);
  if (field != nullptr) return field;
  for (int i = 0; i < type.field_count(); ++i) {
    if (type.field(i)->json_name() == name) return type.field(i);
  }
  return nullptr;
}

template <class T>
bool Number(const std::string& text, T* out) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), *out);
  return ec == std::errc{} && end == text.data() + text.size();
}

/// Calls `set` or `add` of the field's C++ type with the parsed text; false when it doesn't parse.
bool Assign(Message* message, const FieldDescriptor* field, const std::string& text) {
  const auto* reflection = message->GetReflection();
  const bool many = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (many) reflection->AddString(message, field, text);
      else reflection->SetString(message, field, text);
      return true;
    case FieldDescriptor::CPPTYPE_INT32: {
      std::int32_t value = 0;
      if (!Number(text, &value)) return false;
      if (many) reflection->AddInt32(message, field, value);
      else reflection->SetInt32(message, field, value);
      return true;
    }
    case FieldDescriptor::CPPTYPE_INT64: {
      std::int64_t value = 0;
      if (!Number(text, &value)) return false;
      if (many) reflection->AddInt64(message, field, value);
      else reflection->SetInt64(message, field, value);
      return true;
    }
    case FieldDescriptor::CPPTYPE_UINT32: {
      std::uint32_t value = 0;
      if (!Number(text, &value)) return false;
      if (many) reflection->AddUInt32(message, field, value);
      else reflection->SetUInt32(message, field, value);
      return true;
    }
    case FieldDescriptor::CPPTYPE_UINT64: {
      std::uint64_t value = 0;
      if (!Number(text, &value)) return false;
      if (many) reflection->AddUInt64(message, field, value);
      else reflection->SetUInt64(message, field, value);
      return true;
    }
    case FieldDescriptor::CPPTYPE_BOOL: {
      if (text != "true" && text != "false") return false;
      if (many) reflection->AddBool(message, field, text == "true");
      else reflection->SetBool(message, field, text == "true");
      return true;
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto* value = field->enum_type()->FindValueByName(text);
      if (value == nullptr) return false;
      if (many) reflection->AddEnum(message, field, value);
      else reflection->SetEnum(message, field, value);
      return true;
    }
    default: return false;
  }
}

struct Place {
  Message* message = nullptr;
  const FieldDescriptor* field = nullptr;
};

/// Walks a dotted path, making the messages on the way.
Place Walk(Message* message, std::string_view path) {
  while (true) {
    const std::size_t dot = path.find('.');
    const FieldDescriptor* field = FindOne(*message->GetDescriptor(), std::string(path.substr(0, dot)));
    if (field == nullptr) return {};
    if (dot == std::string_view::npos) return {message, field};
    if (field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return {};
    message = message->GetReflection()->MutableMessage(message, field);
    path.remove_prefix(dot + 1);
  }
}

}  // namespace

const FieldDescriptor* FindField(const Descriptor& parent, std::string_view path) {
  const Descriptor* type = &parent;
  while (true) {
    const std::size_t dot = path.find('.');
    const FieldDescriptor* field = FindOne(*type, std::string(path.substr(0, dot)));
    if (field == nullptr || dot == std::string_view::npos) return field;
    if (field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return nullptr;
    type = field->message_type();
    path.remove_prefix(dot + 1);
  }
}

Result<void> SetFromText(Message* message, std::string_view path, const std::string& text) {
  if (FindField(*message->GetDescriptor(), path) == nullptr) {
    Error error = MalformedField(std::string(path), "is not a known parameter");
    error.reason = "UNKNOWN_FIELD";
    return error;
  }
  const Place place = Walk(message, path);
  if (place.field == nullptr || !Assign(place.message, place.field, text)) {
    return MalformedField(std::string(path), "has a value of the wrong type");
  }
  return {};
}

bool Contradicts(const Message& message, std::string_view path, const std::string& text) {
  const FieldDescriptor* field = FindOne(*message.GetDescriptor(), std::string(path));
  if (field == nullptr || field->is_repeated() || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return false;
  const std::string held = message.GetReflection()->GetString(message, field);
  return !held.empty() && held != text;
}

std::vector<std::string> PathParameters(std::string_view pattern) {
  std::vector<std::string> out;
  for (std::size_t open = pattern.find('{'); open != std::string_view::npos; open = pattern.find('{', open + 1)) {
    std::string_view name = pattern.substr(open + 1, pattern.find('}', open) - open - 1);
    out.emplace_back(name.substr(0, name.find('=')));
  }
  return out;
}

}  // namespace souk::rpc::internal
