#include "services/inventory/adapters/codec.hpp"

#include <algorithm>
#include <set>

#include "libs/base/match.hpp"
#include "souk/inventory/v1/reservation_events.pb.h"
#include "souk/inventory/v1/stock_commands.pb.h"
#include "souk/inventory/v1/stock_events.pb.h"
#include "souk/products/v1/product_events.pb.h"

namespace souk::inventory::codec {
namespace {

google::protobuf::Timestamp ToTimestamp(SystemTime time) {
  google::protobuf::Timestamp stamp;
  const std::int64_t micros = ToUnixMicros(time);
  stamp.set_seconds(micros / 1'000'000);
  stamp.set_nanos(static_cast<std::int32_t>(micros % 1'000'000 * 1000));
  return stamp;
}

struct Encoded {
  const char* type;
  std::string payload;
};

template <class Proto>
Encoded Encode(const char* type, const Proto& proto) {
  return {type, proto.SerializeAsString()};
}

v1::StockRejected Rejected(const std::string& id, const StockRejected& event) {
  v1::StockRejected proto;
  proto.set_reservation_id(id);
  proto.set_reason(event.reason);
  for (const ShortLine& line : event.short_lines) {
    v1::ShortLine* part = proto.add_short_lines();
    part->set_sku(line.sku);
    part->set_requested(line.requested);
    part->set_available(line.available);
  }
  return proto;
}

template <class Proto>
Proto WithId(const std::string& id) {
  Proto proto;
  proto.set_reservation_id(id);
  return proto;
}

Encoded EncodeReservationEvent(const Event& event) {
  const std::string& id = event.key;
  return std::visit(
      Match{[&](const StockReserved& body) {
              auto proto = WithId<v1::StockReserved>(id);
              *proto.mutable_expires_at() = ToTimestamp(body.expires_at);
              return Encode("souk.inventory.v1.StockReserved", proto);
            },
            [&](const StockRejected& body) { return Encode("souk.inventory.v1.StockRejected", Rejected(id, body)); },
            [&](const StockReleased&) { return Encode("souk.inventory.v1.StockReleased", WithId<v1::StockReleased>(id)); },
            [&](const StockCommitted&) { return Encode("souk.inventory.v1.StockCommitted", WithId<v1::StockCommitted>(id)); },
            [&](const StockCommitFailed& body) {
              auto proto = WithId<v1::StockCommitFailed>(id);
              proto.set_reason(body.reason);
              return Encode("souk.inventory.v1.StockCommitFailed", proto);
            },
            [&](const ReservationExpired&) {
              return Encode("souk.inventory.v1.ReservationExpired", WithId<v1::ReservationExpired>(id));
            },
            [&](const StockRestocked& body) {
              auto proto = WithId<v1::StockRestocked>(id);
              proto.set_restock_id(body.restock_id);
              return Encode("souk.inventory.v1.StockRestocked", proto);
            },
            [&](const auto&) { return Encoded{"", {}}; }},
      event.body);
}

Encoded EncodeStockEvent(const Event& event) {
  if (const auto* changed = std::get_if<StockChanged>(&event.body)) {
    v1::StockChanged proto;
    proto.set_sku(event.key);
    proto.set_on_hand(changed->level.OnHand());
    proto.set_reserved(changed->level.reserved);
    proto.set_available(changed->level.Available());
    proto.set_version(changed->level.version);
    *proto.mutable_at() = ToTimestamp(event.at);
    return Encode("souk.inventory.v1.StockChanged", proto);
  }
  const auto& low = std::get<StockLow>(event.body);
  v1::StockLow proto;
  proto.set_sku(event.key);
  proto.set_seller_id(low.seller_id);
  proto.set_available(low.available);
  proto.set_threshold(low.threshold);
  proto.set_episode(low.episode);
  *proto.mutable_at() = ToTimestamp(event.at);
  return Encode("souk.inventory.v1.StockLow", proto);
}

bool IsSkuChar(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

/// Free text from a message: a bound that is not worth a dead letter.
std::string Clean(const std::string& text, std::size_t max) {
  std::string clean;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x20) clean += c;
  }
  if (clean.size() > max) {
    std::size_t end = max;
    while (end > 0 && (static_cast<unsigned char>(clean[end]) & 0xC0) == 0x80) --end;  // not inside a character
    clean.resize(end);
  }
  return clean;
}

template <class Proto>
Result<Proto> Parse(const std::string& type, const std::string& payload) {
  Proto proto;
  if (!proto.ParseFromString(payload)) return MakeError(ErrorCode::kInvalidArgument, "the payload is no " + type, "BAD_PAYLOAD");
  return proto;
}

Result<Command> ParseReserve(const std::string& type, const std::string& payload, SystemTime now,
                             std::chrono::microseconds standard_hold) {
  SOUK_ASSIGN_OR_RETURN(const auto proto, Parse<v1::ReserveStock>(type, payload));
  SOUK_ASSIGN_OR_RETURN(const Uuid id, ParseReservationId(proto.reservation_id()));
  SOUK_ASSIGN_OR_RETURN(auto lines, ParseLines(proto.lines(), 100));
  SOUK_ASSIGN_OR_RETURN(const auto hold, ParseHold(proto.has_hold(), proto.hold(), standard_hold));
  return Command(Reserve{id, std::move(lines), now + hold});
}

}  // namespace

