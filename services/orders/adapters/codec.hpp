#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/result.hpp"
#include "libs/outbox/outbox.hpp"
#include "services/orders/app/ports.hpp"
#include "services/orders/domain/place_order_saga.hpp"
#include "souk/orders/v1/order.pb.h"
#include "souk/orders/v1/orders_service.pb.h"

// The only place that knows both the domain and the wire.
namespace souk::orders {

inline constexpr std::string_view kRepliesGroup = "orders.replies";
inline constexpr std::string_view kCatalogueGroup = "orders.catalogue";
inline constexpr std::string_view kOrderEvents = "orders.order.events.v1";
inline constexpr std::string_view kStockCommands = "inventory.reservation.commands.v1";
inline constexpr std::string_view kStockEvents = "inventory.reservation.events.v1";
inline constexpr std::string_view kPaymentCommands = "payments.payment.commands.v1";
inline constexpr std::string_view kPaymentEvents = "payments.payment.events.v1";
inline constexpr std::string_view kShipmentCommands = "fulfillment.shipment.commands.v1";
inline constexpr std::string_view kShipmentEvents = "fulfillment.shipment.events.v1";
inline constexpr std::string_view kProductEvents = "products.product.events.v1";

/// The record of a message: topic, protobuf, headers; its id is derived from order and version. `hold`: how long a stock claim is to last.
outbox::OutboxRecord Encode(const OutgoingMessage& message, std::chrono::milliseconds hold);

/// A participant's event. Nothing for a type that orders does not listen to; kInvalidArgument for bytes that are not of that type.
Result<std::optional<Reply>> DecodeReply(std::string_view type, const std::string& payload);
/// A product event; the same rules.
Result<std::optional<PriceChange>> DecodePriceChange(std::string_view type, const std::string& payload);

souk::orders::v1::Order ToProto(const Order& order);
souk::orders::v1::TimelineEntry ToProto(const TimelineEntry& entry);
/// What its saga waits for.
souk::orders::v1::SagaState SagaOf(const Order& order);
/// What the call that placed the order is told; the same bytes every time.
souk::orders::v1::PlaceOrderResponse PlacedResponse(const Order& order);
/// The answer that is kept with the key of a cancel or return: a serialized souk.orders.v1.Order.
std::string EncodeAnswer(const Order& order);


}  // namespace souk::orders
