#pragma once

// Internal to libs/rpc: includes gRPC.
#include <grpcpp/support/status.h>

#include <string>
#include <string_view>

#include "libs/base/error.hpp"

namespace souk::rpc::internal {

inline constexpr char kErrorMetadata[] = "souk-error-bin";

/// THE place where Error and grpc::Status meet.
grpc::Status ToStatus(const Error& error);
/// The bytes of souk.common.v1.ErrorDetail for the trailing metadata; empty when the code and message say all. Bounded
/// to 12 KB: details that don't fit are left out.
std::string EncodeDetail(const Error& error);
/// The other direction; `detail` is the metadata's value or empty.
Error FromStatus(const grpc::Status& status, std::string_view detail);

}  // namespace souk::rpc::internal
