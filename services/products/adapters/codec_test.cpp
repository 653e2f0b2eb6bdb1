#include "services/products/adapters/codec.hpp"

#include <gtest/gtest.h>

#include "libs/rpc/json.hpp"
#include "souk/products/v1/product_events.pb.h"

namespace souk::products {
namespace {

Content Lamp() {
  Content content;
  content.sku = "LAMP-1";
  content.name = "Lamp";
  content.price = {1999, "GBP"};
  content.attributes = {{"colour", EnumValue{"red"}}, {"weight", 1.5}};
  content.images = {{"https://example.org/a.png", "front"}};
  content.collections = {Uuid::FromName("c", "1"), Uuid::FromName("c", "2")};
  std::sort(content.collections.begin(), content.collections.end());
  content.seller_id = "s1";
  content.low_stock_threshold = 3;
  return content;
}

google::protobuf::Struct Patch(const std::string& json) {
  google::protobuf::Struct patch;
  EXPECT_TRUE(rpc::ParseJson(json, &patch).ok()) << json;
  return patch;
}

TEST(CodecTest, ReadsBackWhatItWrote) {
  EXPECT_EQ(*FromProto(ToProto(Lamp())), Lamp());
  EXPECT_EQ(*DecodeContent(EncodeContent(Lamp())), Lamp());
  Outcome outcome;
  outcome.product = Product{Uuid::FromName("p", "1"), Lamp(), 4, FromUnixMicros(1), FromUnixMicros(2), FromUnixMicros(3)};
  EXPECT_EQ(DecodeAnswer(EncodeAnswer(outcome))->product, outcome.product);
  outcome.movement_id = "products:1";
  EXPECT_EQ(DecodeAnswer(EncodeAnswer(outcome))->movement_id, "products:1");
  Outcome collection;
  collection.collection = Collection{Uuid::FromName("c", "1"), {"Lamps", "all", "en"}, 2, FromUnixMicros(1), FromUnixMicros(2), false};
  EXPECT_EQ(DecodeAnswer(EncodeAnswer(collection))->collection, collection.collection);
  EXPECT_FALSE(DecodeAnswer("").ok());
}

TEST(CodecTest, MergesAsRfc7396Says) {
  const auto changed = Merge(Lamp(), Patch(R"({"name": "New", "price": {"minorUnits": 5}, "attributes": {"weight": null, "size": {"text": "XL"}}, "images": []})"));
  ASSERT_TRUE(changed.ok()) << changed.error().message;
  Content expected = Lamp();
  expected.name = "New";
  expected.price.minor_units = 5;
  expected.attributes = {{"colour", EnumValue{"red"}}, {"size", std::string("XL")}};
  expected.images.clear();
  EXPECT_EQ(*changed, expected);
  EXPECT_EQ(*Merge(Lamp(), Patch("{}")), Lamp());
  EXPECT_EQ(Merge(Lamp(), Patch(R"({"sellerId": null})"))->seller_id, "");
  EXPECT_EQ(Merge(Lamp(), Patch(R"({"attributes": null})"))->attributes.size(), 0u);
}

TEST(CodecTest, NamesTheFieldThatAPatchMakesUnreadable) {
  EXPECT_EQ(Merge(Lamp(), Patch(R"({"price": {"minorUnits": "12.3a"}})")).error().fields.at(0).field, "price.minor_units");
  EXPECT_EQ(Merge(Lamp(), Patch(R"({"bogus": 1})")).error().fields.at(0).field, "bogus");
  EXPECT_FALSE(Merge(Lamp(), Patch(R"({"price": 5})")).ok());
}

TEST(CodecTest, MakesTheSameEventForTheSameDecision) {
  OutgoingEvent event{ProductEvent{Product{Uuid::FromName("p", "1"), Lamp(), 4, FromUnixMicros(1), FromUnixMicros(2), {}}}, FromUnixMicros(2), "cause", ""};
  const outbox::OutboxRecord record = EncodeEvent(event);
  EXPECT_EQ(record.topic, "products.product.events.v1");
  EXPECT_EQ(record.envelope.type, "souk.products.v1.ProductChanged");
  EXPECT_EQ(record.envelope.subject, "LAMP-1");
  EXPECT_EQ(record.envelope.aggregate_version, 4);
  EXPECT_EQ(EncodeEvent(event).envelope.id, record.envelope.id);
  v1::ProductChanged message;
  ASSERT_TRUE(message.ParseFromString(record.payload));
  EXPECT_EQ(message.attributes_size(), 2);
  EXPECT_EQ(message.version(), 4);
  std::get<ProductEvent>(event.body).product.deleted_at = FromUnixMicros(5);
  EXPECT_EQ(EncodeEvent(event).envelope.type, "souk.products.v1.ProductDeleted");
}

}  // namespace
}  // namespace souk::products
