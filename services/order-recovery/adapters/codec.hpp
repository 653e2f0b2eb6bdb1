#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "libs/base/result.hpp"
#include "libs/kafka/envelope.hpp"
#include "services/order-recovery/app/operator_actions.hpp"
#include "souk/orders/v1/orders_service.pb.h"
#include "souk/recovery/v1/recovery_service.pb.h"

// The only place that knows both the domain and the wire.
namespace souk::recovery {

inline constexpr std::string_view kOrdersGroup = "order-recovery.orders";
inline constexpr std::string_view kOrderEvents = "orders.order.events.v1";

/// What an order's event says; nothing for a type that is not known here. kInvalidArgument for bytes that are not of that type.
Result<std::optional<Sighting>> DecodeEvent(const kafka::Envelope& envelope, const std::string& payload);
Answer FromProto(const Uuid& id, const souk::orders::v1::ResumeOrderResponse& response, SystemTime now);
Insight FromProto(const souk::orders::v1::GetTimelineResponse& response);
v1::WatchedOrder ToProto(const Watched& watched);
v1::Decision ToProto(const Decision& decision);

}  // namespace souk::recovery
