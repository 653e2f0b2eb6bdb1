#pragma once

#include <string>
#include <vector>

#include "libs/base/clock.hpp"
#include "libs/base/result.hpp"
#include "libs/base/uuid.hpp"
#include "services/inventory/domain/stock.hpp"

namespace souk::inventory {

/// Stored as a number; the same numbers as the contract.
enum class Status { kHeld = 1, kCommitted = 2, kReleased = 3, kExpired = 4, kRejected = 5 };

/// Part of a claim: units of one SKU in one bucket.
struct Held {
  std::string sku;
  std::int64_t bucket = 0;
  std::int64_t quantity = 0;
  bool operator==(const Held&) const = default;
};

/// A claim on stock, all lines or none. Its id is the order id.
struct Reservation {
  Uuid id;
  Status status = Status::kHeld;
  std::vector<Line> lines;  ///< by sku; empty for a tombstone
  std::vector<Held> held;   ///< where the units are
  std::vector<ShortLine> short_lines;  ///< why it was rejected
  std::string reason;                  ///< why it was rejected or released
  SystemTime expires_at;
  SystemTime created_at;
  std::int64_t version = 0;  ///< rises with every change and every answer; orders its events
  bool IsTombstone() const { return status == Status::kReleased && lines.empty(); }
};

/// What the catalogue tells about a SKU, and whether its low-stock alert is armed.
struct SkuInfo {
  std::string sku;
  std::string name;
  std::string seller_id;
  std::int64_t low_stock_threshold = 0;  ///< 0 = never alert
  std::int64_t version = 0;              ///< of the catalogue
  bool deleted = false;
  bool armed = false;        ///< stock was above the threshold since the last alert
  std::int64_t episode = 0;  ///< counts the falls
};

enum class MovementKind { kReceive, kAdjust, kRestock };
std::string ToString(MovementKind kind);

/// Units that came or went otherwise than by a sale. Received stock is the sum of these, and nothing overwrites it.
struct Movement {
  std::string id;  ///< with the sku it happens once
  std::string sku;
  MovementKind kind = MovementKind::kReceive;
  std::int64_t quantity = 0;  ///< signed
  std::string cause;          ///< the reason given, or the reservation that it belongs to
  Level after;                ///< the answer, for a repeat
  SystemTime at;
};

/// FAILED_PRECONDITION, reason OUT_OF_STOCK, every short line with what is available in details_json.
Error OutOfStock(const std::vector<ShortLine>& lines);
/// NOT_FOUND, reason UNKNOWN_SKU.
Error UnknownSku(const std::string& sku);
/// NOT_FOUND, reason UNKNOWN_RESERVATION.
Error UnknownReservation(const Uuid& id);
/// FAILED_PRECONDITION with the state as reason: "EXPIRED", "RELEASED", "COMMITTED", "REJECTED", "HELD".
Error WrongState(const Uuid& id, Status status);
std::string ToString(Status status);

}  // namespace souk::inventory
