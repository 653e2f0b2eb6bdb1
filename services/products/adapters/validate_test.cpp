#include "services/products/adapters/validate.hpp"

#include <gtest/gtest.h>

namespace souk::products {
namespace {

std::string FieldOf(const v1::ListProductsRequest& request) {
  const auto query = ParseList(request);
  if (query.ok()) return "";
  EXPECT_EQ(query.error().http_status, 400);
  return query.error().fields.at(0).field;
}

TEST(ValidateTest, B36WantsTheVersionThatAChangeWasMadeFor) {
  EXPECT_EQ(ParseExpected("", 0).error().http_status, 428);
  EXPECT_EQ(**ParseExpected("\"12\"", 0), 12);
  EXPECT_EQ(**ParseExpected("", 3), 3);
  EXPECT_FALSE(ParseExpected("*", 0)->has_value());
  for (const char* bad : {"12", "\"\"", "\"x\"", "W/\"12\"", "\"1\", \"2\"", "\"-1\"", "\"0\"", "\"99999999999999999999\""}) {
    ASSERT_FALSE(ParseExpected(bad, 0).ok()) << bad;
    EXPECT_EQ(ParseExpected(bad, 0).error().http_status, 400) << bad;
  }
}

TEST(ValidateTest, B37RefusesWhatIsNoQuery) {
  v1::ListProductsRequest request;
  request.set_sort("name;DROP TABLE");
  EXPECT_EQ(FieldOf(request), "sort");
  request = {};
  for (const int size : {-1, 201, 1'000'000'000}) {
    request.mutable_page()->set_page_size(size);
    EXPECT_EQ(FieldOf(request), "page.page_size");
  }
  request = {};
  for (const char* token : {"x", "-created_zz_1", "-created_61_0198c0de-0000-7000-8000-000000000000", "name_ff_0198c0de-0000-7000-8000-000000000000",
                            "-created__", "-created_"}) {
    request.mutable_page()->set_page_token(token);
    EXPECT_EQ(FieldOf(request), "page.page_token") << token;
  }
  request = {};
  request.set_price_min(5);
  EXPECT_EQ(FieldOf(request), "currency");
  request.set_currency("gbp");
  EXPECT_EQ(FieldOf(request), "currency");
  request = {};
  request.set_collection_id("x");
  EXPECT_EQ(FieldOf(request), "collection_id");
}

TEST(ValidateTest, ReadsItsOwnTokensForTheSameOrderOnly) {
  Product product;
  product.id = Uuid::FromName("p", "1");
  product.content.name = "L\u00E4mp_e";
  product.content.price = {250, "GBP"};
  product.created_at = FromUnixMicros(1'700'000'000'123'456);
  for (const char* sort : {"name", "-name", "price", "-price", "sku", "created", "-created", "updated"}) {
    v1::ListProductsRequest request;
    request.set_sort(sort);
    request.set_currency("GBP");
    const auto query = ParseList(request);
    ASSERT_TRUE(query.ok()) << sort;
    request.mutable_page()->set_page_token(PageToken(product, *query));
    const auto next = ParseList(request);
    ASSERT_TRUE(next.ok()) << sort;
    EXPECT_EQ(next->after->first, SortKey(product, query->sort));
    EXPECT_EQ(next->after->second, product.id);
    request.set_sort(std::string(sort) == "-name" ? "name" : "-name");
    EXPECT_FALSE(ParseList(request).ok()) << sort;
  }
}

}  // namespace
}  // namespace souk::products
