#pragma once

#include <string>

#include "libs/base/result.hpp"
#include "services/payments/domain/payment.hpp"

namespace souk::payments {

// The limits stated in proto/souk/payments/v1, the same for Kafka, gRPC and REST. Errors name the field.
Result<Uuid> ValidPaymentId(const std::string& text);
Result<void> Validate(const Authorize& command);
Result<void> Validate(const Capture& command);
Result<void> Validate(const GiveBack& command);

}  // namespace souk::payments
