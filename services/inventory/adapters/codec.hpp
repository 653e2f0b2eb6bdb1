#pragma once

#include <string>
#include <vector>

#include "libs/base/result.hpp"
#include "libs/outbox/outbox.hpp"
#include "services/inventory/app/ports.hpp"
#include "souk/inventory/v1/inventory_service.pb.h"
#include "souk/inventory/v1/reservation_commands.pb.h"

/// Domain to protobuf and back: the only place that knows both.
namespace souk::inventory::codec {

inline constexpr char kReservationEvents[] = "inventory.reservation.events.v1";
inline constexpr char kReservationCommands[] = "inventory.reservation.commands.v1";
inline constexpr char kStockCommands[] = "inventory.stock.commands.v1";
inline constexpr char kStockEvents[] = "inventory.stock.events.v1";
inline constexpr char kProductEvents[] = "products.product.events.v1";

/// The event as it goes to Kafka, caused by `work`.
outbox::OutboxRecord ToRecord(const Event& event, const Work& work);

v1::StockLevel ToProto(const Level& level);
v1::Reservation ToProto(const Reservation& reservation);
void ToProto(const Reservation& reservation, v1::Reservation* proto);

/// The errors below name the field. All are kInvalidArgument.
Result<Uuid> ParseReservationId(const std::string& text);
/// 1 to `max` lines, each sku once, quantity 1 to 100,000 (or `quantity_max`). Sorted by sku.
Result<std::vector<Line>> ParseLines(const google::protobuf::RepeatedPtrField<v1::StockLine>& lines, int max,
                                     std::int64_t quantity_max = 100'000);
Result<void> CheckSku(const std::string& sku, const std::string& field);
/// 1 to `max` characters.
Result<void> CheckName(const std::string& text, const std::string& field, std::size_t max);
/// 1 s to 24 h; `standard` when absent.
Result<std::chrono::microseconds> ParseHold(bool present, const google::protobuf::Duration& hold,
                                            std::chrono::microseconds standard);

/// A record of inventory.reservation.commands.v1 or inventory.stock.commands.v1; kUnimplemented for a type that is not ours.
Result<Command> ParseCommand(const std::string& type, const std::string& payload, SystemTime now,
                             std::chrono::microseconds standard_hold);
/// A record of products.product.events.v1; kUnimplemented for a type that is not ours.
Result<Command> ParseProduct(const std::string& type, const std::string& payload);

/// The message on channel souk:low-stock.
std::string LowStockJson(const std::string& sku, const StockLow& low);

}  // namespace souk::inventory::codec
