#pragma once

#include <optional>
#include <string>

#include "libs/base/result.hpp"
#include "libs/kafka/envelope.hpp"
#include "services/notifications/app/ports.hpp"
#include "souk/notifications/v1/notifications_service.pb.h"

namespace souk::notifications {

inline constexpr std::string_view kOrderEventsTopic = "orders.order.events.v1";
inline constexpr std::string_view kStockEventsTopic = "inventory.stock.events.v1";
inline constexpr std::string_view kOrdersGroup = "notifications.orders";
inline constexpr std::string_view kStockGroup = "notifications.stock";
inline constexpr std::string_view kLowStockChannel = "souk:low-stock";

/// True for events that somebody is told about; the others are not even parsed.
bool IsNoticed(std::string_view event_type);

/// Whom an event concerns. `sellers_domain`: where sellers get their mail. kInvalidArgument for a payload that can't be
/// read.
Result<Notice> DecodeEvent(const kafka::Envelope& envelope, const std::string& payload,
                           const std::string& sellers_domain);

/// The same for a message of the Redis channel souk:low-stock, a JSON object. The notice has the id that the Kafka
/// event gives.
Result<Notice> DecodeLowStock(const std::string& json, const std::string& sellers_domain);

/// What the mail about a stored event says. kInvalidArgument for a type or payload that can't be read.
Result<Facts> DecodeFacts(const std::string& event_type, const std::string& payload);

/// The body of a webhook: {"id", "type", "createdAt", "data": the event in protobuf's JSON}.
Result<std::string> WebhookBody(const Delivery& delivery);

v1::Notification ToProto(const NotificationRow& row);

}  // namespace souk::notifications