outbox::OutboxRecord ToRecord(const Event& event, const Work& work) {
  const bool stock = std::holds_alternative<StockChanged>(event.body) || std::holds_alternative<StockLow>(event.body);
  Encoded encoded = stock ? EncodeStockEvent(event) : EncodeReservationEvent(event);
  outbox::OutboxRecord record;
  record.topic = stock ? kStockEvents : kReservationEvents;
  record.payload = std::move(encoded.payload);
  record.envelope.id = event.id;
  record.envelope.type = encoded.type;
  record.envelope.source = "inventory";
  record.envelope.subject = event.key;
  record.envelope.time = event.at;
  record.envelope.aggregate_version = event.version;
  if (!stock) record.envelope.correlation_id = event.key;
  if (work.cause.is_message) record.envelope.causation_id = work.cause.message_id.ToString();
  if (work.trace.IsValid()) record.envelope.traceparent = work.trace.ToString();
  return record;
}

v1::StockLevel ToProto(const Level& level) {
  v1::StockLevel proto;
  proto.set_sku(level.sku);
  proto.set_on_hand(level.OnHand());
  proto.set_reserved(level.reserved);
  proto.set_available(level.Available());
  proto.set_received(level.received);
  proto.set_sold(level.sold);
  proto.set_version(level.version);
  return proto;
}

void ToProto(const Reservation& reservation, v1::Reservation* proto) {
  proto->set_reservation_id(reservation.id.ToString());
  proto->set_status(static_cast<v1::ReservationStatus>(reservation.status));
  *proto->mutable_expires_at() = ToTimestamp(reservation.expires_at);
  *proto->mutable_created_at() = ToTimestamp(reservation.created_at);
  for (const Line& line : reservation.lines) {
    v1::StockLine* part = proto->add_lines();
    part->set_sku(line.sku);
    part->set_quantity(line.quantity);
  }
}

v1::Reservation ToProto(const Reservation& reservation) {
  v1::Reservation proto;
  ToProto(reservation, &proto);
  return proto;
}

Result<Uuid> ParseReservationId(const std::string& text) {
  const auto id = Uuid::Parse(text);
  if (!id) return MalformedField("reservation_id", "must be a UUID");
  return *id;
}

Result<void> CheckSku(const std::string& sku, const std::string& field) {
  if (sku.empty() || sku.size() > 64 || !std::all_of(sku.begin(), sku.end(), IsSkuChar)) {
    return InvalidArgument(field, "must be 1 to 64 characters of A-Z a-z 0-9 . _ -");
  }
  return {};
}

