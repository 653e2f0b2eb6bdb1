#include "services/payments/app/validation.hpp"

namespace souk::payments {
namespace {

constexpr std::int64_t kTotalMax = 1'000'000'000'000;

Result<void> ValidAmount(const Money& amount) {
  if (!IsKnownCurrency(amount.currency)) return InvalidArgument("amount.currency", "must be a known ISO 4217 code");
  if (amount.minor_units <= 0 || amount.minor_units > kTotalMax) {
    return InvalidArgument("amount.minor_units", "must be 1 to 1000000000000");
  }
  return {};
}

bool Printable(const std::string& text) {
  for (const char c : text) {
    if (c < 0x21 || c > 0x7e) return false;
  }
  return true;
}

}  // namespace

Result<Uuid> ValidPaymentId(const std::string& text) {
  const auto id = Uuid::Parse(text);
  if (!id || id->IsNil()) return MalformedField("payment_id", "must be a UUID");
  return *id;
}

Result<void> Validate(const Authorize& command) {
  SOUK_RETURN_IF_ERROR(ValidAmount(command.amount));
  const std::string& method = command.payment_method;
  if (!method.starts_with("pm_") || method.size() < 4 || method.size() > 255 || !Printable(method)) {
    return InvalidArgument("payment_method", "must be a provider token of 4 to 255 characters that starts with pm_");
  }
  if (command.customer_id.size() > 255) return InvalidArgument("customer_id", "must be at most 255 bytes");
  return {};
}

Result<void> Validate(const Capture& command) { return ValidAmount(command.amount); }

Result<void> Validate(const GiveBack& command) {
  SOUK_RETURN_IF_ERROR(ValidAmount(command.amount));
  if (command.refund_id.empty() || command.refund_id.size() > 100 || !Printable(command.refund_id)) {
    return InvalidArgument("refund_id", "must be 1 to 100 printable characters without spaces");
  }
  return {};
}

}  // namespace souk::payments
