#include "services/products/adapters/codec.hpp"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <algorithm>

#include "libs/base/hash.hpp"
#include "libs/base/match.hpp"
#include "libs/rpc/json.hpp"
#include "souk/inventory/v1/stock_commands.pb.h"
#include "souk/products/v1/collection_events.pb.h"
#include "souk/products/v1/product_events.pb.h"

namespace souk::products {
namespace {

void SetTime(SystemTime time, google::protobuf::Timestamp* out) {
  const std::int64_t micros = ToUnixMicros(time);
  out->set_seconds(micros / 1'000'000);
  out->set_nanos(static_cast<std::int32_t>(micros % 1'000'000) * 1000);
}

SystemTime GetTime(const google::protobuf::Timestamp& time) { return FromUnixMicros(time.seconds() * 1'000'000 + time.nanos() / 1000); }

v1::AttributeValue ToProto(const AttributeValue& value) {
  v1::AttributeValue out;
  std::visit(Match{[](std::monostate) {}, [&](const std::string& text) { out.set_text(text); }, [&](double number) { out.set_number(number); },
                   [&](const EnumValue& one) { out.set_enum_(one.name); }},
             value);
  return out;
}

AttributeValue FromProto(const v1::AttributeValue& value) {
  switch (value.value_case()) {
    case v1::AttributeValue::kText: return value.text();
    case v1::AttributeValue::kNumber: return value.number();
    case v1::AttributeValue::kEnum: return EnumValue{value.enum_()};
    case v1::AttributeValue::VALUE_NOT_SET: break;
  }
  return std::monostate();
}

/// The fields that content, product and event have in common.
template <class Proto>
void Fill(const Content& content, Proto& out) {
  out.set_sku(content.sku);
  out.set_name(content.name);
  out.set_description(content.description);
  out.mutable_price()->set_minor_units(content.price.minor_units);
  out.mutable_price()->set_currency(content.price.currency);
  for (const auto& [name, value] : content.attributes) (*out.mutable_attributes())[name] = ToProto(value);
  for (const Image& image : content.images) {
    auto* added = out.add_images();
    added->set_url(image.url);
    added->set_alt(image.alt);
  }
  for (const Uuid& id : content.collections) out.add_collection_ids(id.ToString());
  out.set_seller_id(content.seller_id);
  out.set_low_stock_threshold(content.low_stock_threshold);
}

template <class Proto>
Result<Content> Read(const Proto& in) {
  Content content;
  content.sku = in.sku();
  content.name = in.name();
  content.description = in.description();
  content.price = {in.price().minor_units(), in.price().currency()};
  for (const auto& [name, value] : in.attributes()) content.attributes.emplace(name, FromProto(value));
  for (const auto& image : in.images()) content.images.push_back({image.url(), image.alt()});
  for (int i = 0; i < in.collection_ids_size(); ++i) {
    const auto id = Uuid::Parse(in.collection_ids(i));
    if (!id) return InvalidArgument("collection_ids[" + std::to_string(i) + "]", "must be a UUID");
    content.collections.push_back(*id);
  }
  std::sort(content.collections.begin(), content.collections.end());
  content.seller_id = in.seller_id();
  content.low_stock_threshold = in.low_stock_threshold();
  return content;
}

struct Encoded {
  std::string_view topic;
  std::string type;
  std::string key;
  std::int64_t version = 0;
  std::string payload;
};

template <class Proto>
Encoded Pack(std::string_view topic, std::string key, std::int64_t version, const Proto& message) {
  return {topic, message.GetTypeName(), std::move(key), version, message.SerializeAsString()};
}

Encoded Encode(const ProductEvent& event) {
  const Product& product = event.product;
  if (!product.live()) {
    v1::ProductDeleted out;
    out.set_sku(product.content.sku);
    out.set_version(product.version);
    out.set_product_id(product.id.ToString());
    SetTime(*product.deleted_at, out.mutable_deleted_at());
    return Pack(kProductEvents, product.content.sku, product.version, out);
  }
  v1::ProductChanged out;
  Fill(product.content, out);
  out.set_version(product.version);
  out.set_product_id(product.id.ToString());
  SetTime(product.created_at, out.mutable_created_at());
  SetTime(product.updated_at, out.mutable_updated_at());
  return Pack(kProductEvents, product.content.sku, product.version, out);
}

Encoded Encode(const CollectionEvent& event) {
  const std::string id = event.collection.id.ToString();
  if (event.collection.deleted) {
    v1::CollectionDeleted out;
    out.set_collection_id(id);
    out.set_version(event.collection.version);
    return Pack(kCollectionEvents, id, event.collection.version, out);
  }
  v1::CollectionChanged out;
  *out.mutable_collection() = ToProto(event.collection);
  return Pack(kCollectionEvents, id, event.collection.version, out);
}

Encoded Encode(const StockCommand& command) {
  const StockWork& request = command.request;
  const auto pack = [&](auto out) {
    out.set_movement_id(request.movement_id);
    out.set_sku(command.sku);
    return Pack(kStockCommands, command.sku, command.number, out);
  };
  if (request.kind == StockRequestKind::kReceive) {
    inventory::v1::ReceiveGoods out;
    out.set_quantity(request.units);
    return pack(out);
  }
  if (request.kind == StockRequestKind::kAdjust) {
    inventory::v1::AdjustGoods out;
    out.set_difference(request.units);
    out.set_reason(request.reason);
    return pack(out);
  }
  inventory::v1::RecountGoods out;
  out.set_counted(request.units);
  out.set_reason(request.reason);
  return pack(out);
}

/// Objects merge, null removes, everything else replaces.
void MergeInto(google::protobuf::Struct& target, const google::protobuf::Struct& patch) {
  using google::protobuf::Value;
  for (const auto& [name, value] : patch.fields()) {
    if (value.kind_case() == Value::kNullValue) {
      target.mutable_fields()->erase(name);
    } else if (value.kind_case() == Value::kStructValue) {
      Value& at = (*target.mutable_fields())[name];
      MergeInto(*at.mutable_struct_value(), value.struct_value());
    } else {
      (*target.mutable_fields())[name] = value;
    }
  }
}

}  // namespace

v1::ProductContent ToProto(const Content& content) {
  v1::ProductContent out;
  Fill(content, out);
  return out;
}

v1::Product ToProto(const Product& product) {
  v1::Product out;
  Fill(product.content, out);
  out.set_product_id(product.id.ToString());
  out.set_version(product.version);
  SetTime(product.created_at, out.mutable_created_at());
  SetTime(product.updated_at, out.mutable_updated_at());
  if (product.deleted_at) SetTime(*product.deleted_at, out.mutable_deleted_at());
  return out;
}

v1::Collection ToProto(const Collection& collection) {
  v1::Collection out;
  out.set_name(collection.content.name);
  out.set_description(collection.content.description);
  out.set_language(collection.content.language);
  out.set_collection_id(collection.id.ToString());
  out.set_version(collection.version);
  SetTime(collection.created_at, out.mutable_created_at());
  SetTime(collection.updated_at, out.mutable_updated_at());
  return out;
}

v1::PriceChange ToProto(const PricePoint& point) {
  v1::PriceChange out;
  out.mutable_price()->set_minor_units(point.price.minor_units);
  out.mutable_price()->set_currency(point.price.currency);
  out.set_version(point.version);
  SetTime(point.since, out.mutable_since());
  return out;
}

Result<Content> FromProto(const v1::ProductContent& content) { return Read(content); }

CollectionContent FromProto(const v1::CollectionContent& content) {
  return {content.name(), content.description(), content.language().empty() ? "en" : content.language()};
}

Result<Content> Merge(const Content& content, const google::protobuf::Struct& patch) {
  SOUK_ASSIGN_OR_RETURN(const std::string before, rpc::ToJson(ToProto(content)));
  google::protobuf::Struct document;
  SOUK_RETURN_IF_ERROR(rpc::ParseJson(before, &document));
  MergeInto(document, patch);
  SOUK_ASSIGN_OR_RETURN(const std::string after, rpc::ToJson(document));
  v1::ProductContent merged;
  SOUK_RETURN_IF_ERROR(rpc::ParseJson(after, &merged));
  return FromProto(merged);
}

std::string EncodeContent(const Content& content) { return ToProto(content).SerializeAsString(); }

Result<Content> DecodeContent(const std::string& document) {
  v1::ProductContent content;
  if (!content.ParseFromString(document)) return MakeError(ErrorCode::kInternal, "a stored product can't be read");
  return Read(content);
}

// A product, a collection or a stock request: told apart by the first byte.
std::string EncodeAnswer(const Outcome& outcome) {
  if (outcome.collection) return "c" + ToProto(*outcome.collection).SerializeAsString();
  if (!outcome.product) return "-";
  const std::string product = ToProto(*outcome.product).SerializeAsString();
  return outcome.movement_id.empty() ? "p" + product : "s" + outcome.movement_id + "\n" + product;
}

Result<Outcome> DecodeAnswer(const std::string& answer) {
  const Error unreadable = MakeError(ErrorCode::kInternal, "a stored answer can't be read");
  Outcome outcome;
  if (answer.empty()) return unreadable;
  std::string body = answer.substr(1);
  if (answer[0] == 'c') {
    v1::Collection proto;
    if (!proto.ParseFromString(body)) return unreadable;
    const auto id = Uuid::Parse(proto.collection_id());
    if (!id) return unreadable;
    outcome.collection = Collection{*id,           {proto.name(), proto.description(), proto.language()}, proto.version(), GetTime(proto.created_at()),
                                    GetTime(proto.updated_at()), false};
    return outcome;
  }
  if (answer[0] == 's') {
    const std::size_t end = body.find('\n');
    if (end == std::string::npos) return unreadable;
    outcome.movement_id = body.substr(0, end);
    body.erase(0, end + 1);
  }
  v1::Product proto;
  if (!proto.ParseFromString(body)) return unreadable;
  const auto id = Uuid::Parse(proto.product_id());
  if (!id) return unreadable;
  SOUK_ASSIGN_OR_RETURN(Content content, Read(proto));
  outcome.product = Product{*id, std::move(content), proto.version(), GetTime(proto.created_at()), GetTime(proto.updated_at()), std::nullopt};
  if (proto.has_deleted_at()) outcome.product->deleted_at = GetTime(proto.deleted_at());
  return outcome;
}

outbox::OutboxRecord EncodeEvent(const OutgoingEvent& event) {
  Encoded encoded = std::visit([](const auto& body) { return Encode(body); }, event.body);
  outbox::OutboxRecord record;
  record.topic = std::string(encoded.topic);
  record.payload = std::move(encoded.payload);
  // The same decision, run again, makes the same id.
  record.envelope.id = Uuid::FromName("products", encoded.type + ":" + encoded.key + ":" + std::to_string(encoded.version));
  record.envelope.type = std::move(encoded.type);
  record.envelope.source = "products";
  record.envelope.subject = std::move(encoded.key);
  record.envelope.time = event.at;
  record.envelope.aggregate_version = encoded.version;
  record.envelope.causation_id = event.causation_id;
  record.envelope.traceparent = event.traceparent;
  return record;
}

std::string HashOf(const google::protobuf::Message& message) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  message.SerializeToCodedStream(&coded);
  coded.Trim();
  return Sha256Hex(bytes).substr(0, 32);
}

}  // namespace souk::products
