#include "libs/base/error.hpp"

namespace souk {

std::string_view ToString(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument: return "INVALID_ARGUMENT";
    case ErrorCode::kUnauthenticated: return "UNAUTHENTICATED";
    case ErrorCode::kPermissionDenied: return "PERMISSION_DENIED";
    case ErrorCode::kNotFound: return "NOT_FOUND";
    case ErrorCode::kAlreadyExists: return "ALREADY_EXISTS";
    case ErrorCode::kFailedPrecondition: return "FAILED_PRECONDITION";
    case ErrorCode::kAborted: return "ABORTED";
    case ErrorCode::kResourceExhausted: return "RESOURCE_EXHAUSTED";
    case ErrorCode::kDeadlineExceeded: return "DEADLINE_EXCEEDED";
    case ErrorCode::kUnavailable: return "UNAVAILABLE";
    case ErrorCode::kUnimplemented: return "UNIMPLEMENTED";
    case ErrorCode::kInternal: return "INTERNAL";
  }
  return "INTERNAL";
}

bool IsRetryable(ErrorCode code) {
  return code == ErrorCode::kAborted || code == ErrorCode::kUnavailable ||
         code == ErrorCode::kDeadlineExceeded || code == ErrorCode::kResourceExhausted;
}

Error MalformedField(std::string field, std::string description) {
  Error error = InvalidArgument(std::move(field), std::move(description));
  error.http_status = 400;
  return error;
}

Error InvalidArgument(std::string field, std::string description) {
  Error error;
  error.http_status = 422;
  error.code = ErrorCode::kInvalidArgument;
  error.message = field + ": " + description;
  error.fields.push_back({std::move(field), std::move(description)});
  return error;
}

Error MakeError(ErrorCode code, std::string message, std::string reason) {
  Error error;
  error.code = code;
  error.message = std::move(message);
  error.reason = std::move(reason);
  return error;
}

}  // namespace souk
