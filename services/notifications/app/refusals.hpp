#pragma once

#include "libs/base/error.hpp"

namespace souk::notifications {

inline Error KeyReused() {
  Error error = MakeError(ErrorCode::kInvalidArgument, "this Idempotency-Key was used with another request",
                          "IDEMPOTENCY_KEY_REUSED");
  error.http_status = 422;
  return error;
}

}  // namespace souk::notifications