Result<void> CheckName(const std::string& text, const std::string& field, std::size_t max) {
  const bool clean = std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (text.empty() || text.size() > max || !clean) {
    return InvalidArgument(field, "must be 1 to " + std::to_string(max) + " characters without control characters");
  }
  return {};
}

Result<std::vector<Line>> ParseLines(const google::protobuf::RepeatedPtrField<v1::StockLine>& lines, int max,
                                     std::int64_t quantity_max) {
  if (lines.empty() || lines.size() > max) {
    return InvalidArgument("lines", "must hold 1 to " + std::to_string(max) + " lines");
  }
  std::vector<Line> parsed;
  parsed.reserve(static_cast<std::size_t>(lines.size()));
  for (int i = 0; i < lines.size(); ++i) {
    const v1::StockLine& line = lines[i];
    const bool sku_fits = !line.sku().empty() && line.sku().size() <= 64 &&
                          std::all_of(line.sku().begin(), line.sku().end(), IsSkuChar);
    if (!sku_fits) {
      return InvalidArgument("lines[" + std::to_string(i) + "].sku", "must be 1 to 64 characters of A-Z a-z 0-9 . _ -");
    }
    if (line.quantity() < 1 || line.quantity() > quantity_max) {
      return InvalidArgument("lines[" + std::to_string(i) + "].quantity", "must be 1 to " + std::to_string(quantity_max));
    }
    parsed.push_back({line.sku(), line.quantity()});
  }
  std::sort(parsed.begin(), parsed.end(), [](const Line& a, const Line& b) { return a.sku < b.sku; });
  for (std::size_t i = 1; i < parsed.size(); ++i) {
    if (parsed[i].sku == parsed[i - 1].sku) return InvalidArgument("lines", "the sku " + parsed[i].sku + " stands twice");
  }
  return parsed;
}

