#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <string_view>

#include "libs/base/result.hpp"

namespace souk::rpc {

/// The path ("lines[0].note") of the first string field that holds a card number: 13 to 19 digits that pass Luhn,
/// single spaces or hyphens between them allowed, not part of a longer word (so UUIDs and references don't count) and
/// not after "+" (a telephone number).
std::optional<std::string> FindPan(const google::protobuf::Message& message);
/// The same for plain text.
bool ContainsPan(std::string_view text);

/// The refusal: kInvalidArgument, reason "pan_not_allowed", names the field and never the value.
Error PanNotAllowed(std::string field);

}  // namespace souk::rpc
