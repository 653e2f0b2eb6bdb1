#pragma once

#include "libs/rpc/method_table.hpp"

namespace souk::rpc::internal {

/// Checks the Idempotency-Key as sent: absent, empty, over 255 bytes or with anything but printable ASCII is refused
/// when the method's rule needs one; a bad one is refused always. Both wires ask here.
Result<void> CheckIdempotencyKey(const Method& method, std::string_view key, bool present);

/// The key of a gRPC call: its metadata, else the request's field request_id.
std::string RequestIdField(const google::protobuf::Message& request);

/// The card-number guard, unless the table turned it off.
Result<void> CheckCardNumbers(const MethodTable& table, const google::protobuf::Message& request);

}  // namespace souk::rpc::internal
