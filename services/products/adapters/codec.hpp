#pragma once

#include <google/protobuf/struct.pb.h>

#include <string>
#include <string_view>

#include "libs/outbox/outbox.hpp"
#include "services/products/app/ports.hpp"
#include "souk/products/v1/products_service.pb.h"

namespace souk::products {

inline constexpr std::string_view kProductEvents = "products.product.events.v1";
inline constexpr std::string_view kCollectionEvents = "products.collection.events.v1";
inline constexpr std::string_view kStockCommands = "inventory.stock.commands.v1";

v1::ProductContent ToProto(const Content& content);
v1::Product ToProto(const Product& product);
v1::Collection ToProto(const Collection& collection);
v1::PriceChange ToProto(const PricePoint& point);

/// kInvalidArgument for what has no place in Content, such as a collection id that is no UUID. The rest is Check's.
Result<Content> FromProto(const v1::ProductContent& content);
CollectionContent FromProto(const v1::CollectionContent& content);

/// The content after a JSON merge patch (RFC 7396).
Result<Content> Merge(const Content& content, const google::protobuf::Struct& patch);

/// What the row `document` holds. DecodeContent: kInternal for bytes that are none.
std::string EncodeContent(const Content& content);
Result<Content> DecodeContent(const std::string& document);

/// What an Idempotency-Key was answered.
std::string EncodeAnswer(const Outcome& outcome);
Result<Outcome> DecodeAnswer(const std::string& answer);

outbox::OutboxRecord EncodeEvent(const OutgoingEvent& event);

/// The same message, the same text, in every process: maps in the order of their keys.
std::string HashOf(const google::protobuf::Message& message);

}  // namespace souk::products
