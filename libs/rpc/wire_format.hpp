#pragma once

// Internal to libs/rpc: includes gRPC.
#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>

namespace souk::rpc::internal {

grpc::ByteBuffer Serialize(const google::protobuf::Message& message);
/// False when the bytes aren't that message. `buffer` is empty afterwards.
bool Parse(grpc::ByteBuffer* buffer, google::protobuf::Message* message);

}  // namespace souk::rpc::internal
