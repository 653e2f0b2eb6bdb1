#include "services/inventory/domain/reservation.hpp"

namespace souk::inventory {

std::string ToString(MovementKind kind) {
  switch (kind) {
    case MovementKind::kReceive: return "receive";
    case MovementKind::kAdjust: return "adjust";
    case MovementKind::kRestock: return "restock";
  }
  return "unknown";
}

std::string ToString(Status status) {
  switch (status) {
    case Status::kHeld: return "HELD";
    case Status::kCommitted: return "COMMITTED";
    case Status::kReleased: return "RELEASED";
    case Status::kExpired: return "EXPIRED";
    case Status::kRejected: return "REJECTED";
  }
  return "UNKNOWN";
}

Error OutOfStock(const std::vector<ShortLine>& lines) {
  Error error = MakeError(ErrorCode::kFailedPrecondition, "not enough stock", "OUT_OF_STOCK");
  // SKUs hold no character that JSON would have to escape: they were validated on their way in.
  std::string json = "{\"shortLines\":[";
  for (const ShortLine& line : lines) {
    if (json.back() == '}') json += ',';
    json += "{\"sku\":\"" + line.sku + "\",\"requested\":" + std::to_string(line.requested) +
            ",\"available\":" + std::to_string(line.available) + "}";
  }
  error.details_json = json + "]}";
  return error;
}

Error UnknownSku(const std::string& sku) {
  return MakeError(ErrorCode::kNotFound, "the SKU " + sku + " is not known", "UNKNOWN_SKU");
}

Error UnknownReservation(const Uuid& id) {
  return MakeError(ErrorCode::kNotFound, "there is no reservation " + id.ToString(), "UNKNOWN_RESERVATION");
}

Error WrongState(const Uuid& id, Status status) {
  const std::string state = ToString(status);
  return MakeError(ErrorCode::kFailedPrecondition, "the reservation " + id.ToString() + " is " + state, state);
}

}  // namespace souk::inventory
