#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>

#include "libs/base/result.hpp"

namespace souk::rpc {

/// Strict JSON to a message: unknown fields, duplicate names, NaN, trailing bytes and nesting over 32 levels are
/// kInvalidArgument naming the field. The error never repeats a value of the input.
Result<void> ParseJson(std::string_view json, google::protobuf::Message* message);

/// lowerCamelCase names, default values included, int64 as strings (the protobuf JSON mapping).
Result<std::string> ToJson(const google::protobuf::Message& message);

}  // namespace souk::rpc
