#include "services/products/domain/product.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace souk::products {
namespace {

Content Good() {
  Content content;
  content.sku = "LAMP-1";
  content.name = "Lamp";
  content.price = {1999, "GBP"};
  return content;
}

/// The first field that is wrong after `change`; "" when all is well.
std::string WrongAfter(const std::function<void(Content&)>& change) {
  Content content = Good();
  change(content);
  const Result<void> checked = Check(content);
  if (checked.ok()) return "";
  EXPECT_EQ(checked.error().http_status, 422);
  return checked.error().fields.at(0).field;
}

TEST(ContentTest, B31RefusesPricesOutsideTheirBounds) {
  for (const std::int64_t minor : {std::int64_t{-1}, std::int64_t{0}, std::int64_t{100'000'001}, std::int64_t{1'000'000'000'000}}) {
    EXPECT_EQ(WrongAfter([&](Content& c) { c.price.minor_units = minor; }), "price.minor_units") << minor;
  }
}

TEST(ContentTest, B32RefusesCurrenciesThatTheShopDoesNotSellIn) {
  for (const char* currency : {"usd", "XXX", "", "GBPP", "\xC2\xA3"}) {
    EXPECT_EQ(WrongAfter([&](Content& c) { c.price.currency = currency; }), "price.currency") << currency;
  }
}

TEST(ContentTest, B34RefusesNamesThatNobodyCanReadAndTakesAllWritings) {
  for (const std::string& name : {std::string(), std::string("   "), std::string(201, 'x'), std::string("a\nb"), std::string("a\0b", 3), std::string("a\xC2\x85"),
                                  std::string("a\x7f"), std::string("\xff\xfe"), std::string("\xed\xa0\x80")}) {
    EXPECT_EQ(WrongAfter([&](Content& c) { c.name = name; }), "name") << name;
  }
  for (const char* name : {"\U0001F600", "\u0634\u0627\u064A", "\u05E9\u05DC\u05D5\u05DD", "x'; DROP TABLE products; --"}) {
    EXPECT_EQ(WrongAfter([&](Content& c) { c.name = name; }), "") << name;
  }
  std::string longest;
  for (int i = 0; i < 200; ++i) longest += "\u00E9";
  EXPECT_EQ(WrongAfter([&](Content& c) { c.name = longest; }), "");
}

TEST(ContentTest, NamesEveryFieldThatIsWrong) {
  EXPECT_EQ(WrongAfter([](Content& c) { c.sku = "a b"; }), "sku");
  EXPECT_EQ(WrongAfter([](Content& c) { c.description = std::string(10'001, 'x'); }), "description");
  EXPECT_EQ(WrongAfter([](Content& c) { c.attributes["Colour"] = EnumValue{"red"}; }), "attributes.?");
  EXPECT_EQ(WrongAfter([](Content& c) { c.attributes["colour"] = EnumValue{"dark red"}; }), "attributes.colour.enum");
  EXPECT_EQ(WrongAfter([](Content& c) { c.attributes["size"] = std::monostate(); }), "attributes.size");
  EXPECT_EQ(WrongAfter([](Content& c) { c.attributes["weight"] = std::numeric_limits<double>::infinity(); }), "attributes.weight.number");
  EXPECT_EQ(WrongAfter([](Content& c) { c.images = {{"javascript:alert(1)", ""}}; }), "images[0].url");
  EXPECT_EQ(WrongAfter([](Content& c) { c.images = {{"https://", ""}}; }), "images[0].url");
  EXPECT_EQ(WrongAfter([](Content& c) { c.collections = {Uuid(), Uuid()}; }), "collection_ids");
  EXPECT_EQ(WrongAfter([](Content& c) { c.low_stock_threshold = -1; }), "low_stock_threshold");
  Content content;
  EXPECT_EQ(Check(content).error().fields.size(), 4u);
}

TEST(ProductTest, KeepsItsSku) {
  SkuState sku{"LAMP-1", {}, 0, 0};
  Result<Product> product = Create(Uuid::FromName("t", "1"), Good(), sku, FromUnixMicros(1));
  ASSERT_TRUE(product.ok());
  Content other = Good();
  other.sku = "LAMP-2";
  EXPECT_EQ(Change(*product, 1, other, sku, FromUnixMicros(2)).error().fields.at(0).field, "sku");
  EXPECT_EQ(product->version, 1);
}

}  // namespace
}  // namespace souk::products
