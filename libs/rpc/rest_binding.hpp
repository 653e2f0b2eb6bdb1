#pragma once

#include <google/protobuf/message.h>

#include <string>
#include <string_view>
#include <vector>

#include "libs/base/result.hpp"

namespace souk::rpc::internal {

/// The field that "order_id", "orderId" or "filter.status" names; null when there is none.
/// `parent` is the message type that the path starts from.
const google::protobuf::FieldDescriptor* FindField(const google::protobuf::Descriptor& parent, std::string_view path);

/// Sets a scalar, enum or (appending) repeated scalar field from the text of a path or query parameter.
/// kInvalidArgument naming the field; the text is never repeated.
Result<void> SetFromText(google::protobuf::Message* message, std::string_view path, const std::string& text);

/// True when the path names a string field that already holds another text: body and path disagree.
bool Contradicts(const google::protobuf::Message& message, std::string_view path, const std::string& text);

/// The parameter names of a rule's path: "/v1/a/{x}/b/{y}:do" gives x, y.
std::vector<std::string> PathParameters(std::string_view pattern);

}  // namespace souk::rpc::internal
