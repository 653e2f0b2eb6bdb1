#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace souk {

/// The one error vocabulary, a subset of gRPC's canonical codes. Mapped once per wire: libs/http and libs/rpc.
enum class ErrorCode {
  kInvalidArgument,     ///< the request is wrong whatever the state is (HTTP 400 or 422)
  kUnauthenticated,     ///< nobody known is asking
  kPermissionDenied,    ///< somebody known asks for what is not theirs
  kNotFound,            ///< no such thing
  kAlreadyExists,       ///< the same id with other content
  kFailedPrecondition,  ///< right request, wrong state
  kAborted,             ///< lost a race, worth trying again
  kResourceExhausted,   ///< a bound was met (queue, rate, size)
  kDeadlineExceeded,    ///< the caller's time is over; the effect is unknown
  kUnavailable,         ///< a dependency is away, worth trying again later
  kUnimplemented,       ///< no such method
  kInternal,            ///< a defect of ours
};

/// "INVALID_ARGUMENT" and so on.
std::string_view ToString(ErrorCode code);

/// True for codes where the same request may succeed later without a change.
bool IsRetryable(ErrorCode code);

/// What was wrong with one field of a request.
struct FieldViolation {
  std::string field;        ///< path in the request, e.g. "lines[2].quantity"
  std::string description;  ///< one sentence without secrets
};

/// A failure: code for programs, message for people, reason as a stable machine-readable word.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::string reason;  ///< UPPER_SNAKE, e.g. "PRICE_CHANGED"; empty when the code says all
  std::vector<FieldViolation> fields;
  std::string details_json;  ///< optional JSON object merged into the problem document (e.g. a new quote)
  int http_status = 0;       ///< overrides the mapping of `code` where a wire needs it (422, 402); 0 = none
};

/// A field that can be read but is not acceptable (HTTP 422).
Error InvalidArgument(std::string field, std::string description);
/// A field that can't even be read, such as an id that is no UUID (HTTP 400).
Error MalformedField(std::string field, std::string description);
Error MakeError(ErrorCode code, std::string message, std::string reason = {});

}  // namespace souk
