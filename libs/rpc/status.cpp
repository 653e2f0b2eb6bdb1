#include "libs/rpc/status.hpp"

#include "souk/common/v1/options.pb.h"

namespace souk::rpc::internal {
namespace {

constexpr std::size_t kDetailMax = 12 * 1024;
constexpr std::size_t kMessageMax = 2048;

grpc::StatusCode ToCode(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return grpc::StatusCode::INVALID_ARGUMENT;
    case ErrorCode::kUnauthenticated: return grpc::StatusCode::UNAUTHENTICATED;
    case ErrorCode::kPermissionDenied: return grpc::StatusCode::PERMISSION_DENIED;
    case ErrorCode::kNotFound: return grpc::StatusCode::NOT_FOUND;
    case ErrorCode::kAlreadyExists: return grpc::StatusCode::ALREADY_EXISTS;
    case ErrorCode::kFailedPrecondition: return grpc::StatusCode::FAILED_PRECONDITION;
    case ErrorCode::kAborted: return grpc::StatusCode::ABORTED;
    case ErrorCode::kResourceExhausted: return grpc::StatusCode::RESOURCE_EXHAUSTED;
    case ErrorCode::kDeadlineExceeded: return grpc::StatusCode::DEADLINE_EXCEEDED;
    case ErrorCode::kUnavailable: return grpc::StatusCode::UNAVAILABLE;
    case ErrorCode::kUnimplemented: return grpc::StatusCode::UNIMPLEMENTED;
    case ErrorCode::kInternal: return grpc::StatusCode::INTERNAL;
  }
  return grpc::StatusCode::INTERNAL;
}

ErrorCode FromCode(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::OUT_OF_RANGE: return ErrorCode::kInvalidArgument;
    case grpc::StatusCode::UNAUTHENTICATED: return ErrorCode::kUnauthenticated;
    case grpc::StatusCode::PERMISSION_DENIED: return ErrorCode::kPermissionDenied;
    case grpc::StatusCode::NOT_FOUND: return ErrorCode::kNotFound;
    case grpc::StatusCode::ALREADY_EXISTS: return ErrorCode::kAlreadyExists;
    case grpc::StatusCode::FAILED_PRECONDITION: return ErrorCode::kFailedPrecondition;
    case grpc::StatusCode::ABORTED: return ErrorCode::kAborted;
    case grpc::StatusCode::RESOURCE_EXHAUSTED: return ErrorCode::kResourceExhausted;
    case grpc::StatusCode::DEADLINE_EXCEEDED: return ErrorCode::kDeadlineExceeded;
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::CANCELLED: return ErrorCode::kUnavailable;
    case grpc::StatusCode::UNIMPLEMENTED: return ErrorCode::kUnimplemented;
    default: return ErrorCode::kInternal;
  }
}

}  // namespace

grpc::Status ToStatus(const Error& error) { return {ToCode(error.code), error.message.substr(0, kMessageMax)}; }

std::string EncodeDetail(const Error& error) {
  if (error.reason.empty() && error.fields.empty() && error.details_json.empty() && error.http_status == 0) return {};
  souk::common::v1::ErrorDetail detail;
  detail.set_reason(error.reason);
  detail.set_http_status(error.http_status);
  detail.set_details_json(error.details_json);
  for (const FieldViolation& violation : error.fields) {
    auto* field = detail.add_fields();
    field->set_field(violation.field);
    field->set_description(violation.description);
    if (detail.ByteSizeLong() > kDetailMax) {
      detail.mutable_fields()->RemoveLast();
      break;
    }
  }
  if (detail.ByteSizeLong() > kDetailMax) detail.clear_details_json();
  return detail.SerializeAsString();
}

Error FromStatus(const grpc::Status& status, std::string_view bytes) {
  Error error = MakeError(FromCode(status.error_code()), status.error_message());
  if (status.error_code() == grpc::StatusCode::CANCELLED) error.reason = "CANCELLED";
  souk::common::v1::ErrorDetail detail;
  if (bytes.empty() || !detail.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return error;
  error.reason = detail.reason();
  error.http_status = detail.http_status();
  error.details_json = detail.details_json();
  for (const auto& field : detail.fields()) error.fields.push_back({field.field(), field.description()});
  return error;
}

}  // namespace souk::rpc::internal