Result<std::chrono::microseconds> ParseHold(bool present, const google::protobuf::Duration& hold,
                                            std::chrono::microseconds standard) {
  if (!present) return standard;
  const bool sane = hold.seconds() >= 0 && hold.seconds() <= 86'400 && hold.nanos() >= 0 && hold.nanos() < 1'000'000'000;
  const std::int64_t micros = sane ? hold.seconds() * 1'000'000 + hold.nanos() / 1000 : -1;
  if (micros < 1'000'000 || micros > 86'400LL * 1'000'000) return InvalidArgument("hold", "must be 1 s to 24 h");
  return std::chrono::microseconds(micros);
}

namespace {

constexpr std::int64_t kUnitsMax = 100'000'000;

Result<void> CheckMovement(const std::string& movement_id, const std::string& sku) {
  SOUK_RETURN_IF_ERROR(CheckName(movement_id, "movement_id", 100));
  return CheckSku(sku, "sku");
}

Result<void> CheckUnits(const std::string& field, std::int64_t units, std::int64_t min) {
  if (units >= min && units <= kUnitsMax) return {};
  return InvalidArgument(field, "must be " + std::to_string(min) + " to " + std::to_string(kUnitsMax));
}

}  // namespace

Result<Command> ParseCommand(const std::string& type, const std::string& payload, SystemTime now,
                             std::chrono::microseconds standard_hold) {
  if (type == "souk.inventory.v1.ReserveStock") return ParseReserve(type, payload, now, standard_hold);
  if (type == "souk.inventory.v1.ReleaseStock") {
    SOUK_ASSIGN_OR_RETURN(const auto proto, Parse<v1::ReleaseStock>(type, payload));
    SOUK_ASSIGN_OR_RETURN(const Uuid id, ParseReservationId(proto.reservation_id()));
    return Command(Release{id, Clean(proto.reason(), 200)});
  }
  if (type == "souk.inventory.v1.CommitStock") {
    SOUK_ASSIGN_OR_RETURN(const auto proto, Parse<v1::CommitStock>(type, payload));
    SOUK_ASSIGN_OR_RETURN(const Uuid id, ParseReservationId(proto.reservation_id()));
    return Command(Commit{id});
  }
  if (type == "souk.inventory.v1.RestockItems") {
    SOUK_ASSIGN_OR_RETURN(const auto proto, Parse<v1::RestockItems>(type, payload));
    SOUK_ASSIGN_OR_RETURN(const Uuid id, ParseReservationId(proto.reservation_id()));
    SOUK_RETURN_IF_ERROR(CheckName(proto.restock_id(), "restock_id", 100));
    SOUK_ASSIGN_OR_RETURN(auto lines, ParseLines(proto.lines(), 100));
    return Command(Restock{id, proto.restock_id(), std::move(lines)});
  }
  if (type == "souk.inventory.v1.ReceiveGoods") {
    SOUK_ASSIGN_OR_RETURN(const auto proto, Parse<v1::ReceiveGoods>(type, payload));
    SOUK_RETURN_IF_ERROR(CheckMovement(proto.movement_id(), proto.sku()));
    SOUK_RETURN_IF_ERROR(CheckUnits("quantity", proto.quantity(), 1));
    return Command(Receive{proto.movement_id(), {{proto.sku(), proto.quantity()}}});
  }
  if (type == "souk.inventory.v1.AdjustGoods") {
    SOUK_ASSIGN_OR_RETURN(const auto proto, Parse<v1::AdjustGoods>(type, payload));
    SOUK_RETURN_IF_ERROR(CheckMovement(proto.movement_id(), proto.sku()));
    SOUK_RETURN_IF_ERROR(CheckUnits("difference", proto.difference(), -kUnitsMax));
    return Command(Correct{proto.movement_id(), proto.sku(), proto.difference(), std::nullopt, Clean(proto.reason(), 200)});
  }
  if (type == "souk.inventory.v1.RecountGoods") {
    SOUK_ASSIGN_OR_RETURN(const auto proto, Parse<v1::RecountGoods>(type, payload));
    SOUK_RETURN_IF_ERROR(CheckMovement(proto.movement_id(), proto.sku()));
    SOUK_RETURN_IF_ERROR(CheckUnits("counted", proto.counted(), 0));
    return Command(Correct{proto.movement_id(), proto.sku(), 0, proto.counted(), Clean(proto.reason(), 200)});
  }
  return MakeError(ErrorCode::kUnimplemented, "not a command of this service: " + type);
}

Result<Command> ParseProduct(const std::string& type, const std::string& payload) {
  if (type == "souk.products.v1.ProductChanged") {
    SOUK_ASSIGN_OR_RETURN(const auto proto, Parse<products::v1::ProductChanged>(type, payload));
    SOUK_RETURN_IF_ERROR(CheckSku(proto.sku(), "sku"));
    if (proto.low_stock_threshold() < 0) return InvalidArgument("low_stock_threshold", "must not be negative");
    return Command(Catalogue{SkuInfo{proto.sku(), Clean(proto.name(), 200), Clean(proto.seller_id(), 100), proto.low_stock_threshold(),
                                     proto.version(), false, false, 0}});
  }
  if (type == "souk.products.v1.ProductDeleted") {
    SOUK_ASSIGN_OR_RETURN(const auto proto, Parse<products::v1::ProductDeleted>(type, payload));
    SOUK_RETURN_IF_ERROR(CheckSku(proto.sku(), "sku"));
    return Command(Catalogue{SkuInfo{proto.sku(), "", "", 0, proto.version(), true, false, 0}});
  }
  return MakeError(ErrorCode::kUnimplemented, "not an event that this service reads: " + type);
}

std::string LowStockJson(const std::string& sku, const StockLow& low) {
  // The seller's id comes from outside; the other text can't hold a character that JSON would have to escape.
  std::string seller;
  for (const char c : low.seller_id) {
    if (c == '"' || c == '\\') seller += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) seller += c;
  }
  return "{\"sku\":\"" + sku + "\",\"sellerId\":\"" + seller + "\",\"available\":" + std::to_string(low.available) +
         ",\"threshold\":" + std::to_string(low.threshold) + ",\"episode\":" + std::to_string(low.episode) + "}";
}

}  // namespace souk::inventory::codec
