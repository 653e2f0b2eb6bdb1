#include "libs/rpc/wire_format.hpp"

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/proto_buffer_writer.h>

#include "libs/base/check.hpp"

namespace souk::rpc::internal {

grpc::ByteBuffer Serialize(const google::protobuf::Message& message) {
  grpc::ByteBuffer buffer;
  bool own = false;
  const auto status =
      grpc::GenericSerialize<grpc::ProtoBufferWriter, google::protobuf::Message>(message, &buffer, &own);
  SOUK_CHECK(status.ok());  // proto3 messages of ours always serialize; over 2 GB is a defect
  return buffer;
}

bool Parse(grpc::ByteBuffer* buffer, google::protobuf::Message* message) {
  return grpc::GenericDeserialize<grpc::ProtoBufferReader, google::protobuf::Message>(buffer, message).ok();
}

}  // namespace souk::rpc::internal
