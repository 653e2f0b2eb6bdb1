#include "services/orders/adapters/validate.hpp"

#include <algorithm>
#include <unordered_set>

#include "libs/base/hash.hpp"

namespace souk::orders {
namespace {

constexpr std::int64_t kQuantityMax = 100'000;
constexpr int kLinesMax = 100;

bool IsName(const std::string& text) {
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), fits);
}

/// Characters, not bytes: protobuf has made sure that it is UTF-8.
std::size_t Length(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool HasControl(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

Result<void> CheckText(const std::string& field, const std::string& text, std::size_t min, std::size_t max) {
  const std::size_t length = Length(text);
  if (length < min || length > max) {
    return InvalidArgument(field, "must have " + std::to_string(min) + " to " + std::to_string(max) + " characters");
  }
  if (HasControl(text)) return InvalidArgument(field, "must not hold control characters");
  return {};
}

Result<void> CheckAddress(const souk::common::v1::Address& address) {
  SOUK_RETURN_IF_ERROR(CheckText("ship_to.name", address.name(), 1, 200));
  SOUK_RETURN_IF_ERROR(CheckText("ship_to.line1", address.line1(), 1, 200));
  SOUK_RETURN_IF_ERROR(CheckText("ship_to.line2", address.line2(), 0, 200));
  SOUK_RETURN_IF_ERROR(CheckText("ship_to.city", address.city(), 1, 100));
  SOUK_RETURN_IF_ERROR(CheckText("ship_to.postal_code", address.postal_code(), 0, 20));
  return CheckText("ship_to.country", address.country(), 1, 60);
}

Result<void> CheckEmail(const std::string& email) {
  if (email.empty()) return {};
  const std::size_t at = email.find('@');
  const bool shaped = at != std::string::npos && at > 0 && at + 1 < email.size() && email.find('@', at + 1) == std::string::npos &&
                      email.find(' ') == std::string::npos;
  if (email.size() > 254 || !shaped || HasControl(email)) return InvalidArgument("email", "must be an address of at most 254 characters, or empty");
  return {};
}

Result<std::optional<Money>> CheckMoney(const std::string& field, bool present, const souk::common::v1::Money& money, const std::string& currency) {
  if (!present) return std::optional<Money>();
  if (money.minor_units() < 0) return InvalidArgument(field + ".minor_units", "must not be negative");
  if (money.currency() != currency) return InvalidArgument(field + ".currency", "must be the order's currency");
  return std::optional<Money>(Money{money.minor_units(), money.currency()});
}

std::string HashOf(const google::protobuf::Message& request) { return Sha256Hex(request.SerializeAsString()).substr(0, 32); }

}  // namespace

Result<Uuid> ParseOrderId(const std::string& text) {
  const auto id = Uuid::Parse(text);
  if (!id) return MalformedField("order_id", "must be a UUID");
  return *id;
}

Result<void> CheckCustomerId(const std::string& text) {
  if (!IsName(text)) return InvalidArgument("customer_id", "must have 1 to 64 characters of A-Z a-z 0-9 . _ -");
  return {};
}

Result<void> CheckCurrency(const std::string& currency) {
  if (!IsKnownCurrency(currency)) return InvalidArgument("currency", "must be an ISO 4217 code such as GBP");
  return {};
}

Result<std::vector<RequestedLine>> CheckLines(const google::protobuf::RepeatedPtrField<v1::OrderLine>& lines, const std::string& currency) {
  if (lines.empty() || lines.size() > kLinesMax) return InvalidArgument("lines", "must be 1 to " + std::to_string(kLinesMax) + " lines");
  std::vector<RequestedLine> out;
  std::unordered_set<std::string> skus;
  for (int i = 0; i < lines.size(); ++i) {
    const v1::OrderLine& line = lines[i];
    const std::string at = "lines[" + std::to_string(i) + "]";
    if (!IsName(line.sku())) return InvalidArgument(at + ".sku", "must have 1 to 64 characters of A-Z a-z 0-9 . _ -");
    if (!skus.insert(line.sku()).second) return InvalidArgument(at + ".sku", "must be there once");
    if (line.quantity() < 1 || line.quantity() > kQuantityMax) {
      return InvalidArgument(at + ".quantity", "must be 1 to " + std::to_string(kQuantityMax));
    }
    SOUK_ASSIGN_OR_RETURN(auto price, CheckMoney(at + ".unit_price", line.has_unit_price(), line.unit_price(), currency));
    out.push_back({line.sku(), line.quantity(), std::move(price)});
  }
  return out;
}

Result<PlaceOrder> CheckPlaceOrder(const v1::PlaceOrderRequest& request, const std::string& key) {
  if (key.empty()) return MalformedField("request_id", "is required: the idempotency key of this call");
  if (key.size() > 255) return MalformedField("request_id", "must have at most 255 characters");
  SOUK_RETURN_IF_ERROR(CheckCustomerId(request.customer_id()));
  SOUK_RETURN_IF_ERROR(CheckEmail(request.email()));
  SOUK_RETURN_IF_ERROR(CheckCurrency(request.currency()));
  PlaceOrder place;
  SOUK_ASSIGN_OR_RETURN(place.lines, CheckLines(request.lines(), request.currency()));
  SOUK_ASSIGN_OR_RETURN(place.expected_total, CheckMoney("expected_total", request.has_expected_total(), request.expected_total(), request.currency()));
  const std::string& method = request.payment_method();
  if (method.rfind("pm_", 0) != 0 || method.size() > 255 || HasControl(method)) {
    return InvalidArgument("payment_method", "must be a provider's token that starts with pm_, of at most 255 characters");
  }
  if (!request.has_ship_to()) return InvalidArgument("ship_to", "is required");
  SOUK_RETURN_IF_ERROR(CheckAddress(request.ship_to()));

  OrderContent& draft = place.draft;
  draft.order_id = Uuid::FromName("order", request.customer_id() + "\n" + key);
  draft.customer_id = request.customer_id();
  draft.email = request.email();
  draft.currency = request.currency();
  draft.payment_method = method;
  draft.ship_to = request.ship_to().SerializeAsString();
  v1::PlaceOrderRequest body = request;
  body.clear_request_id();  // the key is not part of what must be equal
  draft.request_hash = HashOf(body);
  return place;
}

Result<CancelOrder> CheckCancel(const v1::CancelOrderRequest& request) {
  SOUK_RETURN_IF_ERROR(CheckText("comment", request.comment(), 0, 200));
  return CancelOrder{request.comment()};
}

Result<ReturnOrder> CheckReturn(const v1::ReturnOrderRequest& request, std::string return_id) {
  if (request.lines_size() > kLinesMax) return InvalidArgument("lines", "must be at most " + std::to_string(kLinesMax) + " lines");
  ReturnOrder command{std::move(return_id), {}};
  for (int i = 0; i < request.lines_size(); ++i) {
    const v1::ReturnLine& line = request.lines(i);
    const std::string at = "lines[" + std::to_string(i) + "]";
    if (!IsName(line.sku())) return InvalidArgument(at + ".sku", "must have 1 to 64 characters of A-Z a-z 0-9 . _ -");
    if (line.quantity() < 1 || line.quantity() > kQuantityMax) {
      return InvalidArgument(at + ".quantity", "must be 1 to " + std::to_string(kQuantityMax));
    }
    command.lines.push_back({line.sku(), line.quantity(), line.restock()});
  }
  return command;
}

}  // namespace souk::orders
